import fc from 'fast-check'
import { ajouterJours, ajouterMois, debutDuJour, jourDeParis, joursEntre } from '../../infra/calendrier.ts'
import { echeance, rappels } from '../../services/demarches/horloge.ts'
import { cas, instantDe } from './cas-horloge.ts'

test.each(cas.map((un) => [un[0], un] as const))('legal clock: %s', (_nom, un) => {
  const [, delai, mode, depot, corrections, aujourdhui, echeanceLe, suspendue] = un
  expect(
    echeance({
      regle: { silence: 'rejet', delai, corrections: mode },
      deposeLe: jourDeParis(instantDe(depot)),
      corrections: corrections.map(([motif, demandeeLe, resolueLe]) => ({ motif, demandeeLe, resolueLe })),
      aujourdhui,
    }),
  ).toEqual({ echeanceLe, suspendue: suspendue === true })
})

test.each([
  ['2026-01-15', '2026-01-14T23:00:00.000Z'],
  ['2026-07-15', '2026-07-14T22:00:00.000Z'],
  ['2026-03-29', '2026-03-28T23:00:00.000Z'],
  ['2026-03-30', '2026-03-29T22:00:00.000Z'],
  ['2026-10-25', '2026-10-24T22:00:00.000Z'],
  ['2026-10-26', '2026-10-25T23:00:00.000Z'],
])('%s begins in Paris at %s', (jour, instant) => {
  expect(debutDuJour(jour).toISOString()).toBe(instant)
})

test('every day from 2020 to 2040 begins at its first instant in Paris', () => {
  for (let jour = '2020-01-01'; jour < '2041-01-01'; jour = ajouterJours(jour, 1)) {
    const debut = debutDuJour(jour)
    expect(jourDeParis(debut)).toBe(jour)
    expect(jourDeParis(new Date(debut.getTime() - 1))).toBe(ajouterJours(jour, -1))
  }
})

test('days that are added are the days between', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: -3000, max: 3000 }), (debut, n) => {
      const jour = ajouterJours('1990-01-01', debut)
      expect(joursEntre(jour, ajouterJours(jour, n))).toBe(n)
    }),
  )
})

test('a month later has the same day-number, or is the last day of its month', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 24 }), (debut, n) => {
      const jour = ajouterJours('1990-01-01', debut)
      const plusTard = ajouterMois(jour, n)
      const moisEcoules =
        (Number(plusTard.slice(0, 4)) - Number(jour.slice(0, 4))) * 12 +
        Number(plusTard.slice(5, 7)) -
        Number(jour.slice(5, 7))
      expect(moisEcoules).toBe(n)
      if (plusTard.slice(8) !== jour.slice(8)) expect(ajouterJours(plusTard, 1).slice(8)).toBe('01')
    }),
  )
})

test.each(['2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00:00Z', ''])(
  '%p is not a day and is refused',
  (texte) => {
    expect(() => ajouterJours(texte, 1)).toThrow(RangeError)
    expect(() => ajouterMois(texte, 1)).toThrow(RangeError)
    expect(() => debutDuJour(texte)).toThrow(RangeError)
  },
)

describe('reminders', () => {
  test('come 14 and 3 days before', () => {
    expect(rappels('2026-05-11', '2026-03-11')).toEqual([
      { jour: '2026-04-27', joursRestants: 14 },
      { jour: '2026-05-08', joursRestants: 3 },
    ])
  })

  test('of today are kept, of past days dropped', () => {
    expect(rappels('2026-05-11', '2026-04-27')).toHaveLength(2)
    expect(rappels('2026-05-11', '2026-04-28')).toEqual([{ jour: '2026-05-08', joursRestants: 3 }])
    expect(rappels('2026-05-11', '2026-05-09')).toEqual([])
  })
})
