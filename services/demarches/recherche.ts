import { normaliserReference } from '../../infra/reference.ts'

/** The words of a form that an agent may search: text values, without accents or case. */
export function texteCherchable(formulaire: Record<string, unknown>): string {
  const mots: string[] = []
  const visiter = (valeur: unknown) => {
    if (typeof valeur === 'string') mots.push(valeur)
    else if (Array.isArray(valeur)) valeur.forEach(visiter)
    else if (typeof valeur === 'object' && valeur !== null) Object.values(valeur).forEach(visiter)
  }
  visiter(formulaire)
  // Word by word: PostgreSQL's parser takes quadratic time over a long run of other characters.
  const trouves = sansAccents(mots.join(' ')).match(/[\p{L}\p{N}]+/gu) ?? []
  return trouves
    .map((mot) => mot.slice(0, 50))
    .join(' ')
    .slice(0, 20_000)
}

/** What an agent typed: a whole reference, or words that must all occur, each as a beginning. */
export function lireRecherche(saisie: string): { reference: string } | { mots: string } | null {
  const reference = normaliserReference(saisie)
  if (reference) return { reference }
  const mots = sansAccents(saisie).match(/[\p{L}\p{N}]+/gu) ?? []
  return mots.length > 0
    ? {
        mots: mots
          .slice(0, 10)
          .map((mot) => `${mot}:*`)
          .join(' & '),
      }
    : null
}

function sansAccents(texte: string): string {
  return texte.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}
