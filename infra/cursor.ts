import { Refusal } from '../contracts/errors.ts'

/** An opaque keyset cursor: the sort values of the last element of a page. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/** The values back; refuses what this hub did not make. */
export function decodeCursor(cursor: string, length: number): string[] {
  let values: unknown
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw new Refusal('curseur-invalide')
  }
  const valid =
    Array.isArray(values) &&
    values.length === length &&
    values.every((v) => typeof v === 'number' || (typeof v === 'string' && v.length <= 200))
  if (!valid) throw new Refusal('curseur-invalide')
  return (values as (string | number)[]).map(String)
}
