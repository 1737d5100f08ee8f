import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { JWK, Provider } from 'oidc-provider'
import { z } from 'zod'
import { findBySub, personalClaims } from './accounts.ts'
import { originAllowed } from './clients.ts'

const Header = z.object({ kid: z.string() })
const Claims = z.object({ iss: z.string(), typ: z.literal('Bearer'), exp: z.number(), sub: z.string() })

type Middleware = Parameters<Provider['use']>[0]

/**
 * The userinfo endpoint for access tokens addressed to the hub, as Keycloak has it; oidc-provider's own only
 * takes tokens without audience.
 */
export function userinfo(options: {
  issuer: string
  publicUrl: string
  path: string
  keys: readonly JWK[]
  now?: () => number
}): Middleware {
  const { issuer, publicUrl, path, now = Date.now } = options
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
    const origin = ctx.get('origin')
    ctx.vary('Origin')
    if (origin && originAllowed(origin, publicUrl)) {
      ctx.set('access-control-allow-origin', origin)
      ctx.set('access-control-expose-headers', 'WWW-Authenticate')
    }
    ctx.set('cache-control', 'no-store')
    const token = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(ctx.get('authorization'))?.[1]
    const account = token && findBySub(subjectOf(token) ?? '')
    if (account) {
      ctx.body = { sub: account.sub, ...personalClaims(account) }
    } else {
      ctx.status = 401
      ctx.set('www-authenticate', 'Bearer error="invalid_token"')
      ctx.body = { error: 'invalid_token', error_description: 'invalid token provided' }
    }
  }

  function subjectOf(token: string): string | undefined {
    const [head = '', body = '', signature = ''] = token.split('.')
    const header = Header.safeParse(parseJson(head)).data
    const key = header && keys.get(header.kid)
    if (!key || !signed(`${head}.${body}`, signature, key)) return undefined
    const claims = Claims.safeParse(parseJson(body)).data
    return claims?.iss === issuer && claims.exp * 1000 > now() ? claims.sub : undefined
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
