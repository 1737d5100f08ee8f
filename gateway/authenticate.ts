import { hash } from 'node:crypto'
import { Refusal } from '../contracts/errors.ts'
import { Secteur, type Principal, type UsagerIds } from '../contracts/principal.ts'
import { createKeySet } from './key-set.ts'
import { createTokenVerifier, type Claims, type OddToken } from './verify-token.ts'

/** Who is calling, and until when that holds. */
export interface Caller {
  readonly principal: Principal
  /** Epoch milliseconds after which the token is refused; null for an anonymous caller. */
  readonly expiresAt: number | null
  readonly roles: readonly string[]
  /** Where the pages of the token's client live: an origin, or `http://host:*` for any port. */
  readonly origins: readonly string[]
}

export interface AuthenticatorOptions {
  /** `iss` of every token, `<server>/realms/<realm>`. */
  readonly issuer: string
  /** Where the issuer publishes its keys. */
  readonly keySetUrl: string
  /** What `aud` must contain. */
  readonly audience: string
  /** Finds the person behind the issuer's subject. What it throws is thrown on, as it is. */
  readonly resolve: (who: {
    emetteur: string
    sujet: string
    prenom?: string
    nom?: string
    courriel?: string
  }) => Promise<{ acteurId: string; usagers: UsagerIds }>
  /** Told of each failed fetch of the keys. */
  readonly onKeySetFailure?: (error: Error) => void
  /** Told of tokens that show a wrong set-up of the issuer. */
  readonly onOddToken?: (oddity: OddToken, client: string) => void
  /** Epoch milliseconds. */
  readonly now?: () => number
  /** How many verified tokens are remembered. */
  readonly cacheSize?: number
  /** For how long at most, whatever their `exp`. */
  readonly cacheSeconds?: number
}

export interface Authenticator {
  /**
   * The caller of a request with this `Authorization` header.
   * @throws {Refusal} `jeton-invalide` for anything but one valid Bearer token; `service-indisponible` when the
   *   issuer's keys cannot be had
   */
  authenticate(authorization: string | undefined): Promise<Caller>
  /** Has this header been accepted, and its token not expired since? Costs a look-up; decides about no right. */
  knows(authorization: string | undefined): boolean
}

const anonyme: Caller = Object.freeze({
  principal: Object.freeze({ kind: 'anonyme' }),
  expiresAt: null,
  roles: Object.freeze([]),
  origins: Object.freeze([]),
})

/**
 * Turns access tokens into principals. A token is verified and its person found once, then believed for at most
 * `cacheSeconds`, and remembered under its SHA-256 until it expires; requests that bring the same new token together
 * share that.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { issuer, audience, resolve, now = Date.now, cacheSize = 10_000, cacheSeconds = 60 } = options
  const keySet = createKeySet({
    url: options.keySetUrl,
    now,
    ...(options.onKeySetFailure && { onFailure: options.onKeySetFailure }),
  })
  const verify = createTokenVerifier({ issuer, audience, keySet, now, onOddToken: options.onOddToken })
  /** In order of use, the oldest first. */
  const known = new Map<string, { caller: Caller; until: number }>()
  const underWay = new Map<string, Promise<Caller>>()

  async function authenticate(authorization: string | undefined): Promise<Caller> {
    if (authorization === undefined) return anonyme
    const token = tokenOf(authorization)
    if (!token) throw new Refusal('jeton-invalide')
    const key = keyOf(token)
    return recall(key) ?? (await shared(key, token))
  }

  function knows(authorization: string | undefined): boolean {
    const token = authorization && tokenOf(authorization)
    const entry = token ? known.get(keyOf(token)) : undefined
    return entry !== undefined && now() < (entry.caller.expiresAt ?? 0)
  }

  function recall(key: string): Caller | undefined {
    const entry = known.get(key)
    if (!entry || now() >= entry.until) return undefined
    known.delete(key)
    known.set(key, entry)
    return entry.caller
  }

  function shared(key: string, token: string): Promise<Caller> {
    const running = underWay.get(key)
    if (running) return running
    const started = identify(token)
      .then((caller) => {
        remember(key, caller)
        return caller
      })
      .finally(() => underWay.delete(key))
    underWay.set(key, started)
    return started
  }

  async function identify(token: string): Promise<Caller> {
    const claims = await verify(token)
    const { acteurId, usagers } = await resolve({
      emetteur: issuer,
      sujet: claims.sub,
      ...(claims.given_name && { prenom: claims.given_name }),
      ...(claims.family_name && { nom: claims.family_name }),
      ...(claims.email && { courriel: claims.email }),
    })
    const expiresAt = claims.exp * 1000
    if (expiresAt <= now()) throw new Refusal('jeton-invalide')
    return {
      principal: toPrincipal(claims, acteurId, usagers),
      expiresAt,
      roles: claims.realm_access.roles,
      origins: claims['allowed-origins'],
    }
  }

  function remember(key: string, caller: Caller): void {
    const limit = now() + cacheSeconds * 1000
    known.delete(key)
    known.set(key, { caller, until: Math.min(caller.expiresAt ?? limit, limit) })
    const [oldest] = known.keys()
    if (known.size > cacheSize && oldest !== undefined) known.delete(oldest)
  }

  return { authenticate, knows }
}

function tokenOf(authorization: string): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization)?.[1]
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64url')
}

function toPrincipal(claims: Claims, acteurId: string, usagers: UsagerIds): Principal {
  const {
    azp: client,
    realm_access: { roles },
  } = claims
  if (roles.includes('systeme'))
    return {
      kind: 'systeme',
      client,
      acteurId,
      scopes: roles.filter((role) => role.startsWith('evenements')),
    }
  return {
    kind: 'personne',
    client,
    acteurId,
    usagers,
    agentDe: Secteur.options.filter((secteur) => roles.includes(`agent:${secteur}`)),
    administrateur: roles.includes('administrateur'),
    aidant: roles.includes('aidant'),
  }
}
