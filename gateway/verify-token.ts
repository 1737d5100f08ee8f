import { type KeyObject, verify as verifySignature } from 'node:crypto'
import Config from 'keycloak-connect/middleware/auth-utils/config.js'
import GrantManager from 'keycloak-connect/middleware/auth-utils/grant-manager.js'
import { z } from 'zod'
import { Refusal } from '../contracts/errors.ts'
import { type KeySet, KeySetUnavailable } from './key-set.ts'

const maxTokenLength = 8 * 1024
const maxKidLength = 200
/** How far the issuer's clock may run ahead of ours. */
const leewaySeconds = 10
/** Longer ones are accepted, but told: a removed role must act within it (design, rule 6). */
const usualLifeSeconds = 300

const Header = z.object({
  alg: z.literal('RS256'),
  kid: z.string().min(1).max(maxKidLength),
  crit: z.never().optional(),
})

const name = (maxLength: number) => z.string().min(1).max(maxLength).optional().catch(undefined)

/**
 * What the hub reads of a verified access token; times in epoch seconds. keycloak-connect checks `typ`, `iss`
 * and `aud`; without `exp`, `iat` or `azp` it would let a token pass.
 */
const Claims = z.looseObject({
  sub: z.string().min(1).max(255),
  azp: z.string().min(1).max(255),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  realm_access: z.object({ roles: z.array(z.string()) }).catch({ roles: [] }),
  // Keycloak's claim for the web origins of the client; a token without it is of no page.
  'allowed-origins': z.array(z.string().max(200)).max(50).catch([]),
  given_name: name(200),
  family_name: name(200),
  email: name(320),
})
export type Claims = z.infer<typeof Claims>

export interface TokenVerifierOptions {
  /** `iss` of every token: `<server>/realms/<realm>`. */
  readonly issuer: string
  /** What `aud` must contain. */
  readonly audience: string
  readonly keySet: KeySet
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Told of tokens that the issuer did sign, but for another audience, or for longer than it should. */
  readonly onOddToken?: ((oddity: OddToken, client: string) => void) | undefined
}

export type OddToken = 'not for us' | 'long life'

/**
 * Verifies access tokens with keycloak-connect, behind the checks it leaves out (see
 * docs/decisions/0002-keycloak-connect-fenced.md).
 * @returns a function that gives the claims of a token it trusts
 * @throws {Refusal} from that function: `jeton-invalide` for a token that is not one of ours or not valid now,
 *   `service-indisponible` when the issuer's keys cannot be had
 */
export function createTokenVerifier(options: TokenVerifierOptions): (token: string) => Promise<Claims> {
  const { issuer, audience, keySet, now, onOddToken } = options
  const [server = '', realm = ''] = issuer.split('/realms/')
  const config = new Config({
    realm,
    'auth-server-url': server,
    resource: audience,
    'bearer-only': true,
    'verify-token-audience': true,
  })
  if (config.realmUrl !== issuer)
    throw new Error(`The issuer must look like <server>/realms/<realm>: ${issuer}`)
  const manager = new GrantManager(config)
  manager.rotation = {
    async getJWK(kid) {
      const key = await keySet.find(kid)
      if (!key) throw new Error('unknown key')
      return key
    },
  }

  return async function verify(token) {
    const { header, claims, signed, signature } = parse(token)
    const latestStart = now() / 1000 + leewaySeconds
    if (claims.iat > latestStart || (claims.nbf ?? claims.iat) > latestStart) throw invalid()
    const isExpired = () => claims.exp * 1000 <= now()
    if (isExpired()) throw invalid()
    const key = await requireKey(keySet, header.kid)
    const checked = manager.validateToken({ header, content: claims, signed, signature, isExpired }, 'Bearer')
    await checked.catch(() => {
      const others =
        claims.iss === issuer && claims.typ === 'Bearer' && ![claims.aud].flat().includes(audience)
      if (others && verifySignature('RSA-SHA256', Buffer.from(signed), key, signature))
        onOddToken?.('not for us', claims.azp)
      throw invalid()
    })
    if (claims.exp - claims.iat > usualLifeSeconds) onOddToken?.('long life', claims.azp)
    return claims
  }
}

/** Tells a key that does not exist from one that cannot be fetched; keycloak-connect would blur the two. */
async function requireKey(keySet: KeySet, kid: string): Promise<KeyObject> {
  const key = await keySet.find(kid).catch((error: unknown) => {
    throw error instanceof KeySetUnavailable ? new Refusal('service-indisponible') : error
  })
  if (!key) throw invalid()
  return key
}

function parse(token: string) {
  if (token.length > maxTokenLength) throw invalid()
  const [, head = '', body = '', signature = ''] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token) ?? []
  return {
    header: parsePart(head, Header),
    claims: parsePart(body, Claims),
    signed: `${head}.${body}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

function parsePart<S extends z.ZodType>(part: string, schema: S): z.infer<S> {
  const parsed = schema.safeParse(parseJson(Buffer.from(part, 'base64url').toString('utf8')))
  if (!parsed.success) throw invalid()
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid()
  }
}

function invalid(): Refusal {
  return new Refusal('jeton-invalide')
}
