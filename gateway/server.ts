import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SpanKind, type Span, context, trace } from '@opentelemetry/api'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { Refusal } from '../contracts/errors.ts'
import type { Logger } from '../infra/log.ts'
import { contextFrom, failSpan } from '../infra/telemetry.ts'
import { sendNotFound } from './pages/not-found.ts'
import { sendProblem } from './problem.ts'

const jsonLimit = 256 * 1024

declare module 'fastify' {
  interface FastifyRequest {
    span: Span | null
  }
}

export interface HttpServer {
  readonly app: FastifyInstance
  /** `localhost` means loopback, both families. */
  listen(host: string, port: number): Promise<void>
  /** Takes no new request and resolves when the running ones are answered. */
  close(): Promise<void>
}

/**
 * The bare HTTP server: limits, one span and one log line per request, problem+json for every error.
 * @param issuer answers `/realms/...` before Fastify sees it, when the issuer is embedded
 */
export async function createHttpServer(
  log: Logger,
  issuer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined,
): Promise<HttpServer> {
  const servers: Server[] = []
  const app = Fastify({
    loggerInstance: log.child({}, { level: 'warn' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: jsonLimit,
    requestTimeout: 120_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 200 },
    serverFactory: (handler) => {
      const answer = (request: IncomingMessage, response: ServerResponse) => {
        if (issuer && request.url?.startsWith('/realms/')) issuer(request, response)
        else handler(request, response)
      }
      const limits = { headersTimeout: 15_000, maxHeaderSize: 16_384, requestTimeout: 120_000, keepAliveTimeout: 10_000 }
      servers.push(createServer(limits, answer), createServer(limits, answer))
      return servers[0]!
    },
  })
  app.decorateRequest('span', null)
  app.decorateRequest('refusal', null)
  await app.register(multipart)
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler(sendNotFound)

  const tracer = trace.getTracer('guichet')
  app.addHook('onRequest', (request, reply, done) => {
    const parent = contextFrom(request.headers.traceparent as string | undefined)
    const route = request.routeOptions.url ?? 'inconnue'
    const span = tracer.startSpan(
      `${request.method} ${route}`,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method, 'http.route': route } },
      parent,
    )
    request.span = span
    void reply.headers({
      'x-trace-id': span.spanContext().traceId,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    context.with(trace.setSpan(parent, span), done)
  })
  app.addHook('onError', async (request, _reply, error) => {
    if (request.span && !(error instanceof Refusal)) failSpan(request.span, error)
  })
  app.addHook('onResponse', async (request, reply) => {
    request.span?.setAttribute('http.response.status_code', reply.statusCode)
    request.span?.end()
    log.info(
      {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        code: request.refusal ?? undefined,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        traceId: request.span?.spanContext().traceId,
      },
      'request',
    )
  })
  return {
    app,
    async listen(host, port) {
      await app.listen({ port, host: host === 'localhost' ? '127.0.0.1' : host })
      if (host === 'localhost') await listenOnIPv6(servers[1]!, port)
    },
    async close() {
      servers[1]!.close()
      await app.close()
    },
  }
}

/** Loopback has two families; a machine without IPv6 is served by the other alone. */
async function listenOnIPv6(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve()
      else reject(error)
    })
    server.listen({ host: '::1', port, ipv6Only: true }, resolve)
  })
}
