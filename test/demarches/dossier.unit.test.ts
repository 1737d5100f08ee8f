import { randomUUID } from 'node:crypto'
import { actionsPermises } from '../../services/demarches/dossier.ts'
import { deciderImplicitement } from '../../services/demarches/silence.ts'
import { type Commande, creer, executer } from '../../services/demarches/transitions.ts'
import {
  aMidi,
  brouillon,
  decide,
  demander,
  depose,
  faire,
  formulaire,
  instruit,
  messageId,
  pieces,
  refusDe,
  repondre,
  stationnement,
} from './dossiers.ts'

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

  test('tells the fields and the attachments that are missing together', () => {
    const refus = refusDe(() =>
      faire(brouillon({ formulaire: {}, pieces: [] }), '2026-03-10', 'usager', { type: 'deposer' }),
    )
    expect(refus.code).toBe('donnees-invalides')
    expect(refus.extra.erreurs?.map(({ pointeur, piece }) => piece ?? pointeur)).toEqual(
      expect.arrayContaining(['/formulaire/nom', 'justificatif-domicile']),
    )
  })

  test('needs the obligatory attachment, and names it', () => {
    const autres = [{ piece: 'certificat-immatriculation', documentId: randomUUID() }]
    const refus = refusDe(() =>
      faire(brouillon({ pieces: autres }), '2026-03-10', 'usager', { type: 'deposer' }),
    )
    expect(refus.code).toBe('piece-manquante')
    expect(refus.extra.erreurs).toEqual([
      {
        pointeur: '/pieces',
        piece: 'justificatif-domicile',
        message: 'Joignez cette pièce: Justificatif de domicile.',
      },
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
