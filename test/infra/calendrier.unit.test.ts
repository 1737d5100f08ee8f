import { ajouterJoursOuvres, estOuvre, joursFeries, paques } from '../../infra/calendrier.ts'

test.each([
  '1583-04-10', // the first of the new calendar
  '1818-03-22', // as early as it can be
  '1943-04-25', // as late as it can be
  '1961-04-02',
  '1981-04-19', // both exceptions of Gauss's rule
  '1954-04-18',
  '2000-04-23',
  '2024-03-31',
  '2025-04-20',
  '2026-04-05',
  '2027-03-28',
  '2038-04-25',
  '2285-03-22',
])('Easter is on %s', (jour) => {
  expect(paques(Number(jour.slice(0, 4)))).toBe(jour)
})

test('every Easter of four centuries is a Sunday from 22 March to 25 April, and never two years alike in a row', () => {
  for (let annee = 1900; annee < 2300; annee++) {
    const jour = paques(annee)
    expect(new Date(`${jour}T00:00:00Z`).getUTCDay()).toBe(0)
    expect(jour.slice(5) >= '03-22' && jour.slice(5) <= '04-25').toBe(true)
    expect(jour.slice(5)).not.toBe(paques(annee + 1).slice(5))
  }
})

test('the eleven public holidays of 2026, without those of Alsace and Moselle', () => {
  expect([...joursFeries(2026)].toSorted()).toEqual([
    '2026-01-01',
    '2026-04-06',
    '2026-05-01',
    '2026-05-08',
    '2026-05-14',
    '2026-05-25',
    '2026-07-14',
    '2026-08-15',
    '2026-11-01',
    '2026-11-11',
    '2026-12-25',
  ])
})

test('a year in which Ascension is Labour Day has ten', () => {
  expect(paques(2008)).toBe('2008-03-23')
  expect(joursFeries(2008).size).toBe(10)
})

test.each([
  ['2026-11-27', true, 'a Friday'],
  ['2026-11-28', false, 'a Saturday'],
  ['2026-11-29', false, 'a Sunday'],
  ['2026-12-25', false, 'Christmas, a Friday'],
  ['2026-12-26', false, 'the day after Christmas, a Saturday'],
  ['2025-12-26', true, 'the day after Christmas: a holiday in Alsace and Moselle alone'],
  ['2026-04-03', true, 'Good Friday: so is this'],
  ['2026-04-06', false, 'Easter Monday'],
])('%s is a working day: %s (%s)', (jour, ouvre) => {
  expect(estOuvre(jour)).toBe(ouvre)
})

test.each([
  ['2026-11-27', 1, '2026-11-30', 'over a weekend'],
  ['2026-11-28', 1, '2026-11-30', 'from a Saturday'],
  ['2026-12-24', 2, '2026-12-29', 'over Christmas and a weekend'],
  ['2026-12-31', 1, '2027-01-04', 'over New Year'],
  ['2026-04-03', 1, '2026-04-07', 'over Easter'],
  ['2026-04-30', 5, '2026-05-11', 'over two holidays in May'],
  ['2028-02-28', 1, '2028-02-29', 'to a leap day'],
  ['2026-11-27', 20, '2026-12-28', 'a month'],
])('from %s, %i working days lead to %s (%s)', (jour, n, attendu) => {
  expect(ajouterJoursOuvres(jour, n)).toBe(attendu)
})
