import { type FieldError, Refusal } from '../contracts/errors.ts'

/** Far deeper than any body that makes sense, far from what would exhaust the stack. */
const maxDepth = 32
const maxErrors = 50

/**
 * Refuses what arrived as valid JSON but cannot be kept: PostgreSQL stores neither U+0000 nor half a surrogate
 * pair, and whoever walks a value nested without end runs out of stack.
 * @param given a parsed body or query
 * @throws Refusal `donnees-invalides` with a JSON Pointer to each place
 */
export function refuseUnstorable(given: unknown): void {
  const erreurs: FieldError[] = []
  const visit = (value: unknown, pointeur: string, depth: number): void => {
    if (erreurs.length >= maxErrors) return
    if (typeof value === 'string') {
      if (!isStorable(value)) erreurs.push({ pointeur, message: 'Ce texte contient un caractère interdit.' })
      return
    }
    if (typeof value !== 'object' || value === null) return
    if (depth === maxDepth) {
      erreurs.push({ pointeur, message: 'Ces données sont trop imbriquées.' })
      return
    }
    for (const [key, child] of Object.entries(value)) {
      if (isStorable(key))
        visit(child, `${pointeur}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1)
      else erreurs.push({ pointeur, message: 'Le nom d’un champ contient un caractère interdit.' })
    }
  }
  visit(given, '', 0)
  if (erreurs.length > 0) throw new Refusal('donnees-invalides', undefined, { erreurs })
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
