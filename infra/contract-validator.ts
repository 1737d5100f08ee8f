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
  return [{ pointeur: toPointer(issue.path), message: inFrench(issue) }]
}

const formats: Record<string, string> = {
  uuid: 'Un identifiant est attendu (UUID).',
  date: 'Une date est attendue, comme 2027-01-31.',
  datetime: 'Un instant est attendu avec son fuseau, comme 2027-01-31T09:00:00+01:00.',
  email: 'Une adresse électronique est attendue, comme nom@exemple.fr.',
}

const types: Record<string, string> = {
  string: 'Un texte est attendu.',
  number: 'Un nombre est attendu.',
  int: 'Un nombre entier est attendu.',
  boolean: 'La valeur attendue est true ou false.',
  array: 'Une liste est attendue.',
  object: 'Un objet est attendu.',
  record: 'Un objet est attendu.',
}

/** What is wrong, in words that help a person: the validator's own are for programmers. */
function inFrench(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined) return 'Ce champ est obligatoire.'
  switch (issue.code) {
    case 'invalid_type':
      return types[issue.expected] ?? issue.message
    case 'invalid_value':
      return `Choisissez parmi: ${issue.values.map(String).join(', ')}.`
    case 'invalid_format':
      return formats[issue.format] ?? 'Cette valeur n’a pas la forme attendue.'
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'Ce champ ne peut pas être vide.'
      return `${sizes[issue.origin] ?? 'Valeur:'} ${String(issue.minimum)} au moins.`
    case 'too_big':
      return `${sizes[issue.origin] ?? 'Valeur:'} ${String(issue.maximum)} au plus.`
    default:
      return issue.message
  }
}

/** How a bound is said, by what it bounds. */
const sizes: Record<string, string> = {
  string: 'Nombre de caractères:',
  array: 'Nombre d’éléments:',
}

/** RFC 6901. */
function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
