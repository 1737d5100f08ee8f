import fc from 'fast-check'
import type { MotifCorrection, RegleHorloge } from '../../contracts/demarches.ts'
import {
  ajouterJours,
  ajouterMois,
  debutDuJour,
  echeance,
  jourDeParis,
  joursEntre,
  rappels,
} from '../../services/demarches/horloge.ts'

/**
 * Computed by hand on a calendar from the rule of the law, not by any program:
 * [what it shows, period, mode, deposit (a day, or an instant in UTC), corrections [motif, asked, resolved],
 *  today, decision day, suspended].
 */
type Cas = readonly [
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

const cas: readonly Cas[] = [
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
  [
    'thirty days across the spring change',
    { jours: 30 },
    'continue',
    '2026-03-27',
    [],
    plusTard,
    '2026-04-27',
  ],
  ['ten days across the autumn change', { jours: 10 }, 'continue', '2026-10-20', [], plusTard, '2026-10-31'],

  ['00:30 in Paris, spring change day', m2, 'continue', '2026-03-28T23:30:00Z', [], plusTard, '2026-05-30'],
  ['03:30 in Paris, spring change day', m2, 'continue', '2026-03-29T01:30:00Z', [], plusTard, '2026-05-30'],
  ['00:30 in Paris, autumn change day', m2, 'continue', '2026-10-24T22:30:00Z', [], plusTard, '2026-12-26'],
  ['23:30 in Paris, autumn change day', m2, 'continue', '2026-10-25T22:30:00Z', [], plusTard, '2026-12-26'],
  ['00:30 in Paris on 1 January', m2, 'continue', '2025-12-31T23:30:00Z', [], plusTard, '2026-03-02'],
  ['last second of 14 July in Paris', m2, 'continue', '2026-07-14T21:59:59Z', [], plusTard, '2026-09-15'],
  ['first second of 15 July in Paris', m2, 'continue', '2026-07-14T22:00:00Z', [], plusTard, '2026-09-16'],

  [
    'six days of correction',
    m2,
    'continue',
    '2026-03-10',
    [['incorrect', '2026-03-20', '2026-03-25']],
    plusTard,
    '2026-05-17',
  ],
  [
    'answered the same day: one day',
    m2,
    'continue',
    '2026-03-10',
    [['incorrect', '2026-03-20', '2026-03-20']],
    plusTard,
    '2026-05-12',
  ],
  [
    'an outdated paper suspends',
    m2,
    'continue',
    '2026-03-10',
    [['perime', '2026-03-20', '2026-03-25']],
    plusTard,
    '2026-05-17',
  ],
  [
    'consecutive: 6 + 3',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incorrect', '2026-03-20', '2026-03-25'],
      ['perime', '2026-04-01', '2026-04-03'],
    ],
    plusTard,
    '2026-05-20',
  ],
  [
    'overlapping: 11 + 9',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incorrect', '2026-03-20', '2026-03-30'],
      ['incorrect', '2026-03-25', '2026-04-02'],
    ],
    plusTard,
    '2026-05-31',
  ],
  [
    'asked and answered on the deposit day: nothing',
    m2,
    'continue',
    '2026-03-10',
    [['incorrect', '2026-03-10', '2026-03-10']],
    plusTard,
    '2026-05-11',
  ],
  [
    'asked on the deposit day, answered the next: two',
    m2,
    'continue',
    '2026-03-10',
    [['incorrect', '2026-03-10', '2026-03-11']],
    plusTard,
    '2026-05-13',
  ],
  [
    'the period first, the correction after',
    m2,
    'continue',
    '2026-06-29',
    [['incorrect', '2026-06-30', '2026-07-01']],
    plusTard,
    '2026-09-01',
  ],
  [
    'the same from 1 July',
    m2,
    'continue',
    '2026-06-30',
    [['incorrect', '2026-07-01', '2026-07-02']],
    plusTard,
    '2026-09-03',
  ],
  [
    'suspended over the spring change',
    m2,
    'continue',
    '2026-03-10',
    [['incorrect', '2026-03-28', '2026-03-30']],
    plusTard,
    '2026-05-14',
  ],
  [
    'suspended over the autumn change',
    m2,
    'continue',
    '2026-10-10',
    [['incorrect', '2026-10-24', '2026-10-26']],
    plusTard,
    '2026-12-14',
  ],
  [
    'suspended over the new year',
    m2,
    'continue',
    '2026-12-10',
    [['perime', '2026-12-28', '2027-01-04']],
    plusTard,
    '2027-02-19',
  ],
  [
    'suspended over 29 February',
    m2,
    'continue',
    '2024-02-10',
    [['incorrect', '2024-02-27', '2024-03-01']],
    plusTard,
    '2024-04-15',
  ],
  [
    'a period in days, suspended',
    { jours: 10 },
    'continue',
    '2026-04-01',
    [['incorrect', '2026-04-05', '2026-04-07']],
    plusTard,
    '2026-04-15',
  ],

  [
    'what was missing restarts',
    m2,
    'continue',
    '2026-03-10',
    [['incomplet', '2026-03-20', '2026-03-25']],
    plusTard,
    '2026-05-26',
  ],
  [
    'restart, then six days',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incomplet', '2026-03-12', '2026-03-15'],
      ['incorrect', '2026-03-20', '2026-03-25'],
    ],
    plusTard,
    '2026-05-22',
  ],
  [
    'what came before a restart is forgotten',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incorrect', '2026-03-12', '2026-03-15'],
      ['incomplet', '2026-03-20', '2026-03-25'],
    ],
    plusTard,
    '2026-05-26',
  ],
  [
    'asked before a restart, answered after: all its days',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incomplet', '2026-03-12', '2026-03-20'],
      ['incorrect', '2026-03-15', '2026-03-24'],
    ],
    plusTard,
    '2026-05-31',
  ],
  [
    'answered the day of the restart: nothing',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incomplet', '2026-03-12', '2026-03-20'],
      ['incorrect', '2026-03-18', '2026-03-20'],
    ],
    plusTard,
    '2026-05-21',
  ],
  [
    'the last of two restarts',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incomplet', '2026-03-12', '2026-03-15'],
      ['incomplet', '2026-03-20', '2026-03-25'],
    ],
    plusTard,
    '2026-05-26',
  ],
  [
    'the last one, whatever the order they are kept in',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incomplet', '2026-03-20', '2026-03-25'],
      ['incomplet', '2026-03-22', '2026-03-23'],
    ],
    plusTard,
    '2026-05-26',
  ],

  [
    'open since today',
    m2,
    'continue',
    '2026-03-10',
    [['incorrect', '2026-03-20', null]],
    '2026-03-20',
    '2026-05-12',
    true,
  ],
  [
    'open for eleven days',
    m2,
    'continue',
    '2026-03-10',
    [['incorrect', '2026-03-20', null]],
    '2026-03-30',
    '2026-05-22',
    true,
  ],
  [
    'open and missing: as if restarted today',
    m2,
    'continue',
    '2026-03-10',
    [['incomplet', '2026-03-20', null]],
    '2026-03-30',
    '2026-05-31',
    true,
  ],
  [
    'one answered, one open',
    m2,
    'continue',
    '2026-03-10',
    [
      ['incorrect', '2026-03-20', '2026-03-25'],
      ['perime', '2026-04-01', null],
    ],
    '2026-04-03',
    '2026-05-20',
    true,
  ],
  [
    'reset, open: as if restarted today',
    m2,
    'reset',
    '2026-03-10',
    [['incorrect', '2026-03-20', null]],
    '2026-04-02',
    '2026-06-03',
    true,
  ],

  [
    'reset: any correction restarts',
    m2,
    'reset',
    '2026-03-10',
    [['incorrect', '2026-03-20', '2026-03-25']],
    plusTard,
    '2026-05-26',
  ],
  [
    'reset: the last of two',
    m2,
    'reset',
    '2026-03-10',
    [
      ['perime', '2026-03-12', '2026-03-15'],
      ['incorrect', '2026-03-20', '2026-03-25'],
    ],
    plusTard,
    '2026-05-26',
  ],
  [
    'reset, overlapping: the last answered',
    m2,
    'reset',
    '2026-03-10',
    [
      ['incorrect', '2026-03-12', '2026-03-30'],
      ['incomplet', '2026-03-15', '2026-03-18'],
    ],
    plusTard,
    '2026-05-31',
  ],
  [
    'reset at the end of December',
    m2,
    'reset',
    '2025-12-01',
    [['incorrect', '2025-12-20', '2025-12-30']],
    plusTard,
    '2026-02-28',
  ],
  [
    'reset on the deposit day changes nothing',
    m2,
    'reset',
    '2026-03-10',
    [['incorrect', '2026-03-10', '2026-03-10']],
    plusTard,
    '2026-05-11',
  ],
]

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

