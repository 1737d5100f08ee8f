import { SpanKind, trace } from '@opentelemetry/api'
import { headers, type MsgHdrs, NatsError, type StreamInfo } from 'nats'
import type { Sql } from './db.ts'
import type { Election } from './election.ts'
import { type EventRow, lastRang, readAfter, toPublicEnvelope } from './event-log.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'
import type { Nats } from './nats.ts'
import type { Signal } from './signal.ts'
import type { Config } from './config.ts'
import {
  closeOtherStaff,
  durableOf,
  filtersOf,
  keptDays,
  openConsumer,
  openStream,
  publicFiltersOf,
  streamName,
  subjectOf,
} from './stream.ts'
import type { Consumer } from './subscriptions.ts'
import { readCursor } from './sweep.ts'
import { contextFrom } from './telemetry.ts'

/** Sent before the first acknowledgement is awaited: measured, more gains nothing on three servers. */
const inFlight = 256
const pollMs = 200
/** How often the stream is compared with what we know of it, when nothing is published. */
const checkMs = 15_000

export interface PublisherOptions {
  readonly sql: Sql
  readonly nats: Nats
  readonly election: Election
  readonly ranked: Signal
  /** Every reaction of the hub, whichever process runs it. */
  readonly consumers: readonly Consumer[]
  /** Staff systems, each with what it may read. */
  readonly staff: Config['natsStaff']
  readonly log: Logger
}

/**
 * Brings every ranked event to the stream, in order, once: message n is the event of rang n, and each is sent
 * under the condition that the one before it is the last there (decision 0016). No mark is kept in the database:
 * how far the stream is, the stream says. A publisher killed between two steps, a stream that was wiped or put
 * back to an old copy, and two publishers at a time all end the same way: the next message is the right one.
 */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #loop: Loop
  /** The last rang in the stream; null when it must be asked. */
  #at: number | null = null
  #checkAt = 0
  /** A rang whose place in the stream was taken: by another publisher of ours, or by somebody else. */
  #doubt: number | null = null

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#loop = new Loop('publisher', options.log, (stop) => this.#turn(stop))
  }

  async #turn(stop: AbortSignal): Promise<void> {
    const { sql, election, ranked } = this.#options
    const since = ranked.count
    if (!(await election.holds('publisher'))) {
      this.#at = null
      return await pause(500, stop)
    }
    if (this.#at === null || performance.now() >= this.#checkAt) {
      this.#at = await reconcile(this.#options, this.#doubt)
      this.#doubt = null
      this.#checkAt = performance.now() + checkMs
    }
    const events = await readAfter(sql, { rang: this.#at, limit: inFlight })
    const failed = await publish(this.#options, events, this.#at)
    if (failed) {
      this.#at = null
      // The stream is not as we knew it, and `reconcile` will find out how: nothing to worry anybody with.
      if (!isUnexpected(failed.error)) throw failed.error
      this.#doubt = failed.rang
      return
    }
    this.#at += events.length
    if (events.length < inFlight) await ranked.wait(since, pollMs, stop)
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }
}

/** Sends them all; tells the first that was not taken. */
async function publish(
  { nats }: PublisherOptions,
  events: readonly (EventRow & { rang: number })[],
  after: number,
): Promise<{ rang: number; error: unknown } | null> {
  const sent = events.map((event, i) => {
    if (event.rang !== after + i + 1) throw new Error(`rang ${after + i + 1} is missing in the event log`)
    const envelope = toPublicEnvelope(event)
    return tracedAs(event, () =>
      nats.streams.publish(subjectOf(envelope), JSON.stringify(envelope), {
        msgID: event.id,
        headers: cloudEvent,
        expect: { lastSequence: event.rang - 1 },
      }),
    )
  })
  const results = await Promise.allSettled(sent)
  const first = results.findIndex(({ status }) => status === 'rejected')
  if (first < 0) return null
  return { rang: after + first + 1, error: (results[first] as PromiseRejectedResult).reason }
}

/** CloudEvents over NATS, structured mode. */
const cloudEvent = contentType('application/cloudevents+json')

function contentType(type: string): MsgHdrs {
  const made = headers()
  made.set('content-type', type)
  return made
}

/** The way to NATS as a span of the trace that caused the event: from the log until three servers have it. */
async function tracedAs<T>(event: EventRow & { rang: number }, send: () => Promise<T>): Promise<T> {
  const span = trace.getTracer('guichet').startSpan(
    `send ${event.type}`,
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'send',
        'messaging.destination.name': event.type,
        'messaging.message.id': event.id,
        'messaging.nats.stream.sequence': event.rang,
      },
    },
    contextFrom(event.traceparent ?? undefined),
  )
  try {
    return await send()
  } finally {
    span.end()
  }
}

