/**
 * iCalendar (RFC 5545), as much as appointments and public events need. Times are written in UTC, which every program
 * shows in its own zone: no VTIMEZONE that could be wrong.
 */

export interface EvenementIcs {
  /** Stable: the same event again replaces the one that was there. */
  readonly uid: string
  /** Grows with each change (RFC 5545, 3.8.7.4). */
  readonly sequence: number
  readonly debut: Date
  readonly fin: Date
  readonly modifieLe: Date
  readonly titre: string
  readonly lieu?: string | null
  readonly description?: string | null
  readonly annule?: boolean
}

/** A whole calendar, lines ended by CRLF. */
export function calendrier(nom: string, evenements: readonly EvenementIcs[]): string {
  const lignes = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Ville de Malakoff//Guichet//FR',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${echapper(nom)}`,
    ...evenements.flatMap(vevent),
    'END:VCALENDAR',
  ]
  return lignes.map((ligne) => `${plier(ligne)}\r\n`).join('')
}

function vevent(un: EvenementIcs): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${un.uid}`,
    `SEQUENCE:${un.sequence}`,
    `DTSTAMP:${instant(un.modifieLe)}`,
    `DTSTART:${instant(un.debut)}`,
    `DTEND:${instant(un.fin)}`,
    `SUMMARY:${echapper(un.titre)}`,
    ...(un.lieu ? [`LOCATION:${echapper(un.lieu)}`] : []),
    ...(un.description ? [`DESCRIPTION:${echapper(un.description)}`] : []),
    `STATUS:${un.annule ? 'CANCELLED' : 'CONFIRMED'}`,
    'END:VEVENT',
  ]
}

/** `20270105T083000Z` (RFC 5545, 3.3.5, form 2). */
function instant(le: Date): string {
  return `${le.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** TEXT (RFC 5545, 3.3.11): backslash, semicolon, comma and line breaks are escaped; other control characters go. */
function echapper(texte: string): string {
  return texte
    .replaceAll(/[\\;,]/g, String.raw`\$&`)
    .replaceAll(/\r\n|\r|\n/g, String.raw`\n`)
    .replaceAll(/\p{Cc}/gu, '')
}

/** Lines of at most 75 octets, never cut within a character (RFC 5545, 3.1). */
function plier(ligne: string): string {
  const lignes: string[] = []
  let courante = ''
  let octets = 0
  for (const caractere of ligne) {
    const taille = Buffer.byteLength(caractere)
    // The space that begins a line that goes on counts, too.
    if (octets + taille > (lignes.length === 0 ? 75 : 74)) {
      lignes.push(courante)
      courante = ''
      octets = 0
    }
    courante += caractere
    octets += taille
  }
  return [...lignes, courante].join('\r\n ')
}
