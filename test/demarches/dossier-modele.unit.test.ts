import { createHash } from 'node:crypto'
import fc from 'fast-check'
import {
  ActionDossier,
  type Demarche,
  MotifCorrection,
  SensDecision,
  type Silence,
} from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { actionsPermises, type Resultat, type Role } from '../../services/demarches/dossier.ts'
import { jourDeParis } from '../../services/demarches/horloge.ts'
import { deciderImplicitement, rappelerEcheance } from '../../services/demarches/silence.ts'
import { type Commande, creer, executer } from '../../services/demarches/transitions.ts'
import {
  choisir,
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
      role: fc.constantFrom<Role>('usager', 'agent'),
      action: fc.constantFrom(...ActionDossier.options),
      permise: fc.option(fc.nat(1000), { freq: 3 }),
      reponse: fc.option(fc.nat(5), { freq: 2 }),
      sens: fc.constantFrom(...SensDecision.options),
      motif: fc.constantFrom(...MotifCorrection.options),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ qui: fc.constant('horloge' as const), rappel: fc.constantFrom(14, 3, null) }),
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

/** Random lives of a dossier, against the model. What was tried: `<etat> <role> <action>`, and ` refusé` when it was. */
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
            if (!court) expect(resultat).toBeNull()
            if (unPas.rappel === null) {
              const echue = (dossier.echeanceLe ?? '9999-12-31') <= jourDeParis(maintenant)
              expect(resultat !== null).toBe(court && silence !== 'aucun' && echue)
            }
            if (resultat) {
              if (unPas.rappel === null) {
                modele.etat = silence === 'acceptation' ? 'accepte' : 'refuse'
                modele.horloge = false
              }
              accepter(resultat, unPas.rappel === null ? 'decide' : 'echeance-proche')
            }
            continue
          }

          const { role, action } = choisir(modele, unPas)
          const attendues = permisesDansLeModele(modele, role)
          expect(actionsPermises(dossier, role).toSorted()).toEqual(attendues)
          const ouverte = [...modele.ouvertes].at((unPas.reponse ?? 0) % Math.max(1, modele.ouvertes.size))
          const repond = action === 'envoyer_message' && unPas.reponse !== null && ouverte !== undefined
          const correctionId = repond ? { correctionId: ouverte } : {}
          const ordre: Record<ActionDossier, Commande> = {
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
            envoyer_message: {
              type: 'envoyer_message',
              texte: 'Bonjour.',
              messageId: id(++rang),
              ...correctionId,
            },
            decider: { type: 'decider', sens: unPas.sens, motivation: 'Voici pourquoi.' },
            rouvrir: { type: 'rouvrir', texte: 'Nous nous sommes trompés.', messageId: id(++rang) },
          }
          const commande = ordre[action]
          const executerOrdre = () =>
            executer(dossier, commande, { demarche: regles, maintenant, role, siVersion: modele.version })

          if (!attendues.includes(action)) {
            const refus = refusDe(executerOrdre)
            expect(refus.code).toBe('transition-impossible')
            expect([...(refus.extra.transitionsPermises ?? [])].toSorted()).toEqual(attendues)
            vus.add(`${modele.etat} ${role} ${action} refusé`)
            continue
          }
          if (repond && role === 'agent') {
            expect(refusDe(executerOrdre).code).toBe('donnees-invalides')
            continue
          }
          vus.add(`${modele.etat} ${role} ${action}`)
          const resultat = executerOrdre()
          const evenement = suivreDansLeModele(modele, commande)
          accepter(resultat, evenement)
          expect(resultat.message !== undefined).toBe('texte' in commande)
          if (resultat.message)
            expect(resultat.message).toMatchObject({ auteur: role, texte: expect.any(String) })
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
      { numRuns: 80 },
    )
  },
)

test('those lives reached every cell of the table, as a permission or as a refusal', () => {
  for (const [etat, roles] of Object.entries(permises)) {
    for (const [role, actions] of Object.entries(roles)) {
      for (const action of ActionDossier.options) {
        const cellule = `${etat} ${role} ${action}`
        expect([...vus]).toContain(actions.includes(action) ? cellule : `${cellule} refusé`)
      }
    }
  }
})

/** The data is what the contract says and nothing more; the state and the event tell the same. */
function verifierEvenement({ etat, evenement }: Resultat): void {
  expect(evenement.contract.data.strict().parse(evenement.data)).toEqual(evenement.data)
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

function refusDe(action: () => unknown): Refusal {
  try {
    action()
  } catch (erreur) {
    if (erreur instanceof Refusal) return erreur
    throw erreur
  }
  throw new Error('nothing was refused')
}
