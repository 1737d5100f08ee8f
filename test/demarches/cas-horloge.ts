import type { MotifCorrection, RegleHorloge } from '../../contracts/demarches.ts'

/**
 * Computed by hand on a calendar from the rule of the law, not by any program:
 * [what it shows, period, mode, deposit (a day, or an instant in UTC), corrections [motif, asked, resolved],
 *  today, decision day, suspended].
 */
export type Cas = readonly [
  nom: string,
  delai: RegleHorloge['delai'],
  mode: RegleHorloge['corrections'],
  depot: string,
  corrections: readonly (readonly [MotifCorrection, string, string | null])[],
  aujourdhui: string,
  echeanceLe: string,
  suspendue?: true,
]
const m1 = { mois: 1 }
const m2 = { mois: 2 }
const m12 = { mois: 12 }
const plusTard = '2027-06-01'

// biome-ignore format: a table is read by its columns
export const cas: readonly Cas[] = [
  ['two months from the day after', m2, 'continue', '2026-03-10', [], plusTard, '2026-05-11'],
  ['the day after is in the next month', m2, 'continue', '2026-01-31', [], plusTard, '2026-04-01'],
  ['31 December + 2 months: 28 February', m2, 'continue', '2025-12-30', [], plusTard, '2026-02-28'],
  ['31 December + 2 months, leap year', m2, 'continue', '2023-12-30', [], plusTard, '2024-02-29'],
  ['30 December + 2 months, leap year', m2, 'continue', '2023-12-29', [], plusTard, '2024-02-29'],
  ['29 December + 2 months: 28 February', m2, 'continue', '2025-12-28', [], plusTard, '2026-02-28'],
  ['28 December + 2 months', m2, 'continue', '2025-12-27', [], plusTard, '2026-02-28'],
  ['deposit on 31 December', m2, 'continue', '2026-12-31', [], plusTard, '2027-03-01'],
  ['across the new year', m2, 'continue', '2026-11-15', [], plusTard, '2027-01-16'],
  ['31 January + 1 month', m1, 'continue', '2026-01-30', [], plusTard, '2026-02-28'],
  ['31 January + 1 month, leap year', m1, 'continue', '2024-01-30', [], plusTard, '2024-02-29'],
  ['31 May + 1 month: 30 June', m1, 'continue', '2026-05-30', [], plusTard, '2026-06-30'],
  ['29 February + 12 months', m12, 'continue', '2024-02-28', [], plusTard, '2025-02-28'],
  ['1 March + 12 months', m12, 'continue', '2023-02-28', [], plusTard, '2024-03-01'],
  ['five days across February', { jours: 5 }, 'continue', '2026-02-26', [], plusTard, '2026-03-04'],
  ['five days across 29 February', { jours: 5 }, 'continue', '2024-02-26', [], plusTard, '2024-03-03'],
  ['thirty days across the spring change', { jours: 30 }, 'continue', '2026-03-27', [], plusTard, '2026-04-27'],
  ['ten days across the autumn change', { jours: 10 }, 'continue', '2026-10-20', [], plusTard, '2026-10-31'],
  ['00:30 in Paris, spring change day', m2, 'continue', '2026-03-28T23:30:00Z', [], plusTard, '2026-05-30'],
  ['03:30 in Paris, spring change day', m2, 'continue', '2026-03-29T01:30:00Z', [], plusTard, '2026-05-30'],
  ['00:30 in Paris, autumn change day', m2, 'continue', '2026-10-24T22:30:00Z', [], plusTard, '2026-12-26'],
  ['23:30 in Paris, autumn change day', m2, 'continue', '2026-10-25T22:30:00Z', [], plusTard, '2026-12-26'],
  ['00:30 in Paris on 1 January', m2, 'continue', '2025-12-31T23:30:00Z', [], plusTard, '2026-03-02'],
  ['last second of 14 July in Paris', m2, 'continue', '2026-07-14T21:59:59Z', [], plusTard, '2026-09-15'],
  ['first second of 15 July in Paris', m2, 'continue', '2026-07-14T22:00:00Z', [], plusTard, '2026-09-16'],
  ['six days of correction', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-20', '2026-03-25']], plusTard, '2026-05-17'],
  ['answered the same day: one day', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-20', '2026-03-20']], plusTard, '2026-05-12'],
  ['an outdated paper suspends', m2, 'continue', '2026-03-10', [['perime', '2026-03-20', '2026-03-25']], plusTard, '2026-05-17'],
  ['consecutive: 6 + 3', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-20', '2026-03-25'], ['perime', '2026-04-01', '2026-04-03']], plusTard, '2026-05-20'],
  ['overlapping: 11 + 9', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-20', '2026-03-30'], ['incorrect', '2026-03-25', '2026-04-02']], plusTard, '2026-05-31'],
  ['asked and answered on the deposit day: nothing', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-10', '2026-03-10']], plusTard, '2026-05-11'],
  ['asked on the deposit day, answered the next: two', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-10', '2026-03-11']], plusTard, '2026-05-13'],
  ['the period first, the correction after', m2, 'continue', '2026-06-29', [['incorrect', '2026-06-30', '2026-07-01']], plusTard, '2026-09-01'],
  ['the same from 1 July', m2, 'continue', '2026-06-30', [['incorrect', '2026-07-01', '2026-07-02']], plusTard, '2026-09-03'],
  ['suspended over the spring change', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-28', '2026-03-30']], plusTard, '2026-05-14'],
  ['suspended over the autumn change', m2, 'continue', '2026-10-10', [['incorrect', '2026-10-24', '2026-10-26']], plusTard, '2026-12-14'],
  ['suspended over the new year', m2, 'continue', '2026-12-10', [['perime', '2026-12-28', '2027-01-04']], plusTard, '2027-02-19'],
  ['suspended over 29 February', m2, 'continue', '2024-02-10', [['incorrect', '2024-02-27', '2024-03-01']], plusTard, '2024-04-15'],
  ['a period in days, suspended', { jours: 10 }, 'continue', '2026-04-01', [['incorrect', '2026-04-05', '2026-04-07']], plusTard, '2026-04-15'],
  ['what was missing restarts', m2, 'continue', '2026-03-10', [['incomplet', '2026-03-20', '2026-03-25']], plusTard, '2026-05-26'],
  ['restart, then six days', m2, 'continue', '2026-03-10', [['incomplet', '2026-03-12', '2026-03-15'], ['incorrect', '2026-03-20', '2026-03-25']], plusTard, '2026-05-22'],
  ['what came before a restart is forgotten', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-12', '2026-03-15'], ['incomplet', '2026-03-20', '2026-03-25']], plusTard, '2026-05-26'],
  ['asked before a restart, answered after: all its days', m2, 'continue', '2026-03-10', [['incomplet', '2026-03-12', '2026-03-20'], ['incorrect', '2026-03-15', '2026-03-24']], plusTard, '2026-05-31'],
  ['answered the day of the restart: nothing', m2, 'continue', '2026-03-10', [['incomplet', '2026-03-12', '2026-03-20'], ['incorrect', '2026-03-18', '2026-03-20']], plusTard, '2026-05-21'],
  ['the last of two restarts', m2, 'continue', '2026-03-10', [['incomplet', '2026-03-12', '2026-03-15'], ['incomplet', '2026-03-20', '2026-03-25']], plusTard, '2026-05-26'],
  ['the last one, whatever the order they are kept in', m2, 'continue', '2026-03-10', [['incomplet', '2026-03-20', '2026-03-25'], ['incomplet', '2026-03-22', '2026-03-23']], plusTard, '2026-05-26'],
  ['open since today', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-20', null]], '2026-03-20', '2026-05-12', true],
  ['open for eleven days', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-20', null]], '2026-03-30', '2026-05-22', true],
  ['open and missing: as if restarted today', m2, 'continue', '2026-03-10', [['incomplet', '2026-03-20', null]], '2026-03-30', '2026-05-31', true],
  ['one answered, one open', m2, 'continue', '2026-03-10', [['incorrect', '2026-03-20', '2026-03-25'], ['perime', '2026-04-01', null]], '2026-04-03', '2026-05-20', true],
  ['reset, open: as if restarted today', m2, 'reset', '2026-03-10', [['incorrect', '2026-03-20', null]], '2026-04-02', '2026-06-03', true],
  ['reset: any correction restarts', m2, 'reset', '2026-03-10', [['incorrect', '2026-03-20', '2026-03-25']], plusTard, '2026-05-26'],
  ['reset: the last of two', m2, 'reset', '2026-03-10', [['perime', '2026-03-12', '2026-03-15'], ['incorrect', '2026-03-20', '2026-03-25']], plusTard, '2026-05-26'],
  ['reset, overlapping: the last answered', m2, 'reset', '2026-03-10', [['incorrect', '2026-03-12', '2026-03-30'], ['incomplet', '2026-03-15', '2026-03-18']], plusTard, '2026-05-31'],
  ['reset at the end of December', m2, 'reset', '2025-12-01', [['incorrect', '2025-12-20', '2025-12-30']], plusTard, '2026-02-28'],
  ['reset on the deposit day changes nothing', m2, 'reset', '2026-03-10', [['incorrect', '2026-03-10', '2026-03-10']], plusTard, '2026-05-11'],
]

/** Noon when only a day is given. */
export function instantDe(depot: string): Date {
  return new Date(depot.length === 10 ? `${depot}T12:00:00Z` : depot)
}
