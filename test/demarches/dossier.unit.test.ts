import { randomUUID } from 'node:crypto'
import type { Demarche } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { demarche as demarcheDuCatalogue } from '../../services/demarches/catalogue.ts'
import {
  actionsPermises,
  type EtatDuDossier,
  horlogeDuDossier,
  type Role,
} from '../../services/demarches/dossier.ts'
import { deciderImplicitement, rappelerEcheance } from '../../services/demarches/silence.ts'
import { type Commande, creer, executer } from '../../services/demarches/transitions.ts'
import { formulairesValides } from './exemples.ts'

const stationnement = demarcheDuCatalogue('stationnement-residentiel') as Demarche
const sva: Demarche = { ...stationnement, horloge: { ...stationnement.horloge, silence: 'acceptation' } }
const sansEffet: Demarche = { ...stationnement, horloge: { ...stationnement.horloge, silence: 'aucun' } }
const formulaire = formulairesValides['stationnement-residentiel'] as Record<string, unknown>
const pieces = [{ piece: 'justificatif-domicile', documentId: randomUUID() }]
const correctionId = randomUUID()
const messageId = randomUUID()

const aMidi = (jour: string) => new Date(`${jour}T11:00:00Z`)

function brouillon(changements: Partial<EtatDuDossier> = {}): EtatDuDossier {
  const nouveau = { id: randomUUID(), reference: '333-333-333', usagerId: randomUUID(), formulaire, pieces }
  const contexte = { demarche: stationnement, maintenant: aMidi('2026-03-01') }
  return { ...creer(nouveau, contexte).etat, ...changements }
}

function faire(
  dossier: EtatDuDossier,
  jour: string,
  role: Role,
  commande: Commande,
  autre: { siVersion?: number; demarche?: Demarche } = {},
) {
  return executer(dossier, commande, { demarche: stationnement, maintenant: aMidi(jour), role, ...autre })
}

/** Deposited on 10 March: silence rejects on 11 May. */
const depose = () => faire(brouillon(), '2026-03-10', 'usager', { type: 'deposer' }).etat
const instruit = () => faire(depose(), '2026-03-12', 'agent', { type: 'instruire' }).etat
const decide = () =>
  faire(instruit(), '2026-03-15', 'agent', { type: 'decider', sens: 'refuse', motivation: 'Hors zone.' }).etat
const demander = (id = correctionId): Commande => ({
  type: 'demander_correction',
  motif: 'incorrect',
  texte: 'Le justificatif est illisible.',
  correctionId: id,
  messageId,
})
const repondre = (id = correctionId): Commande => ({
  type: 'envoyer_message',
  texte: 'Le voici.',
  messageId,
  correctionId: id,
})

function refusDe(action: () => unknown): Refusal {
  try {
    action()
  } catch (erreur) {
    if (erreur instanceof Refusal) return erreur
    throw erreur
  }
  throw new Error('nothing was refused')
}

describe('a draft', () => {
  test('may be empty, has no clock, and is the usager’s alone', () => {
    const { etat, evenement } = creer(
      { id: randomUUID(), reference: '333-333-333', usagerId: randomUUID(), formulaire: {}, pieces: [] },
      { demarche: stationnement, maintenant: aMidi('2026-03-01') },
    )
    expect(etat).toMatchObject({
      etat: 'brouillon',
      version: 1,
      deposeLe: null,
      echeanceLe: null,
      demarcheId: 'stationnement-residentiel',
      demarcheVersion: 1,
      secteur: 'espace-public',
      creeLe: '2026-03-01T11:00:00.000Z',
    })
    expect(evenement.contract.type).toBe('guichet.dossier.cree.v1')
    expect(actionsPermises(etat, 'agent')).toEqual([])
  })

  test('is refused when a field is wrong or an attachment is not one of the demarche', () => {
    const refus = refusDe(() =>
      creer(
        {
          id: randomUUID(),
          reference: '333-333-333',
          usagerId: randomUUID(),
          formulaire: { nom: '' },
          pieces: [...pieces, { piece: 'photo', documentId: randomUUID() }],
        },
        { demarche: stationnement, maintenant: aMidi('2026-03-01') },
      ),
    )
    expect(refus.code).toBe('donnees-invalides')
    expect(refus.extra.erreurs?.map(({ pointeur }) => pointeur)).toEqual([
      '/formulaire/nom',
      '/pieces/1/piece',
    ])
  })

  test('keeps what a change does not mention', () => {
    const { etat } = faire(brouillon(), '2026-03-02', 'usager', { type: 'modifier', pieces: [] })
    expect(etat).toMatchObject({ formulaire, pieces: [], version: 2, modifieLe: '2026-03-02T11:00:00.000Z' })
    expect(etat.creeLe).toBe('2026-03-01T11:00:00.000Z')
  })

  test('may lose a required field', () => {
    expect(
      faire(brouillon(), '2026-03-02', 'usager', { type: 'modifier', formulaire: {} }).etat.formulaire,
    ).toEqual({})
  })
})

