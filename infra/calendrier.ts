/**
 * The civil calendar of Europe/Paris: days written `AAAA-MM-JJ`, counted on the calendar, never in hours, so that a
 * change of season moves nothing. Days so written sort as text.
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

/**
 * Easter Sunday of the Gregorian calendar (the rule of Meeus, Jones and Butcher).
 * @param annee 1583 to 9999
 */
export function paques(annee: number): string {
  const a = annee % 19
  const b = Math.floor(annee / 100)
  const c = annee % 100
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return ecrireJour(Date.UTC(annee, Math.floor(n / 31) - 1, (n % 31) + 1))
}

const feteFixe = ['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25']
/** Days after Easter: its Monday, Ascension, Whit Monday. */
const feteMobile = [1, 39, 50]

const feries = new Map<number, ReadonlySet<string>>()

/** The public holidays of a year (code du travail, L3133-1); not the two more of Alsace and Moselle. */
export function joursFeries(annee: number): ReadonlySet<string> {
  const connus = feries.get(annee)
  if (connus) return connus
  const dimanche = paques(annee)
  const jours = new Set([
    ...feteFixe.map((jour) => `${String(annee).padStart(4, '0')}-${jour}`),
    ...feteMobile.map((n) => ajouterJours(dimanche, n)),
  ])
  feries.set(annee, jours)
  return jours
}

export function estFerie(jour: string): boolean {
  return joursFeries(Number(jour.slice(0, 4))).has(jour)
}

/** Monday to Friday, and no public holiday. */
export function estOuvre(jour: string): boolean {
  const jourDeSemaine = new Date(lireJour(jour)).getUTCDay()
  return jourDeSemaine !== 0 && jourDeSemaine !== 6 && !estFerie(jour)
}

/**
 * The `n`-th working day after this one, which does not count itself.
 * @param n 1 or more
 * @throws RangeError when `jour` is not a day of the calendar
 */
export function ajouterJoursOuvres(jour: string, n: number): string {
  let courant = jour
  for (let restants = n; restants > 0; ) {
    courant = ajouterJours(courant, 1)
    if (estOuvre(courant)) restants--
  }
  return courant
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
