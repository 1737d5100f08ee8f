import type { FastifyInstance } from 'fastify'
import type { Config } from '../infra/config.ts'
import { originAllowed } from '../infra/issuer/clients.ts'

const preflightAnswer = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, if-match, last-event-id, range, traceparent',
  'access-control-max-age': '600',
}

const exposed = 'etag, location, retry-after, x-trace-id, content-disposition, content-range, accept-ranges'

/**
 * Lets the pages of known origins call the API: those of `CORS_ORIGINS`, the hub's own and, beside the demo
 * issuer, any port of the same machine. The API takes no cookie, so an origin opens nothing without a token.
 * (Fetch Standard, CORS protocol.)
 */
export function addCors(app: FastifyInstance, { corsOrigins, keycloakUrl, publicUrl }: Config): void {
  const isKnown = (origin: string) =>
    corsOrigins.includes(origin) ||
    origin === new URL(publicUrl).origin ||
    (keycloakUrl === undefined && originAllowed(origin, publicUrl))
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (origin === undefined) return
    void reply.header('vary', 'Origin')
    if (!isKnown(origin)) return
    void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed })
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'])
      return await reply.headers(preflightAnswer).code(204).send()
  })
}
