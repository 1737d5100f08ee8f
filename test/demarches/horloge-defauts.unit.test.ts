import { type Cas, cas, instantDe } from './cas-horloge.ts'

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
