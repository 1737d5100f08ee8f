import { SpanKind } from '@opentelemetry/api'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { errorCatalog, Refusal } from '../../contracts/errors.ts'
import type { Db } from '../../infra/db.ts'
import { codeOf, isPassing, refuseIfPassing } from '../../infra/passing.ts'
import type { Ground } from '../../infra/service.ts'
import { contextFrom, failSpan, inSpan } from '../../infra/telemetry.ts'
import { codeSysteme } from './code-systeme.ts'
import { type Depot, recevoirFichier } from './recevoir-fichier.ts'
import { type Lecture, servirContenu } from './servir-contenu.ts'
import { SharedTickets } from './shared-tickets.ts'
import { type OneUse, Tickets } from './tickets.ts'
import { Tours } from './tours.ts'
import { ouvrirVerification, type Verification } from './verification.ts'

/**
 * The door through which the gateway moves bytes, each request under a one-use ticket: on loopback, or where
 * DOCUMENTS_LISTEN says when gateways are on other machines.
 */
export interface Listener {
  /** Its address, without trailing slash. */
  readonly url: string
  readonly depots: OneUse<Depot>
  readonly lectures: OneUse<Lecture>
  /** In which files are examined. */
  readonly tours: Tours
  /** No new request; running ones get 10 seconds to end. */
  stop(): Promise<void>
}

const listeners = new WeakMap<Db, Listener>()

/** The listener of the service to which this pool belongs; one process may run several services in tests. */
export function listenerOf(db: Db): Listener {
  const listener = listeners.get(db)
  if (!listener) throw new Refusal('service-indisponible')
  return listener
}

/** @param inactivityMs a connection on which no byte moves for so long is cut */
export async function startListener(ground: Ground, inactivityMs = 45_000): Promise<Listener> {
  const depots = ticketsOf<Depot>(ground, 'depots')
  const lectures = ticketsOf<Lecture>(ground, 'contenus')
  const tours = new Tours()
  const verification = ouvrirVerification(ground, tours)
  const { host, port } = ground.config.documentsListen
  const receive: RequestListener = (request, response) =>
    void answer(ground, { depots, lectures, verification }, request, response)
  // Who asks before sending the bytes is answered once the ticket is known to be good.
  const server = createServer({ requestTimeout: 15 * 60_000 }, receive).on('checkContinue', receive)
  server.timeout = inactivityMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the listener has no port')
  const listener: Listener = {
    url: `http://${reachableName(host)}:${address.port}`,
    depots,
    lectures,
    tours,
    async stop() {
      await new Promise<void>((resolve) => {
        const patience = setTimeout(() => server.closeAllConnections(), 10_000)
        server.close(() => {
          clearTimeout(patience)
          resolve()
        })
      })
      await verification.stop()
    },
  }
  listeners.set(ground.db, listener)
  return listener
}

function ticketsOf<T>({ redis, now }: Ground, room: string): OneUse<T> {
  const own = new Tickets<T>(now)
  return redis ? new SharedTickets(redis, room, own) : own
}

/** Where every address is listened on, the machine's own name is the one that other machines know. */
function reachableName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname()
  return host.includes(':') ? `[${host}]` : host
}

type Rooms = Pick<Listener, 'depots' | 'lectures'> & { readonly verification: Verification }

/** Answers one request in one span and one line for debugging, under the route: the ticket stands in neither. */
async function answer(
  ground: Ground,
  rooms: Rooms,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now()
  const { route, work } = find(ground, rooms, request, response)
  await inSpan(
    route,
    {
      kind: SpanKind.SERVER,
      parent: contextFrom(request.headers.traceparent?.toString()),
      attributes: { 'http.route': route },
    },
    async (span) => {
      try {
        await work()
      } catch (error) {
        if (interrupted(request, error)) {
          ground.log.debug({ route }, 'file request interrupted')
          return
        }
        if (!(error instanceof Refusal)) {
          failSpan(span, error)
          if (isPassing(error)) ground.log.warn({ code: codeOf(error), route }, 'file request put off')
          else ground.log.error({ err: error, route }, 'file request failed')
        }
        refuse(response, refuseIfPassing(error))
      }
      // What a refused upload still sends is read and forgotten, or the next request on this connection would wait.
      request.resume()
      const status = response.statusCode
      span.setAttribute('http.response.status_code', status)
      ground.log.debug({ route, status, ms: Math.round(performance.now() - started) }, 'file request')
    },
  )
}

/** Did the other side go away? Then nobody is left to answer, and nothing is wrong here. */
function interrupted({ socket }: IncomingMessage, error: unknown): boolean {
  const codes: unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']
  return socket.destroyed && codes.includes(codeSysteme(error))
}

function find(
  ground: Ground,
  { depots, lectures, verification }: Rooms,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const [, method = '', room = '', ticket = ''] =
    /^(PUT|GET|HEAD) \/(depots|contenus)\/([\w-]{43})$/.exec(`${request.method} ${request.url}`) ?? []
  if (method === 'PUT' && room === 'depots')
    return {
      route: 'PUT /depots/{billet}',
      work: async () => {
        // Leaving the loop must not cut the connection: a refusal still has to be answered.
        const octets = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
        const depot = valid(await depots.take(ticket))
        if (request.headers.expect) response.writeContinue()
        send(response, 201, await recevoirFichier(ground, verification, depot, octets))
      },
    }
  if (method !== 'PUT' && room === 'contenus')
    return {
      route: `${method} /contenus/{billet}`,
      work: async () => servirContenu(ground, valid(await lectures.take(ticket)), request, response),
    }
  return { route: 'unknown', work: () => Promise.reject(new Refusal('introuvable')) }
}

function valid<T>(content: T | undefined): T {
  if (content === undefined) throw new Refusal('introuvable')
  return content
}

/** The problem as the gateway translates it; when the answer has begun it can only be broken off. */
function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { code, detail, extra } = error instanceof Refusal ? error : new Refusal('erreur-interne')
  send(response, errorCatalog[code][0], { code, detail, extra })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'private, no-store' })
  response.end(JSON.stringify(body))
}
