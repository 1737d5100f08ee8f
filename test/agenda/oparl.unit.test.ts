import { Oparl } from '../../services/agenda/oparl.ts'
import type { SeanceLue } from '../../services/agenda/store-publications.ts'

const le = '2027-03-24T17:00:00.000Z'
const seance: SeanceLue = {
  id: 's',
  titre: 'Conseil municipal',
  lieu: 'Hôtel de ville',
  debut: le,
  fin: null,
  annulee: false,
  retiree: false,
  points: [],
  papiers: [],
  papiersRetires: [],
  enAttente: 0,
  version: 1,
  creeLe: le,
  modifieLe: le,
}
const at = (instant: string) => new Oparl('https://guichet.example', new Date(instant))

test.each([
  ['annoncée', '2027-03-24T16:00:00Z', {}],
  ['annoncée', '2027-03-24T22:59:59Z', {}],
  ['terminée', '2027-03-24T23:00:00Z', {}],
  ['annoncée', '2027-03-24T20:59:59Z', { fin: '2027-03-24T21:00:00.000Z' }],
  ['terminée', '2027-03-24T21:00:00Z', { fin: '2027-03-24T21:00:00.000Z' }],
  ['annulée', '2027-04-01T00:00:00Z', { annulee: true }],
])('a session is %s at %s, with %j', (etat, instant, change) => {
  expect(at(instant).seance({ ...seance, ...change }).meetingState).toBe(etat)
})

test('papers and files have the day of Paris on which they appeared', () => {
  const papier = {
    id: 'p',
    seance: 's',
    point: null,
    type: 'deliberation',
    titre: 'Budget',
    numero: null,
    documentId: 'd',
    format: 'application/pdf',
    taille: 1,
    sha256: '',
    publieLe: '2027-03-24T23:30:00.000Z',
  } as const
  const oparl = at(le)
  expect(oparl.papier(papier, seance).date).toBe('2027-03-25')
  expect(oparl.fichier(papier, seance).date).toBe('2027-03-25')
})

test('the council is an organization of a type that OParl 1.1 names', () => {
  expect(at(le).organisation().organizationType).toBe('Gremium')
})
