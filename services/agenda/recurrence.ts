import { RRuleTemporal } from 'rrule-temporal'
import { ajouterJours } from '../../infra/calendrier.ts'

export interface Repetition {
  readonly premierJour: string
  /** RRULE (RFC 5545) on whole days; null: the first day only. */
  readonly recurrence: string | null
}

/** Openings of many agents follow the same few rules, and people look at the same months. */
const dejaLus = new Map<string, readonly string[]>()

/**
 * The days of this repetition from `du` to `au`, both included, in order. Days are counted on the calendar, without
 * hours, so that no change of season moves them.
 * @throws RangeError when the rule means nothing, or so little that looking for its days would not end
 */
export function joursDe({ premierJour, recurrence }: Repetition, du: string, au: string): readonly string[] {
  if (recurrence === null) return premierJour >= du && premierJour <= au ? [premierJour] : []
  const cle = `${premierJour} ${recurrence} ${du} ${au}`
  const connus = dejaLus.get(cle)
  if (connus) return connus
  const jours = lire(premierJour, recurrence, du, au)
  if (dejaLus.size > 1_000) dejaLus.clear()
  dejaLus.set(cle, jours)
  return jours
}

/**
 * Is it a rule that can be followed, with a day in the four years from its first?
 * Four years hold every day that a calendar has but for the leap days around 2100.
 */
export function estRepetition(repetition: Repetition): boolean {
  try {
    return (
      joursDe(repetition, repetition.premierJour, ajouterJours(repetition.premierJour, 4 * 366)).length > 0
    )
  } catch {
    return false
  }
}

function lire(premierJour: string, recurrence: string, du: string, au: string): readonly string[] {
  try {
    const regle = new RRuleTemporal({
      rruleString: `DTSTART;TZID=UTC:${premierJour.replaceAll('-', '')}T000000\nRRULE:${recurrence}`,
      maxIterations: 5_000,
    })
    const debut = new Date(`${du}T00:00:00Z`)
    const fin = new Date(`${au}T00:00:00Z`)
    return regle.between(debut, fin, true).map((jour) => jour.toPlainDate().toString())
  } catch (cause) {
    throw new RangeError('a recurrence that cannot be followed', { cause })
  }
}
