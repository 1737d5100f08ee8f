import type { Correction, RegleHorloge } from '../../contracts/demarches.ts'
import { ajouterJours, ajouterMois, joursEntre } from '../../infra/calendrier.ts'

/**
 * The legal clock, on civil days of Europe/Paris written `AAAA-MM-JJ`. Days are counted on the calendar,
 * never in hours, so that a change of season moves nothing. Days so written sort as text.
 */

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
