import type { Correction, RegleHorloge } from '../../contracts/demarches.ts'

/**
 * The legal clock, on civil days of Europe/Paris written `AAAA-MM-JJ`. Days are counted on the calendar,
 * never in hours, so that a change of season moves nothing. Days so written sort as text.
 */

const jourCivil = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Europe/Paris',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})

const uneHeure = 3_600_000
const unJour = 24 * uneHeure

/** The civil day it is in Paris at this instant. */
export function jourDeParis(instant: Date): string {
  return jourCivil.format(instant)
}

/**
 * The instant at which this day begins in Paris: 23:00 UTC of the day before in winter, 22:00 UTC in summer.
 * Both changes of season happen after midnight, so each day begins exactly once.
 * @throws RangeError when `jour` is not a day of the calendar
 */
export function debutDuJour(jour: string): Date {
  const minuitUtc = lireJour(jour)
  const enEte = new Date(minuitUtc - 2 * uneHeure)
  return jourDeParis(enEte) === jour ? enEte : new Date(minuitUtc - uneHeure)
}

/**
 * The day `n` days later, earlier when `n` is negative.
 * @throws RangeError when `jour` is not a day of the calendar
 */
export function ajouterJours(jour: string, n: number): string {
  return ecrireJour(lireJour(jour) + n * unJour)
}

/**
 * The same day-number `n` months later, or the last day of that month when it has no such day (article 641
 * of the code de procédure civile): 31 December + 2 months is 28 or 29 February.
 * @throws RangeError when `jour` is not a day of the calendar
 */
export function ajouterMois(jour: string, n: number): string {
  const depart = new Date(lireJour(jour))
  const annee = depart.getUTCFullYear()
  const mois = depart.getUTCMonth() + n
  const dernierDuMois = new Date(Date.UTC(annee, mois + 1, 0)).getUTCDate()
  return ecrireJour(Date.UTC(annee, mois, Math.min(depart.getUTCDate(), dernierDuMois)))
}

/** Whole days from `de` to `a`; negative when `a` comes first. */
export function joursEntre(de: string, a: string): number {
  return (lireJour(a) - lireJour(de)) / unJour
}

export interface EntreeHorloge {
  readonly regle: RegleHorloge
  /** Day of the deposit in Paris. */
  readonly deposeLe: string
  readonly corrections: readonly Pick<Correction, 'motif' | 'demandeeLe' | 'resolueLe'>[]
  readonly aujourdhui: string
}

/**
 * The day on which silence decides: start + 1 day + period + (resolved + 1 - asked) days for each correction
 * resolved after the start (CRPA L231-1, L231-4, L114-5). The start is the day of deposit, or the last
 * resolution that restarts the clock: of any correction when the rule is `reset`, of an `incomplet` one when
 * it is `continue`.
 *
 * While a correction is open the clock is suspended and the day given is the one there would be if it were
 * resolved today; it moves on every day.
 */
export function echeance({ regle, deposeLe, corrections, aujourdhui }: EntreeHorloge): {
  echeanceLe: string
  suspendue: boolean
} {
  const resolues = corrections.map((c) => ({ ...c, resolueLe: c.resolueLe ?? aujourdhui }))
  const depart = resolues
    .filter((c) => regle.corrections === 'reset' || c.motif === 'incomplet')
    .reduce((dernier, c) => (c.resolueLe > dernier ? c.resolueLe : dernier), deposeLe)
  const arret = resolues
    .filter((c) => c.resolueLe > depart)
    .reduce((jours, c) => jours + joursEntre(c.demandeeLe, c.resolueLe) + 1, 0)

  const premierJour = ajouterJours(depart, 1)
  const sansArret =
    'mois' in regle.delai
      ? ajouterMois(premierJour, regle.delai.mois)
      : ajouterJours(premierJour, regle.delai.jours)
  return {
    echeanceLe: ajouterJours(sansArret, arret),
    suspendue: corrections.some((c) => c.resolueLe === null),
  }
}

/** Days before the legal day at which agents are reminded, the farthest first. */
export const joursDeRappel = [14, 3] as const

/** The reminders still to come for this legal day: today's included, those of past days left out. */
export function rappels(echeanceLe: string, aujourdhui: string): { jour: string; joursRestants: number }[] {
  return joursDeRappel
    .map((joursRestants) => ({ jour: ajouterJours(echeanceLe, -joursRestants), joursRestants }))
    .filter(({ jour }) => jour >= aujourdhui)
}

function lireJour(jour: string): number {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(jour) ? Date.parse(`${jour}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(instant) || ecrireJour(instant) !== jour)
    throw new RangeError(`not a calendar day: ${jour}`)
  return instant
}

function ecrireJour(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}
