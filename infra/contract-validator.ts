import { z } from 'zod'
import type { Action } from '../contracts/define.ts'
import { type FieldError, Refusal } from '../contracts/errors.ts'

z.config(z.locales.fr())

/** Parses params by the action's contract; a breach is a refusal with one JSON Pointer per field, in French. */
export function validateParams<A extends Action>(action: A, params: unknown): z.output<A['params']> {
  const parsed = action.params.safeParse(params, { reportInput: true })
  if (parsed.success) return parsed.data as z.output<A['params']>
  throw new Refusal('donnees-invalides', undefined, {
    erreurs: parsed.error.issues.flatMap(toFieldErrors).slice(0, 50),
  })
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointeur: toPointer([...issue.path, key]), message: 'Champ inconnu.' }))
  const missing = issue.input === undefined
  return [{ pointeur: toPointer(issue.path), message: missing ? 'Ce champ est requis.' : issue.message }]
}

/** RFC 6901. */
function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
