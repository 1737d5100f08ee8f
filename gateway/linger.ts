import type { FastifyReply, FastifyRequest } from 'fastify'

/** How long what a refused request still brings is thrown away before its connection is cut. */
const lingerMs = 2_000

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
  const closes = !response.shouldKeepAlive
  response.shouldKeepAlive = true
  // Node cuts at once after an answer that says `close`, as Fastify makes it for a body that it does not want.
  void reply.removeHeader('connection')
  response.once('finish', () => {
    const cut = setTimeout(() => socket.destroy(), lingerMs)
    const whole = () => {
      clearTimeout(cut)
      if (closes) socket.end()
    }
    if (request.complete) whole()
    else request.once('end', whole).once('close', () => clearTimeout(cut))
  })
}
