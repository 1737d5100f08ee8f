import { momentEnFrancais } from '../../contracts/agenda-evenements.ts'
import type { Refusal } from '../../contracts/errors.ts'
import { verifierDetails } from '../../services/agenda/champs.ts'
import { calendrier } from '../../services/agenda/icalendar.ts'
import { attendre, proposer } from '../../services/agenda/liste-attente.ts'
import {
  actionsPermises,
  annuler,
  confirmer,
  constater,
  deplacer,
  type EtatDuRendezVous,
  liberer,
  type Nouveau,
  prendre,
  rappeler,
  rendre,
  reserver,
} from '../../services/agenda/rendez-vous.ts'

const at = (instant: string) => new Date(instant)
const debut = '2027-03-29T08:00:00.000Z' // 10:00 on the Monday after the change to summer time
const nouveau: Nouveau = {
  id: 'r',
  secteur: 'etat-civil',
  motifId: 'm',
  lieuId: 'l',
  agentId: 'a',
  usagerId: 'u',
  debut,
  fin: '2027-03-29T08:30:00.000Z',
  place: 1,
  capacite: 1,
}
const demande = { usagerId: 'u', dossierId: null, details: {} }
const pris = (): EtatDuRendezVous => prendre(nouveau, demande, at('2027-03-01T08:00:00Z')).etat
const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return (error as Refusal).code
  }
  return 'done'
}

test('a hold is good for 5 minutes, to the millisecond', () => {
  const { etat } = reserver(nouveau, at('2027-03-01T08:00:00Z'))
  expect(etat.reserveJusqua).toBe('2027-03-01T08:05:00.000Z')
  expect(confirmer(etat, demande, at('2027-03-01T08:04:59.999Z')).etat.statut).toBe('inconnu')
  expect(code(() => confirmer(etat, demande, at('2027-03-01T08:05:00Z')))).toBe('transition-impossible')
  expect(rendre(etat, at('2027-03-01T08:05:00Z'))!.etat.statut).toBe('expire')
  expect(rendre(pris(), at('2027-03-01T08:05:00Z'))).toBeNull()
})

test('the person may cancel and move until 4 hours before, the agent until the start', () => {
  const at4h = at('2027-03-29T04:00:00Z')
  const later = at('2027-03-29T04:00:00.001Z')
  expect(annuler(pris(), 'usager', at4h).etat.statut).toBe('excuse')
  expect(code(() => annuler(pris(), 'usager', later))).toBe('transition-impossible')
  expect(code(() => deplacer(pris(), nouveau, 'usager', later))).toBe('transition-impossible')
  expect(annuler(pris(), 'agent', later).etat.statut).toBe('annule')
  expect(annuler(pris(), 'agent', at('2027-03-29T07:59:59.999Z')).etat.statut).toBe('annule')
  expect(code(() => annuler(pris(), 'agent', at(debut)))).toBe('transition-impossible')
})

test('who came is said from the first minute of that day in Paris', () => {
  expect(code(() => constater(pris(), 'vu', at('2027-03-28T21:59:59Z')))).toBe('transition-impossible')
  expect(constater(pris(), 'vu', at('2027-03-28T22:00:00Z')).etat.statut).toBe('vu')
  const vu = constater(pris(), 'vu', at(debut)).etat
  expect(constater(vu, 'absent', at(debut)).etat.statut).toBe('absent')
  const excuse = constater(pris(), 'excuse', at(debut)).etat
  expect(code(() => constater(excuse, 'vu', at(debut)))).toBe('transition-impossible')
})

test('the reminder comes 48 hours before, by the clock and not by the calendar, and not for what is over', () => {
  expect(rappeler(pris(), at('2027-03-27T07:59:59Z'))).toBeNull()
  expect(rappeler(pris(), at('2027-03-27T08:00:00Z'))!.evenement.contract.type).toBe(
    'guichet.rendez-vous.rappele.v1',
  )
  expect(rappeler(pris(), at(debut))).toBeNull()
  expect(
    rappeler(annuler(pris(), 'agent', at('2027-03-02T00:00:00Z')).etat, at('2027-03-28T08:00:00Z')),
  ).toBeNull()
})

