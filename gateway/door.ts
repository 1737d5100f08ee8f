import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../contracts/errors.ts'
import { errorPage } from '../infra/issuer/login-page.ts'
import { send as sendPage } from '../infra/issuer/login.ts'
import type { Logger } from '../infra/log.ts'
import { refusals } from '../infra/metrics.ts'
import { addressKey, type Proxies } from './address.ts'
import type { BodyDeadlines } from './body-deadline.ts'
import type { Cors } from './cors.ts'
import type { Limits } from './limits.ts'
import { retryAfter, unspokenProblem } from './problem.ts'
import type { RateLimit } from './rate.ts'

export interface DoorOptions {
  readonly proxies: Proxies
  readonly byAddress: RateLimit
  readonly cors: Cors
  readonly deadlines: BodyDeadlines
  readonly headers: Readonly<Record<string, string>>
  /** Is there more to do than can be done? */
  readonly overloaded: () => boolean
  readonly limits: Limits
  readonly log: Logger
}

/** What is behind the door. */
export interface Inside {
  readonly serve: RequestListener
  /** Answers what is under `/realms/`, when it is embedded. */
  readonly issuer: RequestListener | undefined
  /** Has this `Authorization` lately been that of somebody? */
  readonly knows: (authorization: string | undefined) => boolean
}

/** Who was not let in, and why. */
export type Reason = keyof typeof codeOf

const codeOf = {
  adresse: 'trop-de-requetes',
  compte: 'trop-de-requetes',
  connexions: 'service-indisponible',
  surcharge: 'service-indisponible',
} as const satisfies Record<string, ErrorCode>

/**
 * What every request passes before anything is done for it: no route is looked up, no token read, no body parsed,
 * no span opened, so that saying no costs a small part of saying yes. Only the health of the hub and what
 * administrators do are let in under any load.
 */
export class Door {
  readonly #options: DoorOptions
  readonly #headers: [string, string][]
  readonly #untold = new Map<Reason, number>()

  constructor(options: DoorOptions) {
    this.#options = options
    this.#headers = Object.entries(options.headers)
  }

  /** Lets a request in or refuses it. */
  receive(request: IncomingMessage, response: ServerResponse, { serve, issuer, knows }: Inside): void {
    const { proxies, byAddress, cors, deadlines, limits, overloaded } = this.#options
    const url = request.url ?? ''
    for (const [name, value] of this.#headers) response.setHeader(name, value)
    const toIssuer = issuer !== undefined && url.startsWith('/realms/')
    if (!toIssuer && cors.open(request, response)) return
    if (url !== '/health/live' && url !== '/health/ready') {
      const { waitMs } = byAddress.spend(addressKey(proxies.clientOf(request)), 1)
      // People behind one address cannot choose their neighbours: who is signed in is not refused for what these do.
      if (waitMs > 0 && !knows(request.headers.authorization))
        return this.#refuse(request, response, 'adresse', waitMs)
      if (!url.startsWith('/v1/admin/') && overloaded()) return this.#refuse(request, response, 'surcharge')
    }
    deadlines.start(request, limits.bodyMs)
    if (toIssuer) issuer(request, response)
    else serve(request, response)
  }

  /** Counts a refusal; the log gets one line a second for each reason, whatever comes. */
  count(reason: Reason): void {
    // What an account is refused is counted with its request.
    if (reason !== 'compte') refusals.add(`porte:${reason}`, codeOf[reason])
    if (this.#untold.size === 0)
      setTimeout(() => {
        for (const [reason, failures] of this.#untold)
          this.#options.log.warn({ route: `porte:${reason}`, code: codeOf[reason], failures }, 'not let in')
        this.#untold.clear()
      }, 1_000).unref()
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + 1)
  }

  #refuse(request: IncomingMessage, response: ServerResponse, reason: Reason, waitMs?: number): void {
    const { limits, proxies } = this.#options
    this.count(reason)
    const { status, text } = unspokenProblem(codeOf[reason])
    response.setHeader('retry-after', retryAfter(waitMs))
    // What a long body still brings is not read: the connection ends with the answer.
    if (isLong(request, limits)) response.setHeader('connection', 'close')
    // One client among the many of a proxy must not make us deaf to the others.
    if (reason === 'surcharge' || !proxies.trusts(request.socket.remoteAddress ?? ''))
      restAfter(response, request.socket, limits.restMs)
    if (request.url?.startsWith('/realms/') && request.headers.accept?.includes('text/html'))
      return sendPage(response, status, errorPage('temporarily_unavailable'))
    response
      .writeHead(status, {
        'content-type': 'application/problem+json; charset=utf-8',
        'content-length': text.length,
      })
      .end(text)
  }
}

/**
 * Does not listen to a connection for the second that `Retry-After` asks for at least. Clients that don't care
 * wait in the kernel instead of making us refuse them again: that is what keeps ten times the load cheap.
 */
function restAfter(response: ServerResponse, socket: Socket, ms: number): void {
  // Node listens again once it has thrown away what was left of the request.
  response.once('finish', () =>
    setImmediate(() => {
      socket.pause()
      setTimeout(() => socket.resume(), ms).unref()
    }),
  )
}

function isLong({ headers }: IncomingMessage, { bodyBytes }: Limits): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > bodyBytes
}
