import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

export interface Asset {
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Serves a body that stays the same while the process lives, at one exact address. Caches may keep it, and
 * ask with its `ETag` before each use.
 */
export function addAsset(app: FastifyInstance, url: string, { type, body, headers }: Asset): void {
  const etag = `"${hash('sha256', body, 'base64url')}"`
  app.get(url, async (request, reply) => {
    void reply.headers({ 'cache-control': 'public, no-cache', etag, ...headers })
    if (isKnown(request.headers['if-none-match'], etag)) return await reply.code(304).send()
    return await reply.type(type).send(body)
  })
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