describe('a deposit', () => {
  test('starts the clock and says what silence means', () => {
    const { etat, evenement } = faire(brouillon(), '2026-03-10', 'usager', { type: 'deposer' })
    expect(etat).toMatchObject({
      etat: 'en_construction',
      deposeLe: '2026-03-10T11:00:00.000Z',
      echeanceLe: '2026-05-11',
      suspendue: false,
      version: 2,
    })
    expect(evenement).toMatchObject({
      contract: { type: 'guichet.dossier.depose.v1' },
      data: { pieces, echeanceLe: '2026-05-11', silence: 'rejet', etat: 'en_construction' },
    })
  })

  test('counts from the day it is in Paris', () => {
    const { etat } = executer(
      brouillon(),
      { type: 'deposer' },
      { demarche: stationnement, maintenant: new Date('2026-03-09T23:30:00Z'), role: 'usager' },
    )
    expect(etat.echeanceLe).toBe('2026-05-11')
  })

  test('needs a whole form', () => {
    const { nom: _nom, ...reste } = formulaire
    const refus = refusDe(() =>
      faire(brouillon({ formulaire: reste }), '2026-03-10', 'usager', { type: 'deposer' }),
    )
    expect(refus.code).toBe('donnees-invalides')
    expect(refus.extra.erreurs).toEqual([
      { pointeur: '/formulaire/nom', message: 'Ce champ est obligatoire.' },
    ])
  })

  test('needs the obligatory attachment, and names it', () => {
    const autres = [{ piece: 'certificat-immatriculation', documentId: randomUUID() }]
    const refus = refusDe(() =>
      faire(brouillon({ pieces: autres }), '2026-03-10', 'usager', { type: 'deposer' }),
    )
    expect(refus.code).toBe('piece-manquante')
    expect(refus.extra.erreurs).toEqual([
      { pointeur: '/pieces', message: 'Joignez cette pièce: Justificatif de domicile.' },
    ])
  })

  test('is not done twice, and the refusal says what can be done', () => {
    const refus = refusDe(() => faire(depose(), '2026-03-11', 'usager', { type: 'deposer' }))
    expect(refus.code).toBe('transition-impossible')
    expect(refus.extra.transitionsPermises).toEqual(['envoyer_message'])
  })
})

describe('the version expected', () => {
  test('is checked before all else', () => {
    expect(
      refusDe(() => faire(depose(), '2026-03-11', 'usager', { type: 'deposer' }, { siVersion: 1 })).code,
    ).toBe('modifie-entre-temps')
  })

  test('may be right or absent', () => {
    expect(faire(depose(), '2026-03-12', 'agent', { type: 'instruire' }, { siVersion: 2 }).etat.version).toBe(
      3,
    )
    expect(instruit().version).toBe(3)
  })
})

