import { ajouterJours } from './paris.ts'

/** Public holidays of metropolitan France (Code du travail, L3133-1): eight fixed days, three that follow Easter. */
const fixes = ['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25']

const parAnnee = new Map<number, ReadonlySet<string>>()

export function estFerie(jour: string): boolean {
  const annee = Number(jour.slice(0, 4))
  let feries = parAnnee.get(annee)
  if (!feries) {
    const paques = dimancheDePaques(annee)
    // Easter Monday, Ascension, Whit Monday.
    feries = new Set([
      ...fixes.map((jourFixe) => `${jour.slice(0, 4)}-${jourFixe}`),
      ...[1, 39, 50].map((apres) => ajouterJours(paques, apres)),
    ])
    parAnnee.set(annee, feries)
  }
  return feries.has(jour)
}

/** Gregorian Easter Sunday, by the rule of Meeus, Jones and Butcher. */
export function dimancheDePaques(annee: number): string {
  const a = annee % 19
  const b = Math.floor(annee / 100)
  const c = annee % 100
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114
  return `${String(annee).padStart(4, '0')}-${String(Math.floor(f / 31)).padStart(2, '0')}-${String((f % 31) + 1).padStart(2, '0')}`
}
