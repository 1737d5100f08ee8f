import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { JWK, Provider } from 'oidc-provider'
import { z } from 'zod'
import { findBySub, personalClaims } from './accounts.ts'
import { includesOrigin, webOrigins } from './clients.ts'

const Header = z.object({ kid: z.string() })
const Claims = z.object({
  iss: z.string(),
  typ: z.literal('Bearer'),
  exp: z.number(),
  sub: z.string(),
  azp: z.string(),
})

type Middleware = Parameters<Provider['use']>[0]

/**
 * The userinfo endpoint for access tokens addressed to the hub, as Keycloak has it; oidc-provider's own only
 * takes tokens without audience.
 */
export function userinfo(options: {
  issuer: string
  /** Where front ends may live; an answer about a person is for the pages of the token's own client. */
  origins: readonly string[]
  path: string
  keys: readonly JWK[]
  now?: () => number
}): Middleware {
  const { issuer, origins, path, now = Date.now } = options
  const keys = new Map(
    options.keys.map((key) => [
      key.kid,
      createPublicKey({ key: { kty: key.kty, n: key.n, e: key.e }, format: 'jwk' }),
    ]),
  )

  return async (ctx, next) => {
    if (ctx.path !== path || (ctx.method !== 'GET' && ctx.method !== 'POST')) {
      await next()
      return
    }
    const token = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(ctx.get('authorization'))?.[1]
    const claims = token === undefined ? undefined : claimsOf(token)
    const account = claims && findBySub(claims.sub)
    const origin = ctx.get('origin')
    ctx.vary('Origin')
    if (origin && includesOrigin(account ? webOrigins(claims.azp, origins) : origins, origin)) {
      ctx.set('access-control-allow-origin', origin)
      ctx.set('access-control-expose-headers', 'WWW-Authenticate')
    }
    ctx.set('cache-control', 'no-store')
    if (account) {
      ctx.body = { sub: account.sub, ...personalClaims(account) }
    } else {
      ctx.status = 401
      ctx.set('www-authenticate', 'Bearer error="invalid_token"')
      ctx.body = { error: 'invalid_token', error_description: 'invalid token provided' }
    }
  }

  function claimsOf(token: string): z.infer<typeof Claims> | undefined {
    const [head = '', body = '', signature = ''] = token.split('.')
    const header = Header.safeParse(parseJson(head)).data
    const key = header && keys.get(header.kid)
    if (!key || !signed(`${head}.${body}`, signature, key)) return undefined
    const claims = Claims.safeParse(parseJson(body)).data
    return claims?.iss === issuer && claims.exp * 1000 > now() ? claims : undefined
  }
}

function signed(content: string, signature: string, key: KeyObject): boolean {
  return verify('RSA-SHA256', Buffer.from(content), key, Buffer.from(signature, 'base64url'))
}

function parseJson(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined // not one of our tokens
  }
}
