import fc from 'fast-check'
import { type Occupation, creneauxLibres, type Offre, regrouper } from '../../services/agenda/creneaux.ts'
import { estFerie, paques } from '../../infra/calendrier.ts'
import { instantDeParis } from '../../services/agenda/paris.ts'
import { estRepetition, joursDe } from '../../services/agenda/recurrence.ts'

const toujours = { de: -Infinity, a: Infinity }
const plage = {
  agentId: 'a',
  premierJour: '2027-01-04',
  debut: '09:00',
  fin: '10:30',
  recurrence: null as string | null,
}
const offre = (change: Partial<Offre> = {}): Offre => ({
  duree: 30,
  capacite: 1,
  plages: [plage],
  occupations: new Map(),
  ...change,
})
const jour = (du: string, au = du) => ({ du, au })
const starts = (...args: Parameters<typeof creneauxLibres>) =>
  creneauxLibres(...args).map(({ debut }) => new Date(debut).toISOString().slice(0, 16))
const prise = (debut: string, fin: string, presents: number | null = null): Occupation => ({
  debut: instantDeParis('2027-01-04', debut),
  fin: instantDeParis('2027-01-04', fin),
  presents,
})

describe('slots', () => {
  test('an opening is cut by the duration from its start; what does not fit is left', () => {
    expect(starts(offre(), jour('2027-01-04'), toujours)).toEqual([
      '2027-01-04T08:00',
      '2027-01-04T08:30',
      '2027-01-04T09:00',
    ])
    expect(starts(offre({ duree: 40 }), jour('2027-01-04'), toujours)).toEqual([
      '2027-01-04T08:00',
      '2027-01-04T08:40',
    ])
  })

  test('what is taken is left out, by as little as a minute, and the grid stays', () => {
    const with9h29 = offre({ occupations: new Map([['a', [prise('09:29', '09:31')]]]) })
    expect(starts(with9h29, jour('2027-01-04'), toujours)).toEqual(['2027-01-04T09:00'])
    const touching = offre({
      occupations: new Map([['a', [prise('08:00', '09:00'), prise('09:30', '10:00')]]]),
    })
    expect(starts(touching, jour('2027-01-04'), toujours)).toEqual(['2027-01-04T08:00', '2027-01-04T09:00'])
  })

  test('an absence of weeks behind a short one still counts', () => {
    const long: Occupation = {
      debut: 0,
      fin: instantDeParis('2027-01-04', '09:45'),
      presents: null,
    }
    expect(
      starts(
        offre({ occupations: new Map([['a', [prise('08:00', '08:10'), long]]]) }),
        jour('2027-01-04'),
        toujours,
      ),
    ).toEqual(['2027-01-04T09:00'])
  })

  test('a collective slot has room until it is full, and for its own start only', () => {
    const collectif = offre({
      capacite: 3,
      occupations: new Map([['a', [prise('09:00', '09:30', 2), prise('09:30', '10:00', 3)]]]),
    })
    expect(creneauxLibres(collectif, jour('2027-01-04'), toujours).map(({ libres }) => libres)).toEqual([
      1, 3,
    ])
    const shifted = offre({ capacite: 3, occupations: new Map([['a', [prise('09:15', '09:45', 1)]]]) })
    expect(starts(shifted, jour('2027-01-04'), toujours)).toEqual(['2027-01-04T09:00'])
  })

  test('two openings of one agent that overlap give each slot once; those of two agents add up', () => {
    const twice = offre({ plages: [plage, plage] })
    expect(creneauxLibres(twice, jour('2027-01-04'), toujours)).toHaveLength(3)
    const two = offre({ plages: [plage, { ...plage, agentId: 'b' }] })
    expect(regrouper(creneauxLibres(two, jour('2027-01-04'), toujours)).map(({ libres }) => libres)).toEqual([
      2, 2, 2,
    ])
  })

  test('only starts within the window', () => {
    const de = instantDeParis('2027-01-04', '09:01')
    const a = instantDeParis('2027-01-04', '10:00')
    expect(starts(offre(), jour('2027-01-04'), { de, a })).toEqual(['2027-01-04T08:30'])
  })

  test('whatever is taken, a slot is free exactly when nothing overlaps it, or it has room', () => {
    const minute = fc.integer({ min: 8 * 60, max: 11 * 60 })
    const taken = fc.record({
      debut: minute,
      duree: fc.integer({ min: 1, max: 60 }),
      presents: fc.constantFrom(null, 1, 2),
    })
    fc.assert(
      fc.property(fc.array(taken, { maxLength: 6 }), fc.integer({ min: 5, max: 45 }), (all, duree) => {
        const at = (n: number) => instantDeParis('2027-01-04', '00:00') + n * 60_000
        // Of one motif the database lets only equal starts overlap.
        const occupations = all
          .map(({ debut, duree: length, presents }) => ({
            debut: at(debut),
            fin: at(debut + length),
            presents,
          }))
          .filter((one, n, list) =>
            list
              .slice(0, n)
              .every(
                (other) =>
                  one.presents === null ||
                  other.presents === null ||
                  other.fin <= one.debut ||
                  one.fin <= other.debut,
              ),
          )
        const found = creneauxLibres(
          offre({ duree, capacite: 2, occupations: new Map([['a', occupations]]) }),
          jour('2027-01-04'),
          toujours,
        )
        const expected: [number, number][] = []
        for (let debut = at(9 * 60); debut + duree * 60_000 <= at(10 * 60 + 30); debut += duree * 60_000) {
          const overlap = occupations.filter((one) => one.debut < debut + duree * 60_000 && one.fin > debut)
          const same = overlap.filter((one) => one.presents !== null && one.debut === debut)
          const libres = 2 - same.reduce((sum, { presents }) => sum + presents!, 0)
          if (overlap.length === same.length && libres > 0) expected.push([debut, libres])
        }
        expect(found.map(({ debut, libres }) => [debut, libres])).toEqual(expected)
      }),
    )
  })

  const nuit = { ...plage, debut: '01:00', fin: '04:00', recurrence: 'FREQ=DAILY' }
  test('the night of the change to summer has an hour less', () => {
    expect(starts(offre({ plages: [nuit], duree: 60 }), jour('2027-03-28'), toujours)).toEqual([
      '2027-03-28T00:00',
      '2027-03-28T01:00',
    ])
  })

  test('the night of the change to winter has an hour more', () => {
    expect(starts(offre({ plages: [nuit], duree: 60 }), jour('2027-10-31'), toujours)).toEqual([
      '2027-10-30T23:00',
      '2027-10-31T00:00',
      '2027-10-31T01:00',
      '2027-10-31T02:00',
    ])
  })

  test('until midnight: the last slot ends with the day, also that of the year', () => {
    const soir = { ...plage, debut: '23:00', fin: '24:00', recurrence: 'FREQ=DAILY' }
    const last = creneauxLibres(offre({ plages: [soir] }), jour('2027-12-31'), toujours).at(-1)!
    expect(new Date(last.fin).toISOString()).toBe('2027-12-31T23:00:00.000Z')
    expect(
      starts(offre({ plages: [{ ...soir, premierJour: '2028-02-01' }] }), jour('2028-02-29'), toujours),
    ).toHaveLength(2)
  })

  test('public holidays are closed', () => {
    const daily = offre({ plages: [{ ...plage, recurrence: 'FREQ=DAILY' }] })
    expect(starts(daily, jour('2027-03-29'), toujours)).toEqual([]) // Easter Monday
    expect(starts(daily, jour('2027-03-30'), toujours)).toHaveLength(3)
  })
})