/** Somebody else has published it, or the stream is shorter than we thought. */
function isUnexpected(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === 10071
}

/**
 * Compares the stream with the log, sees to its consumers, and says how far it is. A stream that is not there is made; one that knows a
 * future which the log does not (the database was restored from a backup) is made anew from the log.
 * @param doubt a rang whose message must be looked at, beside the last
 * @throws Error when the stream is another hub's
 */
export async function reconcile(
  options: Pick<PublisherOptions, 'sql' | 'nats' | 'consumers' | 'staff' | 'log'>,
  doubt: number | null = null,
): Promise<number> {
  const { sql, nats, consumers, staff, log } = options
  const [row] = await sql<[{ hubId: string }]>`select hub_id from hub.relay`
  const open = () =>
    openStream(nats.manager, {
      hubId: row.hubId,
      firstRang: () => firstRangToKeep(sql),
      clustered: nats.connection.info?.cluster !== undefined,
    })
  let info = await open()
  if (!(await agrees(sql, nats, info, doubt))) {
    log.error(
      { rang: info.state.last_seq },
      'the bus knows events that the log does not: it is made anew from the log',
    )
    await nats.manager.streams.delete(streamName)
    info = await open()
  }
  for (const consumer of consumers)
    await openConsumer(nats.manager, {
      name: durableOf(consumer),
      filters: filtersOf(consumer.types),
      after: () => readCursor(sql, consumer.name),
      ahead: 512,
    })
  for (const { user, aggregates } of staff)
    await openConsumer(nats.manager, {
      name: user,
      filters: publicFiltersOf(aggregates),
      after: async () => 0,
      ahead: 1,
    })
  await closeOtherStaff(
    nats.manager,
    staff.map(({ user }) => user),
  )
  return info.state.last_seq
}

/**
 * Is the last message of the stream the event that the log has at that rang, and the one in doubt too? What has
 * expired is not asked.
 */
async function agrees(
  sql: Sql,
  { manager }: Nats,
  { state }: StreamInfo,
  doubt: number | null,
): Promise<boolean> {
  if (state.last_seq > (await lastRang(sql))) return false
  if (state.messages === 0) return true
  const asked = [state.last_seq, doubt ?? 0].filter(
    (rang) => rang >= state.first_seq && rang <= state.last_seq,
  )
  for (const rang of asked) {
    const { header } = await manager.streams.getMessage(streamName, { seq: rang })
    const [event] = await sql<{ id: string }[]>`select id from hub.event where rang = ${rang}`
    if (!event || (header as MsgHdrs | undefined)?.get('Nats-Msg-Id') !== event.id) return false
  }
  return true
}

/** The first event that a new stream holds: found by halves, for time and rang grow together. */
async function firstRangToKeep(sql: Sql): Promise<number> {
  let [from, to] = [1, (await lastRang(sql)) + 1]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    const [row] = await sql<{ kept: boolean }[]>`
      select time > now() - ${keptDays} * interval '1 day' as kept from hub.event where rang = ${middle}`
    if (row?.kept) to = middle
    else from = middle + 1
  }
  return from
}
