import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../contracts/errors.ts'
import type { Personne } from '../contracts/principal.ts'
import { liveStreams } from '../infra/metrics.ts'
import { elementSuivi, typesDuSuivi } from '../infra/suivi.ts'
import type { Tail } from '../infra/tail.ts'
import type { Allowance } from './allowance.ts'
import { limits } from './limits.ts'

const heartbeatMs = 15_000
/** Told to who has too many open, in seconds: they stay open until somebody closes one, or its token ends. */
const comeBackS = 60
const maxBuffered = 1024 * 1024

const tooMany = `Vous avez déjà ${limits.streamsPerAccount} fils en direct ouverts: fermez un autre onglet ou une autre application, puis réessayez.`

/**
 * Live timelines as server-sent events. Each event's id is its `rang`: a client that comes back with
 * `Last-Event-ID` gets what it missed, then the rest. A stream closes when its token ends, or when a
 * megabyte waits to be sent; either way the client resumes without loss.
 */
export class LiveStreams {
  readonly #open = new Set<() => void>()
  readonly #tail: Tail
  readonly #allowance: Allowance
  readonly #now: () => Date

  constructor(tail: Tail, allowance: Allowance, now: () => Date) {
    this.#tail = tail
    this.#allowance = allowance
    this.#now = now
  }

  async open(
    request: FastifyRequest,
    reply: FastifyReply,
    person: Personne,
    expiresAt: number,
  ): Promise<void> {
    const head = await this.#tail.head()
    const after = lastEventId(request) ?? head
    // After a restore from a backup the client knows a future that never came: it must start again.
    if (after > head) throw new Refusal('curseur-invalide')
    const leave = this.#allowance.take(person.acteurId, tooMany, { attendre: comeBackS })

    reply.hijack()
    const response = reply.raw
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...(reply.getHeaders() as Record<string, string>),
    })
    response.on('error', () => close())
    const write = (text: string) => {
      if (!this.#open.has(close)) return
      response.write(text)
      if (response.writableLength > maxBuffered) close()
    }
    const stop = this.#tail.follow(
      Object.values(person.usagers),
      typesDuSuivi,
      after,
      (events) => {
        for (const event of events)
          write(`id: ${event.rang}\nevent: suivi\ndata: ${JSON.stringify(elementSuivi(event))}\n\n`)
      },
      (error) => {
        request.fault = error
        close()
      },
    )
    const heartbeat = setInterval(() => write(': ok\n\n'), heartbeatMs)
    const expiry = setTimeout(() => close(), Math.max(0, expiresAt - this.#now().getTime()))
    const close = () => {
      if (!this.#open.delete(close)) return
      leave()
      stop()
      clearInterval(heartbeat)
      clearTimeout(expiry)
      response.end()
      liveStreams.value--
    }
    this.#open.add(close)
    liveStreams.value++
    if (response.destroyed) return close()
    response.once('close', close)
    write('retry: 2000\n\n')
  }

  /** Closes every stream; clients come back elsewhere with their last id. */
  closeAll(): void {
    for (const close of this.#open) close()
  }
}

function lastEventId(request: FastifyRequest): number | null {
  const header = request.headers['last-event-id']
  if (header === undefined || header === '') return null
  if (typeof header !== 'string' || !/^\d{1,15}$/.test(header)) throw new Refusal('curseur-invalide')
  return Number(header)
}
