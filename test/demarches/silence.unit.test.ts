import type { Demarche } from '../../contracts/demarches.ts'
import { type EtatDuDossier, horlogeDuDossier } from '../../services/demarches/dossier.ts'
import { deciderImplicitement, rappelerEcheance } from '../../services/demarches/silence.ts'
import {
  aMidi,
  brouillon,
  decide,
  demander,
  depose,
  faire,
  instruit,
  messageId,
  repondre,
  stationnement,
} from './dossiers.ts'

const sva: Demarche = { ...stationnement, horloge: { ...stationnement.horloge, silence: 'acceptation' } }
const sansEffet: Demarche = { ...stationnement, horloge: { ...stationnement.horloge, silence: 'aucun' } }

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

test('there is no clock before the deposit, after a decision, after a reopening', () => {
  const rouvert = faire(decide(), '2026-03-20', 'agent', {
    type: 'rouvrir',
    texte: 'Erreur.',
    messageId,
  }).etat
  for (const dossier of [brouillon(), decide(), rouvert]) {
    expect(horlogeDuDossier(dossier, { demarche: stationnement, maintenant: aMidi('2026-04-01') })).toEqual({
      echeanceLe: null,
      suspendue: false,
    })
  }
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
