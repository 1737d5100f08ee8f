import type { z } from 'zod'
import { Refusal } from '../contracts/errors.ts'

/** An opaque keyset cursor: the sort values of the last element of a page. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/**
 * The values back, as the schema of the list knows them: whatever reaches the database is a value that it can
 * compare with.
 * @throws Refusal `curseur-invalide` for what this hub did not make
 */
export function decodeCursor<S extends z.ZodType>(cursor: string, values: S): z.output<S> {
  const parsed = values.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (!parsed.success) throw new Refusal('curseur-invalide')
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal('curseur-invalide')
  }
}