describe('a correction', () => {
  test('gives the dossier back to the usager, stops the clock and carries the message', () => {
    const { etat, evenement, message } = faire(instruit(), '2026-03-20', 'agent', demander())
    expect(etat).toMatchObject({ etat: 'en_construction', suspendue: true, echeanceLe: '2026-05-12' })
    expect(etat.corrections).toEqual([
      { id: correctionId, motif: 'incorrect', demandeeLe: '2026-03-20', resolueLe: null, messageId },
    ])
    expect(message).toEqual({
      id: messageId,
      auteur: 'agent',
      texte: 'Le justificatif est illisible.',
      correctionId,
      creeLe: '2026-03-20T11:00:00.000Z',
    })
    expect(evenement.data).toMatchObject({ correctionId, motif: 'incorrect' })
    expect(JSON.stringify(evenement.data)).not.toContain('illisible')
    expect(actionsPermises(etat, 'usager')).toEqual(['modifier', 'envoyer_message'])
  })

  test('keeps moving the day on while it is open, at each reading', () => {
    const { etat } = faire(instruit(), '2026-03-20', 'agent', demander())
    expect(horlogeDuDossier(etat, { demarche: stationnement, maintenant: aMidi('2026-03-30') })).toEqual({
      echeanceLe: '2026-05-22',
      suspendue: true,
    })
  })

  test('answered, gives it back to the instruction that it interrupted', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const { etat, evenement, message } = faire(ouvert, '2026-03-25', 'usager', repondre())
    expect(etat).toMatchObject({ etat: 'en_instruction', suspendue: false, echeanceLe: '2026-05-17' })
    expect(etat.corrections).toMatchObject([{ resolueLe: '2026-03-25' }])
    expect(evenement).toMatchObject({
      contract: { type: 'guichet.dossier.correction-resolue.v1' },
      data: { correctionId, pieces, echeanceLe: '2026-05-17', etat: 'en_instruction' },
    })
    expect(message).toMatchObject({ auteur: 'usager', correctionId })
  })

  test('asked before any instruction, leaves it to be taken', () => {
    const ouvert = faire(depose(), '2026-03-20', 'agent', demander()).etat
    expect(faire(ouvert, '2026-03-25', 'usager', repondre()).etat.etat).toBe('en_construction')
  })

  test('is one of two: only the last answer gives the dossier back', () => {
    const seconde = randomUUID()
    const une = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const deux = faire(une, '2026-04-01', 'agent', demander(seconde)).etat
    const premiereReponse = faire(deux, '2026-04-02', 'usager', repondre(seconde)).etat
    expect(premiereReponse).toMatchObject({ etat: 'en_construction', suspendue: true })
    expect(faire(premiereReponse, '2026-04-03', 'usager', repondre()).etat).toMatchObject({
      etat: 'en_instruction',
      suspendue: false,
      // 11 May + (20 March..3 April: 15 days) + (1..2 April: 2 days)
      echeanceLe: '2026-05-28',
    })
  })

  test('asked again after an answer, interrupts again', () => {
    const une = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const repondue = faire(une, '2026-03-25', 'usager', repondre()).etat
    const seconde = randomUUID()
    const deux = faire(repondue, '2026-03-26', 'agent', demander(seconde)).etat
    expect(faire(deux, '2026-03-27', 'usager', repondre(seconde)).etat.etat).toBe('en_instruction')
  })

  test('lets the usager change the form, which must stay whole', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const nouveau = { ...formulaire, nom: 'Durand' }
    expect(
      faire(ouvert, '2026-03-21', 'usager', { type: 'modifier', formulaire: nouveau }).etat,
    ).toMatchObject({ formulaire: nouveau, etat: 'en_construction', suspendue: true })
    expect(
      refusDe(() => faire(ouvert, '2026-03-21', 'usager', { type: 'modifier', formulaire: {} })).code,
    ).toBe('donnees-invalides')
  })

  test('is not answered while an obligatory attachment is missing', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const vide = faire(ouvert, '2026-03-21', 'usager', { type: 'modifier', pieces: [] }).etat
    expect(refusDe(() => faire(vide, '2026-03-22', 'usager', repondre())).code).toBe('piece-manquante')
  })

  test('is answered by the usager only, once, and only when it was asked', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const repondu = faire(ouvert, '2026-03-25', 'usager', repondre()).etat
    for (const [dossier, role, commande] of [
      [ouvert, 'agent', repondre()],
      [ouvert, 'usager', repondre(randomUUID())],
      [repondu, 'usager', repondre()],
      [decide(), 'usager', repondre()],
    ] as const) {
      const refus = refusDe(() => faire(dossier, '2026-03-26', role, commande))
      expect(refus.code).toBe('donnees-invalides')
      expect(refus.extra.erreurs).toMatchObject([{ pointeur: '/correctionId' }])
    }
  })

  test('is not answered by a message that does not say so', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const question: Commande = { type: 'envoyer_message', texte: 'Lequel?', messageId }
    expect(faire(ouvert, '2026-03-21', 'usager', question).etat).toMatchObject({
      etat: 'en_construction',
      corrections: [{ resolueLe: null }],
    })
  })

  test('that nobody answers ends when the agent takes the dossier back', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const repris = faire(ouvert, '2026-04-20', 'agent', { type: 'instruire' }).etat
    expect(repris).toMatchObject({
      etat: 'en_instruction',
      corrections: [{ resolueLe: '2026-04-20' }],
      suspendue: false,
      echeanceLe: '2026-06-12',
    })
  })
})

