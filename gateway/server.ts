import type { RequestListener, Server } from 'node:http'
import { type Context, SpanKind, type Span, context, trace } from '@opentelemetry/api'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { Refusal } from '../contracts/errors.ts'
import type { Logger } from '../infra/log.ts'
import { contextFrom, failSpan } from '../infra/telemetry.ts'
import { withWork } from '../infra/work.ts'
import { fastifyLog } from './fastify-log.ts'
import { type Connections, createLimitedServer } from './connections.ts'
import type { Limits } from './limits.ts'
import { sendNotFound } from './not-found.ts'
import { open311Prefix, sendOpen311Error } from './open311/open311.ts'
import { type BareAnswers, sendProblem } from './problem.ts'
import { beginRequest, noRoute } from './request-line.ts'

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

/** How long a stop waits for a connection that has not said a word. */
const silenceMs = 300

export interface HttpServerOptions {
  readonly log: Logger
  readonly connections: Connections
  readonly bare: BareAnswers
  readonly limits: Limits
  /** Sees every request first; it answers, or lets Fastify do it. */
  readonly receive: (...request: [...Parameters<RequestListener>, serve: RequestListener]) => void
}

/** The bare HTTP server: one span and one log line per request, problem+json for every error. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log, connections, bare, limits, receive } = options
  const servers: Server[] = []
  const app = Fastify({
    loggerInstance: fastifyLog(log),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytes,
    forceCloseConnections: 'idle',
    // Who was let in before the stop is answered, with `Connection: close`; nobody else is let in.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: bare.onClientError,
    // An address that cannot be decoded: Fastify runs no hook around it.
    frameworkErrors: (error, request, reply) => {
      const send = request.url.startsWith(`${open311Prefix}/`) ? sendOpen311Error : sendProblem
      void context.with(startRequest(log, request, reply), () => send(error, request, reply))
    },
    serverFactory: (serve) => {
      const create = () =>
        createLimitedServer(connections, limits, (request, response) => receive(request, response, serve))
      servers.push(create(), create())
      servers[1]!.on('clientError', bare.onClientError)
      return servers[0]!
    },
  })
  app.decorateRequest('span', null)
  app.decorateRequest('refusal', null)
  app.decorateRequest('work', null)
  app.decorateRequest('fault', null)
  // What is not JSON is no body of ours; multipart is, for files. An empty body is no body, whatever it is called.
  app.removeContentTypeParser(['text/plain', 'application/json'])
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, body as string, done)
  })
  await app.register(multipart)
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler(sendNotFound)

  app.addHook('onRequest', (request, reply, done) => context.with(startRequest(log, request, reply), done))
  app.addHook('onRequest', async ({ raw }) => {
    const hosts = raw.headersDistinct['host']?.length ?? 0
    // RFC 9112, 3.2: one, and only HTTP/1.0 knows none.
    if (hosts > 1 || (hosts === 0 && raw.httpVersion !== '1.0')) throw new Refusal('requete-illisible')
  })
  app.addHook('onError', async (request, _reply, error) => {
    if (request.span && !(error instanceof Refusal)) failSpan(request.span, error)
  })
  return {
    app,
    async listen(host, port) {
      await app.listen({ port, host: host === 'localhost' ? '127.0.0.1' : host })
      if (host === 'localhost') await listenOnIPv6(servers[1]!, port)
    },
    async close() {
      servers[1]!.close()
      // A connection that served its last request while we wait would be kept alive for the next one.
      const since = performance.now()
      const hangUp = setInterval(() => {
        for (const server of servers) server.closeIdleConnections()
        // What has just been opened may be about to speak.
        if (performance.now() - since >= silenceMs) connections.hangUpOnSilent()
      }, 50)
      await app.close()
      clearInterval(hangUp)
    },
  }
}

const tracer = trace.getTracer('guichet')

/** Opens the span of a request and tells its trace; returns the context to go on in. */
function startRequest(log: Logger, request: FastifyRequest, reply: FastifyReply): Context {
  const parent = contextFrom(request.headers.traceparent as string | undefined)
  const route = request.routeOptions.url ?? noRoute
  const span = tracer.startSpan(
    `${request.method} ${route}`,
    { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method, 'http.route': route } },
    parent,
  )
  request.span = span
  void reply.header('x-trace-id', span.spanContext().traceId)
  return withWork(trace.setSpan(parent, span), beginRequest(log, request, reply))
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
