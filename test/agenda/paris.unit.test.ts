import fc from 'fast-check'
import { ajouterJours, jourDeParis, joursEntre } from '../../infra/calendrier.ts'
import { instantDeParis } from '../../services/agenda/paris.ts'

const at = (jour: string, heure: string) => new Date(instantDeParis(jour, heure)).toISOString()

test.each([
  ['winter', '2027-01-05', '09:30', '2027-01-05T08:30:00.000Z'],
  ['summer', '2027-07-05', '09:30', '2027-07-05T07:30:00.000Z'],
  ['midnight in winter', '2027-01-05', '00:00', '2027-01-04T23:00:00.000Z'],
  ['the end of a day in summer', '2027-07-05', '24:00', '2027-07-05T22:00:00.000Z'],
  ['the last minute of a year', '2027-12-31', '23:59', '2027-12-31T22:59:00.000Z'],
  ['the end of a year', '2027-12-31', '24:00', '2027-12-31T23:00:00.000Z'],
  ['the leap day', '2028-02-29', '12:00', '2028-02-29T11:00:00.000Z'],
  ['spring, before the change', '2027-03-28', '01:59', '2027-03-28T00:59:00.000Z'],
  ['spring, an hour that never comes', '2027-03-28', '02:30', '2027-03-28T01:30:00.000Z'],
  ['spring, after the change', '2027-03-28', '03:00', '2027-03-28T01:00:00.000Z'],
  ['spring, midnight before', '2027-03-28', '00:00', '2027-03-27T23:00:00.000Z'],
  ['spring, midnight after', '2027-03-28', '24:00', '2027-03-28T22:00:00.000Z'],
  ['autumn, before the change', '2027-10-31', '01:59', '2027-10-30T23:59:00.000Z'],
  ['autumn, an hour that comes twice', '2027-10-31', '02:30', '2027-10-31T00:30:00.000Z'],
  ['autumn, after the change', '2027-10-31', '03:00', '2027-10-31T02:00:00.000Z'],
  ['autumn, midnight after', '2027-10-31', '24:00', '2027-10-31T23:00:00.000Z'],
])('%s: %s at %s is %s', (_, jour, heure, expected) => {
  expect(at(jour, heure)).toBe(expected)
})

test('a day of Paris is that of its instants, to the last second before midnight', () => {
  expect(jourDeParis(new Date('2027-12-31T22:59:59.999Z'))).toBe('2027-12-31')
  expect(jourDeParis(new Date('2027-12-31T23:00:00Z'))).toBe('2028-01-01')
  expect(jourDeParis(new Date('2027-07-14T22:00:00Z'))).toBe('2027-07-15')
})

test('every hour that comes is shown by the clocks of Paris at the instant that is given for it', () => {
  const shown = new Intl.DateTimeFormat('fr-FR', {
    timeZone: 'Europe/Paris',
    hour: '2-digit',
    minute: '2-digit',
  })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 1439 }), (n, minutes) => {
      const jour = ajouterJours('2000-01-01', n)
      const heure = new Date(minutes * 60_000).toISOString().slice(11, 16)
      const instant = new Date(instantDeParis(jour, heure))
      const skipped = shown.format(instant) !== heure
      expect(jourDeParis(instant)).toBe(jour)
      // Only the hour that the spring leaves out is never shown.
      if (skipped) expect([jour.slice(5, 7), heure.slice(0, 2)]).toEqual(['03', '02'])
    }),
    { numRuns: 2_000 },
  )
})

test('days are counted over leap days, changes of season and ends of years', () => {
  expect(ajouterJours('2028-02-28', 1)).toBe('2028-02-29')
  expect(ajouterJours('2027-02-28', 1)).toBe('2027-03-01')
  expect(ajouterJours('2027-12-31', 1)).toBe('2028-01-01')
  expect(joursEntre('2027-03-27', '2027-03-29')).toBe(2)
  expect(joursEntre('2028-01-01', '2027-12-31')).toBe(-1)
})
