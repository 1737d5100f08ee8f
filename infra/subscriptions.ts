import { SpanKind } from '@opentelemetry/api'
import { z } from 'zod'
import type { EventContract } from '../contracts/define.ts'
import type { Envelope } from '../contracts/envelope.ts'
import { Refusal } from '../contracts/errors.ts'
import { type Db, type Sql, type Transaction, transaction } from './db.ts'
import { type EventRow, eventColumns, toEnvelope } from './event-log.ts'
import type { Logger } from './log.ts'
import { isAway } from './passing.ts'
import { type ReactionTold, tellReaction } from './reaction-line.ts'
import { contextFrom, inSpan } from './telemetry.ts'

export interface ReactionContext {
  /** The transaction of the lane: what is written on it is stored exactly when the event is marked done. */
  readonly sql: Transaction
  readonly now: () => Date
  readonly log: Logger
  /** Stands for the actor in events that the reaction appends. */
  readonly consumer: string
}

/** One reaction file: its durable name, the event types it takes, and what it does with each. */
export interface Consumer {
  readonly name: string
  readonly types: readonly string[]
  readonly handle: (event: Envelope, context: ReactionContext) => Promise<void>
}

type DataOf<E extends EventContract> = z.output<E['data']>

/**
 * Declares a reaction. Event data is parsed by its contract before the handler sees it.
 * @param name `<service>.on-<evenement>`: names the lanes in the database, never change it.
 */
export function reaction<const E extends readonly EventContract[]>(
  name: string,
  contracts: E,
  handle: (
    event: Omit<Envelope, 'data'> & { data: DataOf<E[number]> },
    context: ReactionContext,
  ) => Promise<void>,
): Consumer {
  const byType = new Map(contracts.map((contract) => [contract.type, contract]))
  return {
    name,
    types: [...byType.keys()],
    handle: async (event, context) => {
      const data = byType.get(event.type)?.data.parse(event.data) as DataOf<E[number]>
      await handle({ ...event, data }, context)
    },
  }
}

interface Lane {
  subject: string
  lastSequence: number
  attempts: number
}

export interface SubscriptionOptions {
  readonly db: Db
  readonly now: () => Date
  readonly log: Logger
  readonly retryBaseMs: number
}

/**
 * Brings the lanes of these aggregates up to the log: every subscribed event not yet done is done, in order,
 * each exactly once. All in one transaction when all goes well; when one fails, one transaction per event,
 * so that a failing event stops only its own aggregate. Returns when each lane is done, waiting for its next
 * try, or stopped; throws only when the database does not answer, and then nothing was marked.
 */
export async function deliver(
  options: SubscriptionOptions,
  consumer: Consumer,
  subjects: readonly string[],
): Promise<void> {
  const unique = [...new Set(subjects)].toSorted()
  try {
    while ((await advance(options, consumer, unique, maxPerTransaction)) === maxPerTransaction);
  } catch {
    // The one-by-one pass below meets the same error again and records it on the lane it belongs to.
    for (const subject of unique) await deliverOneByOne(options, consumer, subject)
  }
}

/** More than the messages of a batch, so that one that brings an event each is done at once. */
const maxPerTransaction = 128

async function deliverOneByOne(
  options: SubscriptionOptions,
  consumer: Consumer,
  subject: string,
): Promise<void> {
  let startedAt = performance.now()
  try {
    while ((await advance(options, consumer, [subject], 1)) === 1) startedAt = performance.now()
  } catch (error) {
    await recordFailure(options, consumer, { subject, error, startedAt })
  }
}

/** Does at most `limit` events of these lanes in one transaction; returns how many it did. */
async function advance(
  options: SubscriptionOptions,
  consumer: Consumer,
  subjects: readonly string[],
  limit: number,
): Promise<number> {
  const { db, now, log } = options
  const done: ReactionTold[] = []
  await transaction(db, `reaction ${consumer.name}`, async (tx) => {
    const lanes = await lockLanes(tx, consumer.name, subjects)
    const todo = await undone(tx, consumer.types, lanes, limit)
    const failedBefore = new Map(lanes.map((lane) => [lane.subject, lane.attempts]))
    for (const row of todo) {
      const event = toEnvelope(row)
      const startedAt = performance.now()
      await inSpan(
        `process ${event.type}`,
        {
          kind: SpanKind.CONSUMER,
          parent: contextFrom(event.traceparent),
          refusalFails: true,
          attributes: {
            'messaging.operation.type': 'process',
            'messaging.destination.name': event.type,
            'messaging.consumer.group.name': consumer.name,
            'messaging.message.id': event.id,
          },
        },
        () => consumer.handle(event, { sql: tx, now, log, consumer: consumer.name }),
      )
      done.push({
        event: row,
        attempt: (failedBefore.get(row.subject) ?? 0) + 1,
        startedAt,
        endedAt: performance.now(),
      })
      failedBefore.delete(row.subject)
    }
    await markDone(tx, consumer.name, todo)
  })
  // Only now is it true.
  for (const told of done) tellReaction(options, consumer.name, 'fait', told)
  return done.length
}

