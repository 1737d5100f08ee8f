import { createHash } from 'node:crypto'
import { Refusal } from '../contracts/errors.ts'
import { query, type Queryable, violates } from './db.ts'
import { currentWork } from './work.ts'

/** A request that may be repeated: who, which route and which key, as one hash; and its body. */
export interface IdempotencyKey {
  readonly key: Buffer
  readonly body: Buffer
}

/** The key of a caller's request. Nothing can be read back from it. */
export function idempotencyKey(input: {
  acteurId: string
  route: string
  key: string
  body: string
}): IdempotencyKey {
  const key = createHash('sha256')
    .update(JSON.stringify([input.acteurId, input.route, input.key]))
    .digest()
  return { key, body: bodyHash(key, input.body) }
}

/** What a key's body is remembered by: salted with the key, so that equal bodies of two people do not show. */
export function bodyHash(key: Buffer, body: string): Buffer {
  return createHash('sha256').update(key).update(body).digest()
}

/**
 * Runs a command at most once per key. The command stores the key with its own effect, so when it was done
 * before it either hits the stored key or is refused by the state it left behind; in both cases the answer
 * of the first time is read again. The same key with another body is a refusal.
 */
export async function once<T>(
  sql: Queryable,
  idempotency: IdempotencyKey | null,
  work: () => Promise<T>,
  readAgain: (resultId: string) => Promise<T>,
): Promise<T> {
  if (!idempotency) return await work()
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refusal) && !violates(error, 'request_pkey')) throw error
    const [earlier] = await query(
      'lire la demande',
      sql<
        { body: Buffer; resultId: string }[]
      >`select body, result_id from hub.request where key = ${idempotency.key}`,
    )
    if (!earlier) throw error
    if (!earlier.body.equals(idempotency.body)) throw new Refusal('cle-idempotence-reutilisee')
    const work = currentWork()
    if (work) work.replayed = true
    return await readAgain(earlier.resultId)
  }
}
