/** The instants of civil days (`AAAA-MM-JJ`) and hours (`HH:MM`) of Europe/Paris. */

const horloge = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Europe/Paris',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

const uneMinute = 60_000
export const uneHeure = 60 * uneMinute

/** What clocks in Paris are ahead of UTC at this instant, in milliseconds. */
function avance(instant: number): number {
  const part = Object.fromEntries(
    horloge.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  )
  const lu = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second)
  return lu - Math.floor(instant / 1000) * 1000
}

/** The two offsets of a day, at its first and its last hour: they differ on two days a year. */
const avances = new Map<string, readonly [number, number]>()

function avancesDuJour(jour: string): readonly [number, number] {
  const connues = avances.get(jour)
  if (connues) return connues
  const minuitUtc = Date.parse(`${jour}T00:00:00Z`)
  const lues = [avance(minuitUtc - 2 * uneHeure), avance(minuitUtc + 22 * uneHeure)] as const
  if (avances.size > 5_000) avances.clear()
  avances.set(jour, lues)
  return lues
}

/**
 * The instant at which clocks in Paris show this hour of this day, `24:00` being the next midnight. An hour that
 * comes twice (last Sunday of October) is the first of the two; one that never comes (last Sunday of March) is read
 * by the clock before the change, so 02:30 is 03:30 in summer time (RFC 5545, 3.3.5).
 */
export function instantDeParis(jour: string, heure: string): number {
  const civil = Date.parse(`${jour}T00:00:00Z`) + minutesDe(heure) * uneMinute
  const [matin, soir] = avancesDuJour(jour)
  if (matin === soir) return civil - matin
  // Both changes are at 01:00 UTC.
  const changement = Date.parse(`${jour}T01:00:00Z`)
  const avant = civil - matin
  if (avant < changement) return avant
  return Math.max(civil - soir, changement) === civil - soir ? civil - soir : avant
}

/** Minutes since midnight. */
export function minutesDe(heure: string): number {
  return Number(heure.slice(0, 2)) * 60 + Number(heure.slice(3, 5))
}