/** The lanes that may run, locked in subject order; one that waits for its next try or is stopped may not. */
async function lockLanes(tx: Transaction, consumer: string, subjects: readonly string[]): Promise<Lane[]> {
  await tx`insert into hub.lane (consumer, subject)
    select ${consumer}, s from unnest(${subjects as string[]}::text[]) s order by s on conflict do nothing`
  return await tx<Lane[]>`
    select subject, last_sequence, attempts from hub.lane
    where consumer = ${consumer} and subject = any(${subjects as string[]})
      and not stopped and (next_try is null or next_try <= now())
    order by subject for update`
}

/** Each lane's events by their key: joined in any other way, the planner may come to read the whole log. */
async function undone(tx: Transaction, types: readonly string[], lanes: readonly Lane[], limit: number) {
  if (lanes.length === 0) return []
  return await tx<(EventRow & { rang: number })[]>`
    select ${eventColumns(tx)}
    from unnest(${lanes.map((l) => l.subject)}::text[], ${lanes.map((l) => l.lastSequence)}::int[]) as lane (subject, done)
    cross join lateral (
      select * from hub.event e
      where e.subject = lane.subject and e.sequence > lane.done and e.type = any(${types as string[]}) and e.rang is not null
      order by e.sequence limit ${limit}) e
    order by e.subject, e.sequence limit ${limit}`
}

/** An upsert, though they are all there: it finds each by its key, whatever the planner knows of the table. */
async function markDone(tx: Transaction, consumer: string, done: readonly EventRow[]): Promise<void> {
  const last = new Map(done.map((event) => [event.subject, event.sequence]))
  if (last.size === 0) return
  await tx`
    insert into hub.lane (consumer, subject, last_sequence)
    select ${consumer}, d.subject, d.sequence
    from unnest(${[...last.keys()]}::text[], ${[...last.values()]}::int[]) as d (subject, sequence)
    on conflict (consumer, subject) do update set last_sequence = excluded.last_sequence, attempts = 0, next_try = null,
      failing_since = null, failed_rang = null, error = null`
}

const maxAttempts = 10
const maxDelayMs = 300_000

/**
 * The one place that decides what a failure leads to: a broken contract or a refusal will not mend by itself
 * and stops at once; anything else is tried again after a delay that doubles, with jitter: 10 times at most, or
 * for as long as the database or the disk is away.
 */
export function afterFailure(
  error: unknown,
  attempts: number,
  baseMs: number,
  random = Math.random,
): number | 'stop' {
  if (error instanceof z.ZodError || error instanceof Refusal) return 'stop'
  if (attempts >= maxAttempts && !isAway(error)) return 'stop'
  return Math.min(maxDelayMs, baseMs * 2 ** (attempts - 1)) * (0.5 + random() / 2)
}

async function recordFailure(
  options: SubscriptionOptions,
  consumer: Consumer,
  { subject, error, startedAt }: { subject: string; error: unknown; startedAt: number },
): Promise<void> {
  const endedAt = performance.now()
  const { db, retryBaseMs } = options
  await transaction(db, `echec ${consumer.name}`, async (tx) => {
    // A lane that was new went with the transaction that failed.
    await tx`insert into hub.lane (consumer, subject) values (${consumer.name}, ${subject}) on conflict do nothing`
    const [lane] = await tx<[Lane]>`
      select subject, attempts, last_sequence from hub.lane where consumer = ${consumer.name} and subject = ${subject} for update`
    const [failed] = await undone(tx, consumer.types, [lane], 1)
    if (!failed) return // another process has done it meanwhile
    const attempts = lane.attempts + 1
    const next = afterFailure(error, attempts, retryBaseMs)
    await tx`
      update hub.lane set attempts = ${attempts}, stopped = ${next === 'stop'},
        next_try = now() + ${next === 'stop' ? null : next}::float8 * interval '1 millisecond',
        failing_since = coalesce(failing_since, now()), failed_rang = ${failed.rang},
        error = ${error instanceof Error ? error.name : 'Error'}
      where consumer = ${consumer.name} and subject = ${subject}`
    const told = { event: failed, attempt: attempts, startedAt, endedAt, error }
    if (next === 'stop') tellReaction(options, consumer.name, 'arretee', told)
    else tellReaction(options, consumer.name, 'a_reprendre', { ...told, nextTryInMs: Math.round(next) })
  })
}

/** Tries again the lanes whose time has come; returns how many there were. */
export async function retryDue(options: SubscriptionOptions, consumer: Consumer): Promise<number> {
  const due = await options.db.sql<{ subject: string }[]>`
    select subject from hub.lane
    where next_try <= now() and not stopped and consumer = ${consumer.name} order by next_try limit 100`
  for (const { subject } of due) await deliverOneByOne(options, consumer, subject)
  return due.length
}

/**
 * Finds lanes that are behind the log although nothing holds them, between two rangs: a bus that forgot a
 * message is no loss. Returns their aggregates.
 */
export async function behind(sql: Sql, consumer: Consumer, after: number, upTo: number): Promise<string[]> {
  const rows = await sql<{ subject: string }[]>`
    select distinct e.subject from hub.event e
    left join hub.lane l on l.consumer = ${consumer.name} and l.subject = e.subject
    where e.rang > ${after} and e.rang <= ${upTo} and e.type = any(${consumer.types as string[]})
      and coalesce(l.last_sequence, 0) < e.sequence and not coalesce(l.stopped, false) and l.next_try is null`
  return rows.map((row) => row.subject)
}