describe('the table of cases catches a clock that', () => {
  /** A second clock, written another way, that can be made wrong in one point. */
  const defauts = {
    'forgets the day after the start': { sansLendemain: true },
    'counts months of thirty days': { moisDe30Jours: true },
    'lets months overflow into the next one': { moisQuiDebordent: true },
    'adds corrections before the period': { arretAvantDelai: true },
    'forgets the day of the answer': { arretSansPlusUn: true },
    'never restarts': { jamaisDeReprise: true },
    'restarts at any correction in both modes': { repriseDeTout: true },
    'restarts at missing papers only in both modes': { repriseDesIncomplets: true },
    'restarts at the first correction': { premiereReprise: true },
    'restarts at the last correction kept, not the last answered': { repriseDernierRang: true },
    'restarts on the day the correction was asked': { repriseALaDemande: true },
    'counts corrections answered before the start': { arretAvantDepart: true },
    'counts corrections answered on the start day': { arretLeJourDuDepart: true },
    'counts only corrections asked after the start': { arretDemandeApres: true },
    'merges overlapping corrections': { fusion: true },
    'counts only one correction': { unSeulArret: true },
    'forgets open corrections': { sansOuvertes: true },
    'never says that it is suspended': { jamaisSuspendue: true },
    'reads the day of deposit in UTC': { jourUtc: true },
  } as const satisfies Record<string, Defauts>

  interface Defauts {
    sansLendemain?: true
    moisDe30Jours?: true
    moisQuiDebordent?: true
    arretAvantDelai?: true
    arretSansPlusUn?: true
    jamaisDeReprise?: true
    repriseDeTout?: true
    repriseDesIncomplets?: true
    premiereReprise?: true
    repriseDernierRang?: true
    repriseALaDemande?: true
    arretAvantDepart?: true
    arretLeJourDuDepart?: true
    arretDemandeApres?: true
    fusion?: true
    unSeulArret?: true
    sansOuvertes?: true
    jamaisSuspendue?: true
    jourUtc?: true
  }

  test('(the second clock, with no defect, passes)', () => {
    expect(cas.filter((un) => !reussit(un, {}))).toEqual([])
  })

  test.each(Object.entries(defauts))('%s', (_nom, defaut) => {
    expect(cas.filter((un) => !reussit(un, defaut)).length).toBeGreaterThan(0)
  })

  function reussit(un: Cas, defaut: Defauts): boolean {
    const [, , , , , , echeanceLe, suspendue] = un
    const obtenu = secondeHorloge(un, defaut)
    return obtenu.echeanceLe === echeanceLe && obtenu.suspendue === (suspendue === true)
  }

  function secondeHorloge([, delai, mode, depot, corrections, aujourdhui]: Cas, d: Defauts) {
    const rang = (jour: string) => Date.parse(jour) / 86_400_000
    const jour = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10)
    const deposeLe = d.jourUtc
      ? instantDe(depot).toISOString().slice(0, 10)
      : instantDe(depot).toLocaleDateString('sv', { timeZone: 'Europe/Paris' })

    const arrets = corrections
      .filter(([, , resolue]) => !(d.sansOuvertes && resolue === null))
      .map(([motif, demandee, resolue]) => ({ motif, de: rang(demandee), a: rang(resolue ?? aujourdhui) }))
    const reprises = d.jamaisDeReprise
      ? []
      : arrets.filter(
          ({ motif }) =>
            d.repriseDeTout || (mode === 'reset' && !d.repriseDesIncomplets) || motif === 'incomplet',
        )
    const jours = reprises.map(({ de, a }) => (d.repriseALaDemande ? de : a))
    let depart = rang(deposeLe)
    if (d.premiereReprise) depart = jours[0] ?? depart
    else if (d.repriseDernierRang) depart = jours.at(-1) ?? depart
    else depart = Math.max(depart, ...jours)

    const comptes = arrets.filter(({ de, a }) => {
      if (d.arretAvantDepart) return true
      if (d.arretLeJourDuDepart) return a >= depart
      return a > depart && !(d.arretDemandeApres && de <= depart)
    })
    const duree = ({ de, a }: { de: number; a: number }) => a - de + (d.arretSansPlusUn ? 0 : 1)
    let total = 0
    if (d.unSeulArret) total = Math.max(0, ...comptes.map(duree))
    else if (d.fusion) {
      const suspendus = new Set(
        comptes.flatMap(({ de, a }) => Array.from({ length: a - de + 1 }, (_, n) => de + n)),
      )
      total = suspendus.size
    } else for (const compte of comptes) total += duree(compte)

    let fin = depart + (d.sansLendemain ? 0 : 1) + (d.arretAvantDelai ? total : 0)
    if ('jours' in delai) fin += delai.jours
    else if (d.moisDe30Jours) fin += 30 * delai.mois
    else {
      const date = new Date(fin * 86_400_000)
      const numero = date.getUTCDate()
      date.setUTCMonth(date.getUTCMonth() + delai.mois)
      if (!d.moisQuiDebordent && date.getUTCDate() !== numero) date.setUTCDate(0)
      fin = date.getTime() / 86_400_000
    }
    return {
      echeanceLe: jour(fin + (d.arretAvantDelai ? 0 : total)),
      suspendue: !d.jamaisSuspendue && corrections.some(([, , resolue]) => resolue === null),
    }
  }
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

function instantDe(depot: string): Date {
  return new Date(depot.length === 10 ? `${depot}T12:00:00Z` : depot)
}