describe('a decision', () => {
  test('stops the clock and tells no reason in its event', () => {
    const documentId = randomUUID()
    const { etat, evenement } = faire(instruit(), '2026-03-15', 'agent', {
      type: 'decider',
      sens: 'refuse',
      motivation: '  Vous habitez hors de la zone.  ',
      documentId,
    })
    expect(etat).toMatchObject({ etat: 'refuse', echeanceLe: null, suspendue: false })
    expect(etat.decision).toEqual({
      sens: 'refuse',
      motivation: 'Vous habitez hors de la zone.',
      documentId,
      le: '2026-03-15T11:00:00.000Z',
      implicite: false,
    })
    expect(evenement.data).toEqual({
      reference: '333-333-333',
      demarche: 'stationnement-residentiel',
      secteur: 'espace-public',
      etat: 'refuse',
      sens: 'refuse',
      implicite: false,
      documentId,
    })
  })

  test.each(['refuse', 'sans_suite'] as const)('« %s » needs reasons', (sens) => {
    for (const motivation of [undefined, '', '   ']) {
      const refus = refusDe(() =>
        faire(instruit(), '2026-03-15', 'agent', { type: 'decider', sens, motivation }),
      )
      expect(refus.code).toBe('donnees-invalides')
      expect(refus.extra.erreurs).toMatchObject([{ pointeur: '/motivation' }])
    }
  })

  test('to accept needs none', () => {
    const { etat } = faire(instruit(), '2026-03-15', 'agent', { type: 'decider', sens: 'accepte' })
    expect(etat.decision).toMatchObject({ sens: 'accepte', motivation: null, documentId: null })
  })

  test('leaves the conversation open to both', () => {
    const question: Commande = { type: 'envoyer_message', texte: 'Pourquoi?', messageId }
    for (const role of ['usager', 'agent'] as const) {
      const { etat, evenement, message } = faire(decide(), '2026-03-20', role, question)
      expect(etat.etat).toBe('refuse')
      expect(etat.decision).not.toBeNull()
      expect(evenement.data).toMatchObject({ messageId, auteur: role })
      expect(message).toMatchObject({ auteur: role, correctionId: null, texte: 'Pourquoi?' })
    }
  })
})

describe('a reopened dossier', () => {
  const rouvert = () =>
    faire(decide(), '2026-03-20', 'agent', { type: 'rouvrir', texte: 'Erreur de notre part.', messageId })

  test('is in instruction again, undecided, with no clock, and says why in a message', () => {
    const { etat, message } = rouvert()
    expect(etat).toMatchObject({ etat: 'en_instruction', decision: null, rouvert: true, echeanceLe: null })
    expect(message).toMatchObject({ auteur: 'agent', texte: 'Erreur de notre part.', correctionId: null })
  })

  test('gets no clock back from a correction, nor is ever decided by silence', () => {
    const ouvert = faire(rouvert().etat, '2026-03-21', 'agent', demander()).etat
    expect(ouvert).toMatchObject({ etat: 'en_construction', echeanceLe: null, suspendue: false })
    const { etat, evenement } = faire(ouvert, '2026-03-22', 'usager', repondre())
    expect(etat).toMatchObject({ etat: 'en_instruction', echeanceLe: null, suspendue: false })
    expect(evenement.data).toMatchObject({ echeanceLe: null })
    expect(
      deciderImplicitement(etat, { demarche: stationnement, maintenant: aMidi('2030-01-01') }),
    ).toBeNull()
  })

  test('is decided again, and may be reopened again', () => {
    const nouveau = faire(rouvert().etat, '2026-03-25', 'agent', { type: 'decider', sens: 'accepte' }).etat
    expect(nouveau).toMatchObject({ etat: 'accepte', echeanceLe: null })
    expect(actionsPermises(nouveau, 'agent')).toContain('rouvrir')
  })
})

