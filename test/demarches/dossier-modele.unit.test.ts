import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { z } from 'zod'
import {
  ActionDossier,
  type Demarche,
  MotifCorrection,
  SensDecision,
  type Silence,
} from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { actionsPermises, type EtatDuDossier, type Resultat } from '../../services/demarches/dossier.ts'
import { jourDeParis } from '../../infra/calendrier.ts'
import { deciderImplicitement, rappelerEcheance } from '../../services/demarches/silence.ts'
import { type Commande, type ContexteHumain, creer, executer } from '../../services/demarches/transitions.ts'
import {
  choisir,
  horlogeParle,
  type Modele,
  type Pas,
  permises,
  permisesDansLeModele,
  suivreDansLeModele,
} from './modele-dossier.ts'

const pas: fc.Arbitrary<Pas> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      qui: fc.constant('personne' as const),
      choix: fc.nat(1000),
      reponse: fc.option(fc.nat(5), { freq: 2 }),
      sens: fc.constantFrom(...SensDecision.options),
      motif: fc.constantFrom(...MotifCorrection.options),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      qui: fc.constant('horloge' as const),
      rappel: fc.constantFrom(14, 3, null),
      avant: fc.option(fc.constantFrom(-2, 0, 1, 2, 3, 4, 13, 14, 15), { freq: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ qui: fc.constant('temps' as const), jours: fc.integer({ min: 1, max: 40 }) }),
  },
)

function demarche(silence: Silence, corrections: 'reset' | 'continue'): Demarche {
  return {
    id: 'essai',
    version: 1,
    titre: 'Essai',
    description: 'Une démarche.',
    secteur: 'education',
    formulaire: { type: 'object', additionalProperties: false, properties: { nom: { type: 'string' } } },
    pieces: [],
    horloge: { silence, delai: { mois: 2 }, corrections },
    recours: 'Le tribunal.',
    references: [],
  }
}