test('an earlier slot is offered to who waits: 2 days earlier, 3 times at most, once a day of Paris', () => {
  const now = at('2027-03-10T12:00:00Z')
  const libre = (jour: string) => ({ debut: `${jour}T08:00:00.000Z`, lieuId: 'l' })
  expect(proposer(pris(), libre('2027-03-20'), now)).toBeNull()
  const waiting = attendre(pris(), true, now).etat
  expect(proposer(waiting, libre('2027-03-28'), now)).toBeNull()
  const once = proposer(waiting, libre('2027-03-27'), now)!.etat
  expect(proposer(once, libre('2027-03-20'), at('2027-03-10T22:59:59Z'))).toBeNull()
  const twice = proposer(once, libre('2027-03-20'), at('2027-03-10T23:00:00Z'))!.etat
  const thrice = proposer(twice, libre('2027-03-20'), at('2027-03-12T12:00:00Z'))!.etat
  expect(proposer(thrice, libre('2027-03-20'), at('2027-03-13T12:00:00Z'))).toBeNull()
  expect(
    proposer(attendre(once, false, now).etat, libre('2027-03-20'), at('2027-03-12T12:00:00Z')),
  ).toBeNull()
})

test('the end of a dossier frees what is to come, and nothing else', () => {
  expect(liberer(pris(), at('2027-03-02T00:00:00Z'))!.evenement.data).toMatchObject({
    raison: 'dossier_termine',
    statut: 'annule',
  })
  expect(liberer(pris(), at(debut))).toBeNull()
  expect(liberer(constater(pris(), 'vu', at(debut)).etat, at('2027-03-02T00:00:00Z'))).toBeNull()
})

test('what is permitted is what is done', () => {
  const instants = ['2027-03-02T00:00:00Z', '2027-03-29T05:00:00Z', '2027-03-29T09:00:00Z'].map(at)
  for (const role of ['usager', 'agent'] as const)
    for (const maintenant of instants) {
      const permises = actionsPermises(pris(), role, maintenant)
      expect(code(() => annuler(pris(), role, maintenant)) === 'done').toBe(permises.includes('annuler'))
      expect(code(() => deplacer(pris(), nouveau, role, maintenant)) === 'done').toBe(
        permises.includes('deplacer'),
      )
      if (role === 'agent')
        expect(code(() => constater(pris(), 'vu', maintenant)) === 'done').toBe(
          permises.includes('constater'),
        )
    }
})

test('a telephone for a call, an address for a visit', () => {
  expect(code(() => verifierDetails('telephone', {}))).toBe('donnees-invalides')
  expect(code(() => verifierDetails('domicile', {}))).toBe('donnees-invalides')
  expect(code(() => verifierDetails('telephone', { telephone: '01 46 55 00 00' }))).toBe('done')
  expect(code(() => verifierDetails('guichet', {}))).toBe('done')
})

test.each([
  ['2027-01-05T08:30:00Z', 'mardi 5 janvier 2027 à 9 h 30'],
  ['2027-08-01T07:00:00+02:00', 'dimanche 1er août 2027 à 7 h'],
  ['2027-12-31T23:05:00Z', 'samedi 1er janvier 2028 à 0 h 05'],
  ['2027-10-31T01:30:00Z', 'dimanche 31 octobre 2027 à 2 h 30'],
])('%s is said as people say it', (instant, expected) => {
  expect(momentEnFrancais(instant)).toBe(expected)
})

test('a calendar has lines of 75 octets at most, its texts escaped, its times in UTC', () => {
  const text = calendrier('Ville', [
    {
      uid: 'x@guichet',
      sequence: 3,
      debut: at(debut),
      fin: at('2027-03-29T08:30:00Z'),
      modifieLe: at('2027-03-01T00:00:00.123Z'),
      titre: `Échéance; virgule, barre \\ fin\nligne${'é'.repeat(80)}`,
      lieu: 'Mairie',
      annule: true,
    },
  ])
  expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true)
  const lines = text.split('\r\n')
  for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
  expect(text.replaceAll('\n', '').split('\r').length).toBe(lines.length) // no bare line feed
  const unfolded = text.replaceAll('\r\n ', '')
  expect(unfolded).toContain(
    String.raw`SUMMARY:Échéance\; virgule\, barre \\ fin\nligne${'é'.repeat(80)}` + '\r\n',
  )
  expect(unfolded).toContain('DTSTART:20270329T080000Z\r\nDTEND:20270329T083000Z\r\n')
  expect(unfolded).toContain('DTSTAMP:20270301T000000Z\r\n')
  expect(unfolded).toContain('STATUS:CANCELLED\r\n')
})
