import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorCatalog, Refusal } from '../contracts/errors.ts'
import { currentTraceId } from '../infra/telemetry.ts'
import { isApi, sendErrorPage, wantsPage } from './pages/error.ts'

/** Fastify's own refusals, in our words. */
const ofFastify: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'corps-trop-grand',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'type-non-pris-en-charge',
  FST_REQ_FILE_TOO_LARGE: 'corps-trop-grand',
}

/** Any error as the caller may read it. What nobody foresaw is a bare 500. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const known = code === undefined ? undefined : ofFastify[code]
  if (known === 'type-non-pris-en-charge')
    return new Refusal(known, 'Envoyez du JSON, avec Content-Type: application/json.')
  if (known) return new Refusal(known)
  if (statusCode && statusCode >= 400 && statusCode < 500) return new Refusal('requete-illisible')
  return new Refusal('erreur-interne')
}

/** RFC 9457 problem details: `code` is stable, `title` and `detail` are for people, `traceId` for support. */
export function problem(refusal: Refusal): { status: number; body: Record<string, unknown> } {
  const [status, title] = errorCatalog[refusal.code]
  return {
    status,
    body: {
      type: `urn:guichet:erreur:${refusal.code}`,
      title,
      status,
      code: refusal.code,
      ...(refusal.detail && { detail: refusal.detail }),
      ...refusal.extra,
      traceId: currentTraceId(),
    },
  }
}

/**
 * Answers an error: a problem for a program, a page for a person at a browser. The request's line tells a
 * refusal by its code, and a fault whole.
 */
export async function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refusal = toRefusal(error)
  if (refusal.code === 'erreur-interne') request.fault = error
  request.refusal = refusal.code
  const { status, body } = problem(refusal)
  if (status === 401) {
    const detail = refusal.code === 'jeton-invalide' ? ', error="invalid_token"' : ''
    void reply.header('www-authenticate', `Bearer realm="malakoff"${detail}`)
  }
  if (status === 503 || status === 429) void reply.header('retry-after', '2')
  if (!isApi(request.url)) void reply.header('vary', 'Accept')
  if (wantsPage(request)) return await sendErrorPage(refusal.code, currentTraceId(), reply)
  return await reply.code(status).type('application/problem+json; charset=utf-8').send(JSON.stringify(body))
}

/** Answers on the bare socket what Node could not read as HTTP, or what did not arrive in time. */
export function endWithProblem(
  error: Error & { code?: string },
  socket: Pick<Socket, 'writable' | 'end' | 'destroy'>,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const { status, body } = problem(
    new Refusal(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'delai-depasse' : 'requete-illisible'),
  )
  const text = JSON.stringify(body)
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  )
}

declare module 'fastify' {
  interface FastifyRequest {
    refusal: ErrorCode | null
  }
}