/** A UUID that depends on the rank alone, so that a failing life can be replayed. */
function id(rang: number): string {
  const h = createHash('sha256').update(String(rang)).digest('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`
}

/** What was done in these lives: `<etat> <role> <action>`, `horloge <rappel>`. */
const vus = new Set<string>()

test.each([
  ['acceptation', 'continue'],
  ['rejet', 'continue'],
  ['rejet', 'reset'],
  ['aucun', 'reset'],
] as const)(
  'whatever people do, a dossier follows the procedure (silence: %s, corrections: %s)',
  (silence, mode) => {
    const regles = demarche(silence, mode)
    fc.assert(
      fc.property(fc.array(pas, { minLength: 5, maxLength: 60, size: 'max' }), (vie) => {
        let heure = Date.parse('2026-01-05T09:00:00Z')
        let rang = 0
        const premier = creer(
          { id: id(++rang), reference: '333-333-333', usagerId: id(++rang), formulaire: {}, pieces: [] },
          { demarche: regles, maintenant: new Date(heure) },
        )
        verifierEvenement(premier)
        let dossier = geler(premier.etat)
        const modele: Modele = {
          etat: 'brouillon',
          ouvertes: new Set(),
          interrompue: false,
          horloge: false,
          version: 1,
        }

        for (const unPas of vie) {
          heure += 60_000
          if (unPas.qui === 'horloge' && unPas.avant !== null && dossier.echeanceLe !== null) {
            heure = Math.max(heure, Date.parse(dossier.echeanceLe) - unPas.avant * 86_400_000)
          }
          const maintenant = new Date(heure)
          if (unPas.qui === 'temps') {
            heure += unPas.jours * 86_400_000
            continue
          }
          if (unPas.qui === 'horloge') {
            const resultat =
              unPas.rappel === null
                ? deciderImplicitement(dossier, { demarche: regles, maintenant })
                : rappelerEcheance(dossier, unPas.rappel, { maintenant })
            const court = modele.horloge && modele.ouvertes.size === 0
            const restants =
              (Date.parse(dossier.echeanceLe ?? '9999-12-31') - Date.parse(jourDeParis(maintenant))) /
              86_400_000
            expect(resultat !== null).toBe(court && horlogeParle(unPas.rappel, restants, silence))
            if (resultat) {
              vus.add(`horloge ${unPas.rappel}`)
              if (unPas.rappel === null) {
                modele.etat = silence === 'acceptation' ? 'accepte' : 'refuse'
                modele.horloge = false
              }
              accepter(resultat, unPas.rappel === null ? 'decide' : 'echeance-proche')
            }
            continue
          }

          const ouverte = [...modele.ouvertes].at((unPas.reponse ?? 0) % Math.max(1, modele.ouvertes.size))
          const reponse = unPas.reponse !== null && ouverte !== undefined ? { correctionId: ouverte } : {}
          const ordres: Record<ActionDossier, Commande> = {
            modifier: { type: 'modifier', formulaire: { nom: String(rang) } },
            deposer: { type: 'deposer' },
            instruire: { type: 'instruire' },
            demander_correction: {
              type: 'demander_correction',
              motif: unPas.motif,
              texte: 'Corrigez.',
              correctionId: id(++rang),
              messageId: id(++rang),
            },
            envoyer_message: { type: 'envoyer_message', texte: 'Bonjour.', messageId: id(++rang) },
            decider: { type: 'decider', sens: unPas.sens, motivation: 'Voici pourquoi.' },
            rouvrir: { type: 'rouvrir', texte: 'Nous nous sommes trompés.', messageId: id(++rang) },
          }
          const contexte = { demarche: regles, maintenant, siVersion: modele.version }
          for (const role of ['usager', 'agent'] as const) {
            const permises = permisesDansLeModele(modele, role)
            expect(actionsPermises(dossier, role).toSorted()).toEqual(permises)
            expect(acceptees(dossier, ordres, { ...contexte, role })).toEqual(permises)
          }

          const { role, action } = choisir(modele, unPas.choix)
          vus.add(`${modele.etat} ${role} ${action}`)
          const commande = action === 'envoyer_message' ? { ...ordres[action], ...reponse } : ordres[action]
          if ('correctionId' in reponse && action === 'envoyer_message' && role === 'agent') {
            expect(() => executer(dossier, commande, { ...contexte, role })).toThrow('donnees-invalides')
            continue
          }
          const resultat = executer(dossier, commande, { ...contexte, role })
          accepter(resultat, suivreDansLeModele(modele, commande))
          expect(resultat.message?.auteur).toBe('texte' in commande ? role : undefined)
        }

        function accepter(resultat: Resultat, evenement: string): void {
          modele.version += 1
          verifierEvenement(resultat)
          expect(resultat.evenement.contract.type).toBe(`guichet.dossier.${evenement}.v1`)
          dossier = geler(resultat.etat)
          expect(dossier.version).toBe(modele.version)
          expect(dossier.etat).toBe(modele.etat)
          expect(dossier.instructionInterrompue).toBe(modele.interrompue)
          expect(dossier.echeanceLe !== null).toBe(modele.horloge)
          expect(dossier.suspendue).toBe(modele.horloge && modele.ouvertes.size > 0)
          expect(dossier.decision !== null).toBe(['accepte', 'refuse', 'sans_suite'].includes(modele.etat))
          const ouvertes = dossier.corrections.filter((c) => c.resolueLe === null).map((c) => c.id)
          expect(ouvertes.toSorted()).toEqual([...modele.ouvertes].toSorted())
        }
      }),
      { numRuns: 50 },
    )
  },
  60_000,
)

test('those lives did all that the table permits, in each state, and all that the legal clock does', () => {
  const attendus = Object.entries(permises).flatMap(([etat, roles]) =>
    Object.entries(roles).flatMap(([role, actions]) => actions.map((action) => `${etat} ${role} ${action}`)),
  )
  expect([...vus]).toEqual(
    expect.arrayContaining([
      ...attendus,
      'en_construction usager modifier',
      'horloge 14',
      'horloge 3',
      'horloge null',
    ]),
  )
})

/** The actions that the rules do not refuse; each refusal says the same as they do. Nothing is changed. */
function acceptees(
  dossier: EtatDuDossier,
  ordres: Record<ActionDossier, Commande>,
  contexte: ContexteHumain,
): ActionDossier[] {
  return ActionDossier.options.toSorted().filter((action) => {
    try {
      executer(dossier, ordres[action], contexte)
      return true
    } catch (erreur) {
      if (!(erreur instanceof Refusal) || erreur.code !== 'transition-impossible') throw erreur
      expect(erreur.extra.transitionsPermises).toEqual(actionsPermises(dossier, contexte.role))
      return false
    }
  })
}

const strictes = new Map<string, z.ZodObject>()

/** The data is what the contract says and nothing more; the state and the event tell the same. */
function verifierEvenement({ etat, evenement }: Resultat): void {
  const { type, data } = evenement.contract
  const stricte = strictes.get(type) ?? data.strict()
  strictes.set(type, stricte)
  expect(stricte.parse(evenement.data)).toEqual(evenement.data)
  expect(evenement.data).toMatchObject({
    reference: etat.reference,
    demarche: etat.demarcheId,
    secteur: etat.secteur,
    etat: etat.etat,
  })
}

/** A rule that changed its input would throw. */
function geler<T>(valeur: T): T {
  if (typeof valeur === 'object' && valeur !== null) {
    Object.freeze(valeur)
    for (const enfant of Object.values(valeur)) geler(enfant)
  }
  return valeur
}
