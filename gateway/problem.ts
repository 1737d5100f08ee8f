import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorCatalog, type FieldError, Refusal } from '../contracts/errors.ts'
import { isPassing } from '../infra/passing.ts'
import { currentTraceId } from '../infra/telemetry.ts'
import { typeset } from '../infra/typography.ts'
import { linger } from './linger.ts'
import { isApi, sendErrorPage, wantsPage } from './pages/error.ts'

/** Fastify's own refusals, in our words. */
const ofFastify: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'corps-trop-grand',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'type-non-pris-en-charge',
  FST_REQ_FILE_TOO_LARGE: 'corps-trop-grand',
}

const unreadable = new Set(['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY'])

/** Any error as the caller may read it. What nobody foresaw is a bare 500. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const known = code === undefined ? undefined : ofFastify[code]
  if (known === 'type-non-pris-en-charge')
    return new Refusal(known, 'Envoyez du JSON, avec Content-Type: application/json.')
  if (known) return new Refusal(known)
  if (code !== undefined && unreadable.has(code))
    return new Refusal('requete-illisible', 'Le corps de la requête n’est pas du JSON valable.')
  if (statusCode && statusCode >= 400 && statusCode < 500) return new Refusal('requete-illisible')
  return new Refusal(isPassing(error) ? 'service-indisponible' : 'erreur-interne')
}

/** RFC 9457 problem details: `code` is stable, `title` and `detail` are for people, `traceId` for support. */
export function problem(refusal: Refusal): { status: number; body: Record<string, unknown> } {
  const [status, title] = errorCatalog[refusal.code]
  const { attendre: _, ...extra } = refusal.extra
  return {
    status,
    body: {
      type: `urn:guichet:erreur:${refusal.code}`,
      title: typeset(title),
      status,
      code: refusal.code,
      ...(refusal.detail && { detail: typeset(refusal.detail) }),
      ...extra,
      ...(extra.erreurs && { erreurs: extra.erreurs.map(typesetError) }),
      traceId: currentTraceId(),
    },
  }
}

function typesetError(error: FieldError): FieldError {
  return { ...error, message: typeset(error.message) }
}

/** The error as it is answered, noted for the request's line: a refusal by its code, a fault whole. */
export function noteRefusal(error: unknown, request: FastifyRequest, reply: FastifyReply): Refusal {
  const refusal = toRefusal(error)
  if (refusal.code === 'erreur-interne' || isPassing(error)) request.fault = error
  request.refusal = refusal.code
  linger(request, reply)
  return refusal
}

/**
 * Answers an error: a problem for a program, a page for a person at a browser.
 */
export async function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refusal = noteRefusal(error, request, reply)
  const { status, body } = problem(refusal)
  if (status === 401) {
    const detail = refusal.code === 'jeton-invalide' ? ', error="invalid_token"' : ''
    void reply.header('www-authenticate', `Bearer realm="malakoff"${detail}`)
  }
  if (status === 503 || status === 429)
    void reply.header('retry-after', refusal.extra.attendre ?? retryAfter())
  if (!isApi(request.url)) void reply.header('vary', 'Accept')
  if (wantsPage(request)) return await sendErrorPage(refusal.code, currentTraceId(), reply)
  return await reply.code(status).type('application/problem+json; charset=utf-8').send(JSON.stringify(body))
}

/**
 * Seconds for `Retry-After`.
 * @param waitMs when the request would be let in; absent: nobody knows, so the clients are spread over 1 to 4 s
 */
export function retryAfter(waitMs?: number): string {
  return String(waitMs === undefined ? 1 + Math.floor(Math.random() * 4) : Math.ceil(waitMs / 1000))
}

const unspoken = new Map<ErrorCode, { status: number; text: Buffer }>()

/** The problem of a request that was not looked at, made once: it has no trace. */
export function unspokenProblem(code: ErrorCode): { status: number; text: Buffer } {
  const known = unspoken.get(code)
  if (known) return known
  const { status, body } = problem(new Refusal(code))
  const made = { status, text: Buffer.from(JSON.stringify({ ...body, traceId: undefined })) }
  unspoken.set(code, made)
  return made
}

type Line = Pick<Socket, 'writable' | 'end' | 'destroy'>

/** For how long a connection that was given its last answer may still send, in milliseconds. */
const farewellMs = 1_000

/** Answers on the bare socket, where there is no request to answer. */
export class BareAnswers {
  readonly #headers: string[]

  /** @param headers what every answer carries */
  constructor(headers: Readonly<Record<string, string>>) {
    this.#headers = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  }

  /** What Node could not read as HTTP, or what did not arrive in time. */
  readonly onClientError = (error: Error & { code?: string }, socket: Line): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    this.end(socket, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'delai-depasse' : 'requete-illisible')
  }

  /** The last word on this connection. */
  end(socket: Line, code: ErrorCode): void {
    const { status, text } = unspokenProblem(code)
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${text.length}`,
      ...(status === 503 ? [`Retry-After: ${retryAfter()}`] : []),
      ...this.#headers,
      'Connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${text.toString()}`)
    setTimeout(() => socket.destroy(), farewellMs).unref()
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    refusal: ErrorCode | null
  }
}
