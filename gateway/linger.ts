import type { FastifyReply, FastifyRequest } from 'fastify'

/** How long what a refused request still brings is thrown away before its connection is cut, in milliseconds. */
export const lingerMs = 2_000

/**
 * Lets the answer to a request that is still coming reach its sender. Closed with bytes unread, as Fastify and Node
 * would do, a connection is reset, and the reset may overtake the answer (RFC 9112, section 9.6). To be called
 * before the answer is sent.
 */
export function linger({ raw: request }: FastifyRequest, reply: FastifyReply): void {
  const { headers, socket } = request
  const response = reply.raw
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (!hasBody || request.complete || response.headersSent) return
  // On `reply`, Fastify has by now said `close` because of a body that it does not want: thrown away, it is in
  // nobody's way. Whoever has better reasons says so on `response`.
  const closes = !response.shouldKeepAlive || response.hasHeader('connection')
  void reply.header('connection', closes ? 'close' : 'keep-alive')
  // Node hangs up on both directions at once after an answer that says `close`.
  if (closes) socket.destroySoon = () => socket.end()
  response.once('finish', () => {
    const cut = setTimeout(() => socket.destroy(), lingerMs)
    const done = () => clearTimeout(cut)
    if (closes) socket.once('close', done)
    else if (request.complete) done()
    else request.once('end', done).once('close', done)
    // Who was reading it has stopped where it was refused, and a connection that is not read serves no next request.
    request.unpipe().resume()
  })
}
