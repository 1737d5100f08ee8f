import type { IncomingMessage, ServerResponse } from 'node:http'

/** How long what a refused request still brings is thrown away before its connection is cut. */
const lingerMs = 2_000

/**
 * Lets the answer to a request that is still coming reach its sender. Closed with bytes unread, as Node would do, a
 * connection is reset, and the reset may overtake the answer (RFC 9112, section 9.6). To be called before the
 * answer is sent.
 */
export function linger(request: IncomingMessage, response: ServerResponse): void {
  const { headers, socket } = request
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (!hasBody || request.complete || response.headersSent) return
  const closes = !response.shouldKeepAlive
  response.shouldKeepAlive = true
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
