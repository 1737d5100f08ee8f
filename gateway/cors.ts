import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../infra/config.ts'
import { includesOrigin, loopbackOrigins } from '../infra/issuer/clients.ts'
import type { Caller } from './authenticate.ts'

const preflightAnswer = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, if-match, if-none-match, if-range, last-event-id, range, traceparent',
  'access-control-max-age': '600',
}

const exposed =
  'etag, location, retry-after, ratelimit, ratelimit-policy, x-trace-id, content-disposition, content-range, accept-ranges'

/**
 * Lets the pages of known origins call the API. (Fetch Standard, CORS protocol.) A preflight carries no token, so
 * it is answered for all clients together, without permission to a page of elsewhere: the origins of `CORS_ORIGINS`, the hub's own and, beside the demo
 * issuer, any port of the same machine. The answer itself can be read only where the token's own client is at
 * home (`narrow`). The API takes no cookie, so an origin opens nothing without a token.
 */
export class Cors {
  readonly #own: string
  readonly #known: readonly string[]

  constructor({ corsOrigins, keycloakUrl, publicUrl }: Config) {
    this.#own = new URL(publicUrl).origin
    this.#known = [this.#own, ...corsOrigins, ...(keycloakUrl === undefined ? loopbackOrigins : [])]
  }

  /** Sets the headers of a request; true when it was a preflight, which is then answered. */
  open(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers
    if (origin === undefined) return false
    response.setHeader('vary', 'Origin')
    const known = includesOrigin(this.#known, origin)
    if (known) {
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader('access-control-expose-headers', exposed)
    }
    if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return false
    response.writeHead(204, known ? preflightAnswer : undefined).end()
    return true
  }

  /**
   * Takes the permission back from an origin that is not one of the token's client (`allowed-origins`, as
   * Keycloak fills it from the client's web origins). Without a token, or with one that is refused, there is
   * nothing to keep from the page.
   */
  narrow(request: FastifyRequest, reply: FastifyReply, { principal, origins }: Caller): void {
    const { origin } = request.headers
    if (origin === undefined || principal.kind === 'anonyme') return
    if (origin !== this.#own && !includesOrigin(origins, origin))
      reply.raw.removeHeader('access-control-allow-origin')
  }

  /** What anybody may read without a token, the pages of anybody may read: a map of elsewhere, a client of OParl. */
  publish(request: FastifyRequest, reply: FastifyReply, { principal }: Caller): void {
    if (request.headers.origin === undefined || principal.kind !== 'anonyme') return
    if (!reply.raw.hasHeader('access-control-allow-origin'))
      reply.raw.setHeader('access-control-allow-origin', '*')
  }
}
