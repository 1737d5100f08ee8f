import { randomUUID } from 'node:crypto'
import { actionsPermises, horlogeDuDossier } from '../../services/demarches/dossier.ts'
import type { Commande } from '../../services/demarches/transitions.ts'
import {
  aMidi,
  correctionId,
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

  test('never leaves the dossier without an obligatory attachment, whoever takes it back', () => {
    const ouvert = faire(instruit(), '2026-03-20', 'agent', demander()).etat
    const vider = () => faire(ouvert, '2026-03-21', 'usager', { type: 'modifier', pieces: [] })
    expect(refusDe(vider).code).toBe('piece-manquante')
    const vide = { ...ouvert, pieces: [] }
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
    const scan = { piece: 'certificat-immatriculation', documentId: randomUUID() }
    const modifie = faire(ouvert, '2026-04-10', 'usager', {
      type: 'modifier',
      pieces: [...pieces, scan],
    }).etat
    const { etat, evenement } = faire(modifie, '2026-04-20', 'agent', { type: 'instruire' })
    expect(evenement.data).toMatchObject({ etat: 'en_instruction', pieces: [...pieces, scan] })
    expect(etat).toMatchObject({
      etat: 'en_instruction',
      corrections: [{ resolueLe: '2026-04-20' }],
      suspendue: false,
      echeanceLe: '2026-06-12',
    })
  })
})