describe('silence', () => {
  const leJour = { maintenant: new Date('2026-05-10T22:00:00Z') } // 00:00 in Paris on 11 May

  test.each([
    ['rejects', stationnement, 'refuse'],
    ['accepts', sva, 'accepte'],
  ] as const)('%s from the first instant of the legal day, in both states', (_nom, demarche, sens) => {
    for (const dossier of [depose(), instruit()]) {
      const resultat = deciderImplicitement(dossier, { demarche, ...leJour })
      expect(resultat?.etat).toMatchObject({
        etat: sens,
        echeanceLe: null,
        version: dossier.version + 1,
        decision: {
          sens,
          implicite: true,
          motivation: null,
          documentId: null,
          le: '2026-05-10T22:00:00.000Z',
        },
      })
      expect(resultat?.evenement.data).toMatchObject({ sens, implicite: true, documentId: null })
      expect(resultat?.message).toBeUndefined()
    }
  })

  test('dates from the legal day even when the machine wakes up late', () => {
    const resultat = deciderImplicitement(depose(), { demarche: sva, maintenant: aMidi('2026-06-01') })
    expect(resultat?.etat).toMatchObject({
      decision: { le: '2026-05-10T22:00:00.000Z' },
      modifieLe: '2026-06-01T11:00:00.000Z',
    })
  })

  test('decides nothing one millisecond before', () => {
    expect(
      deciderImplicitement(depose(), { demarche: sva, maintenant: new Date('2026-05-10T21:59:59.999Z') }),
    ).toBeNull()
  })

  test('decides nothing when it means nothing, is too early, or there is nothing to decide', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const repondu = faire(ouvert, '2026-03-25', 'usager', repondre()).etat
    expect(deciderImplicitement(depose(), { demarche: sansEffet, ...leJour })).toBeNull()
    for (const dossier of [brouillon(), ouvert, repondu, decide()]) {
      expect(deciderImplicitement(dossier, { demarche: sva, ...leJour })).toBeNull()
    }
    expect(deciderImplicitement(repondu, { demarche: sva, maintenant: aMidi('2026-05-17') })).not.toBeNull()
  })
})

describe('a reminder', () => {
  const rappel = (dossier: EtatDuDossier, jours: number, jour: string) =>
    rappelerEcheance(dossier, jours, { maintenant: aMidi(jour) })

  test('tells the day and what is left, as an event of its own', () => {
    const resultat = rappel(instruit(), 14, '2026-04-27')
    expect(resultat?.evenement).toMatchObject({
      contract: { type: 'guichet.dossier.echeance-proche.v1' },
      data: { echeanceLe: '2026-05-11', joursRestants: 14 },
    })
    expect(resultat?.etat).toMatchObject({ etat: 'en_instruction', echeanceLe: '2026-05-11', version: 4 })
  })

  test('that comes late tells what is really left', () => {
    expect(rappel(depose(), 14, '2026-04-30')?.evenement.data).toMatchObject({ joursRestants: 11 })
    expect(rappel(depose(), 3, '2026-05-10')?.evenement.data).toMatchObject({ joursRestants: 1 })
  })

  test('is not given twice for the same few days: the nearest one speaks', () => {
    expect(rappel(depose(), 14, '2026-05-07')).not.toBeNull()
    expect(rappel(depose(), 14, '2026-05-08')).toBeNull()
    expect(rappel(depose(), 3, '2026-05-08')).not.toBeNull()
  })

  test('is not given too early, on the day itself, nor without a running clock', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    expect(rappel(depose(), 14, '2026-04-26')).toBeNull()
    expect(rappel(depose(), 3, '2026-05-11')).toBeNull()
    for (const dossier of [brouillon(), ouvert, decide()])
      expect(rappel(dossier, 14, '2026-04-27')).toBeNull()
  })

  test('is given where silence means nothing: the city keeps its word', () => {
    const { etat } = faire(brouillon(), '2026-03-10', 'usager', { type: 'deposer' }, { demarche: sansEffet })
    expect(rappel(etat, 14, '2026-04-27')).not.toBeNull()
  })
})
