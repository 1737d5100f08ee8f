import { createPublicKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'

const maxBytes = 256 * 1024
const maxKeys = 50
const maxRememberedKids = 1000

const JsonWebKeySet = z.object({ keys: z.array(z.unknown()) })
const SigningKey = z.object({
  kid: z.string(),
  kty: z.literal('RSA'),
  use: z.literal('sig').optional(),
  alg: z.literal('RS256').optional(),
  n: z.string(),
  e: z.string(),
})

export interface KeySetOptions {
  /** The issuer's `jwks_uri`. */
  readonly url: string
  /** Told of each failed fetch; the hub goes on with the keys it has. */
  readonly onFailure?: (error: Error) => void
  /** Epoch milliseconds. */
  readonly now?: () => number
  /** A fetch that takes longer has failed, in milliseconds. */
  readonly timeoutMs?: number
  /** Keys older than this are fetched again behind the scenes, in milliseconds. */
  readonly refreshAfterMs?: number
  /** Keys older than this are not trusted any more, in milliseconds. */
  readonly maxAgeMs?: number
  /** For this long a `kid` that was just looked up in vain, or an issuer that just failed, is not asked again. */
  readonly coolDownMs?: number
  /** Unknown kids may cause at most this many fetches per `coolDownMs`, however many kids are invented. */
  readonly maxUnknownFetches?: number
}

export interface KeySet {
  /**
   * The public key of that id; undefined when the issuer does not know it.
   * @throws {KeySetUnavailable} when that cannot be found out now
   */
  find(kid: string): Promise<KeyObject | undefined>
}

/** The issuer's keys cannot be had, and the ones at hand do not answer the question. */
export class KeySetUnavailable extends Error {}

/**
 * The issuer's RSA signing keys, fetched once for any number of waiting requests. A rotated key is fetched at
 * its first use; an answer that is no key set (an HTML page with status 200, say) leaves the old keys in place.
 */
export function createKeySet(options: KeySetOptions): KeySet {
  const { url, onFailure, now = Date.now, timeoutMs = 3_000, refreshAfterMs = 10 * 60_000 } = options
  const { maxAgeMs = 24 * 60 * 60_000, coolDownMs = 5_000, maxUnknownFetches = 5 } = options

  let keys: ReadonlyMap<string, KeyObject> = new Map()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let failedAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined
  const unknownSince = new Map<string, number>()
  let unknownFetches: number[] = []

  const age = () => now() - fetchedAt
  const justFailed = () => now() - failedAt < coolDownMs

  /** Joins the fetch under way or starts one; after it, `keys` are as new as they can be. */
  function refresh(): Promise<void> {
    underWay ??= fetchKeys(url, timeoutMs)
      .then(
        (fetched) => {
          keys = fetched
          fetchedAt = now()
        },
        (error: unknown) => {
          failedAt = now()
          onFailure?.(error instanceof Error ? error : new Error(String(error)))
        },
      )
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }

  async function find(kid: string): Promise<KeyObject | undefined> {
    if (age() >= maxAgeMs) return await findCold(kid)
    if (age() >= refreshAfterMs && !justFailed()) void refresh()
    return keys.get(kid) ?? (await findNew(kid))
  }

  async function findCold(kid: string): Promise<KeyObject | undefined> {
    const joined = underWay !== undefined
    if (joined || !justFailed()) await refresh()
    if (age() >= maxAgeMs) throw new KeySetUnavailable('The key set of the issuer cannot be had.')
    return keys.get(kid) ?? (joined ? await findNew(kid) : rememberUnknown(kid))
  }

  async function findNew(kid: string): Promise<KeyObject | undefined> {
    const since = unknownSince.get(kid)
    if (since !== undefined && now() - since < coolDownMs) return undefined
    if (underWay) {
      await underWay
      const key = keys.get(kid)
      if (key) return key
      // The issuer may have answered that one just before it began to use this key: ask once more.
    }
    if (!underWay) {
      if (justFailed()) throw new KeySetUnavailable('The key set of the issuer cannot be refreshed.')
      unknownFetches = unknownFetches.filter((at) => now() - at < coolDownMs)
      if (unknownFetches.length >= maxUnknownFetches) return undefined
      unknownFetches.push(now())
    }
    await refresh()
    if (justFailed()) throw new KeySetUnavailable('The key set of the issuer cannot be refreshed.')
    return keys.get(kid) ?? rememberUnknown(kid)
  }

  function rememberUnknown(kid: string): undefined {
    unknownSince.delete(kid)
    unknownSince.set(kid, now())
    const [oldest] = unknownSince.keys()
    if (unknownSince.size > maxRememberedKids && oldest !== undefined) unknownSince.delete(oldest)
  }

  return { find }
}

/** @throws whatever went wrong: no answer in time, not 200, too large, not a key set, no usable key in it */
async function fetchKeys(url: string, timeoutMs: number): Promise<ReadonlyMap<string, KeyObject>> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const body = await readLimited(response)
  if (response.status !== 200) throw new Error(`The key set answered ${response.status}.`)
  const listed = JsonWebKeySet.parse(JSON.parse(body)).keys
  const keys = new Map(listed.slice(0, maxKeys).flatMap((jwk) => signingKey(jwk) ?? []))
  if (keys.size === 0) throw new Error('The key set holds no RS256 key.')
  return keys
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error('The key set is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The entry of one usable key; undefined for keys of other kinds (Keycloak lists an encryption key, too). */
function signingKey(jwk: unknown): [[kid: string, key: KeyObject]] | undefined {
  const parsed = SigningKey.safeParse(jwk)
  if (!parsed.success) return undefined
  const { kid, kty, n, e } = parsed.data
  try {
    const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' })
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? [[kid, key]] : undefined
  } catch {
    return undefined // one broken key must not cost us the others
  }
}