describe('recurrences', () => {
  const days = (recurrence: string | null, du: string, au: string, premierJour = '2027-01-04') =>
    joursDe({ premierJour, recurrence }, du, au)

  test.each([
    [
      'every second week keeps its weeks',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE',
      '2027-01-01',
      '2027-01-31',
      '04 06 18 20',
    ],
    ['until a day, included', 'FREQ=DAILY;UNTIL=20270106', '2027-01-01', '2027-01-31', '04 05 06'],
    ['so many times', 'FREQ=DAILY;COUNT=2', '2027-01-01', '2027-01-31', '04 05'],
    [
      'the first Monday and the last Friday',
      'FREQ=MONTHLY;BYDAY=1MO,-1FR',
      '2027-01-01',
      '2027-01-31',
      '04 29',
    ],
    ['once', null, '2027-01-01', '2027-01-31', '04'],
    ['never before its first day', 'FREQ=DAILY', '2026-12-01', '2027-01-04', '04'],
  ])('%s', (_, rule, du, au, expected) => {
    expect(
      days(rule, du, au)
        .map((day) => day.slice(8))
        .join(' '),
    ).toBe(expected)
  })

  test('the 29 February comes every four years, the 31st in seven months', () => {
    expect(days('FREQ=YEARLY', '2028-01-01', '2033-12-31', '2028-02-29')).toEqual([
      '2028-02-29',
      '2032-02-29',
    ])
    expect(days('FREQ=MONTHLY;BYMONTHDAY=31', '2027-01-01', '2027-12-31')).toHaveLength(7)
  })

  test.each([
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=MONTHLY;BYDAY=9MO',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=DAILY;UNTIL=20260101',
  ])('%s is refused, at once', (recurrence) => {
    expect(estRepetition({ premierJour: '2027-01-04', recurrence })).toBe(false)
  })
})

describe('public holidays', () => {
  test.each([
    [2026, '2026-04-05'],
    [2027, '2027-03-28'],
    [2028, '2028-04-16'],
    [2035, '2035-03-25'],
    [2038, '2038-04-25'],
    [1961, '1961-04-02'],
  ])('Easter of %s', (annee, expected) => {
    expect(paques(annee)).toBe(expected)
  })

  test('of 2027: eleven days', () => {
    const all = joursDe({ premierJour: '2027-01-01', recurrence: 'FREQ=DAILY' }, '2027-01-01', '2027-12-31')
    expect(all.filter(estFerie)).toEqual([
      '2027-01-01',
      '2027-03-29',
      '2027-05-01',
      '2027-05-06',
      '2027-05-08',
      '2027-05-17',
      '2027-07-14',
      '2027-08-15',
      '2027-11-01',
      '2027-11-11',
      '2027-12-25',
    ])
  })
})
