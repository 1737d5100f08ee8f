import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../infra/log.ts'
import { activeRequests, refusals, requestDuration } from '../infra/metrics.ts'
import { Work } from '../infra/work.ts'

declare module 'fastify' {
  interface FastifyRequest {
    work: Work | null
    /** What nobody foresaw: told in the request's line. */
    fault: unknown
  }
}

/** The route of a request that matches none. */
export const noRoute = 'inconnue'

/**
 * Begins to count a request. When its response is closed, whether it was read to its end, broken off or a
 * stream of an hour, its span ends, its duration is counted and its one line is written.
 */
export function beginRequest(log: Logger, request: FastifyRequest, reply: FastifyReply): Work {
  const work = new Work()
  request.work = work
  activeRequests.value++
  reply.raw.once('close', () => endRequest(log, work, request, reply))
  return work
}

/** A request to the issuer, which answers before Fastify: counted and told like the others. */
export function tellIssuerRequest(log: Logger, request: IncomingMessage, response: ServerResponse): void {
  const startedAt = performance.now()
  activeRequests.value++
  response.once('close', () => {
    activeRequests.value--
    const method = knownMethod(request.method)
    const ms = performance.now() - startedAt
    requestDuration.record(ms / 1000, method, '/realms/*', statusClass(response.statusCode))
    log.info({ method, route: '/realms/*', status: response.statusCode, ms: rounded(ms) }, 'request')
  })
}

function endRequest(log: Logger, work: Work, request: FastifyRequest, reply: FastifyReply): void {
  const { span, refusal, fault } = request
  const { statusCode: status } = reply.raw
  const route = request.routeOptions.url ?? noRoute
  const method = knownMethod(request.method)
  const ms = performance.now() - work.startedAt
  activeRequests.value--
  span?.setAttribute('http.response.status_code', status)
  span?.end()
  requestDuration.record(ms / 1000, method, route, statusClass(status))
  if (refusal) refusals.add(route, refusal)
  const principal = request.caller?.principal
  const fields = {
    method,
    route,
    subject: subjectOf(request, reply),
    principal: principal?.kind ?? 'anonyme',
    client: principal && 'client' in principal ? principal.client : undefined,
    status,
    code: refusal ?? undefined,
    ms: rounded(ms),
    bytesIn: size(request.headers['content-length']),
    bytesOut: size(reply.getHeader('content-length')),
    aborted: reply.raw.writableFinished ? undefined : (true as const),
    replayed: work.replayed ? (true as const) : undefined,
    sql: work.statements || undefined,
    sqlMs: work.statements ? rounded(work.databaseMs) : undefined,
    traceId: span?.spanContext().traceId,
  }
  if (fault) log.error({ ...fields, err: fault }, 'request')
  else if (status < 400 && route.startsWith('/health/')) log.debug(fields, 'request')
  else log.info(fields, 'request')
}

/** An id or a public reference; the addresses of calendars are neither, and they are secrets. */
const tellable = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Z]{3}(?:-[0-9A-Z]{3}){2})$/

/** The id in the address, or of what was created. What a stranger made up is not repeated. */
function subjectOf(request: FastifyRequest, reply: FastifyReply): string | undefined {
  const { id } = (request.params ?? {}) as { id?: string }
  const location = reply.getHeader('location')
  const subject = id ?? (typeof location === 'string' ? location.slice(location.lastIndexOf('/') + 1) : '')
  return tellable.test(subject) ? subject : undefined
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Semantic conventions: what is no usual method is one label. */
function knownMethod(method = ''): string {
  return methods.has(method) ? method : '_OTHER'
}

function statusClass(status: number): string {
  return `${Math.floor(status / 100)}xx`
}

function size(header: unknown): number | undefined {
  return header === undefined ? undefined : Number(header)
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
