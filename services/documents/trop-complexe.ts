import { Refusal } from '../../contracts/errors.ts'

/** Of a file that takes more time or more memory than any paper needs. */
export function tropComplexe(): Refusal {
  return new Refusal('fichier-refuse', 'Le fichier est trop complexe: sa vérification n’a pas abouti.')
}
