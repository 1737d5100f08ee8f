import type { Fragment, JSONValue, PendingQuery, Row } from 'postgres'
import type { z } from 'zod'
import type { EventContract } from '../contracts/define.ts'
import type { Envelope } from '../contracts/envelope.ts'
import type { Actor } from '../contracts/principal.ts'
import { type Db, query, type Queryable } from './db.ts'
import type { IdempotencyKey } from './idempotency.ts'
import { currentTraceparent } from './telemetry.ts'

/** What every state change says of itself. */
export interface Origin {
  /** The service that owns the aggregate. */
  readonly source: string
  readonly actor: Actor
  readonly onBehalfOf?: string
  readonly time: Date
  /** Present when the change answers a request that may be repeated. */
  readonly idempotency?: IdempotencyKey | null
}

export interface Change<C extends EventContract, R extends Row> {
  /** Name of its span: verb and object. */
  readonly name: string
  /**
   * The write of the aggregate's row, `... returning` at least `id` and `version`; `version` is the event's
   * sequence. When its guard matches no row, nothing at all is written.
   */
  readonly write: PendingQuery<R[]>
  readonly event: C
  readonly data: z.input<C['data']>
  /** The citizen concerned, under the identifier of the event's sector; null when there is none. */
  readonly usagerId: string | null
  /** Other statements of the same change, each `insert ... select ... from ecrit` (the written row). */
  readonly also?: readonly Fragment[]
  /** Durable timers of this aggregate: armed at an instant, or disarmed by null. */
  readonly timers?: Readonly<Record<string, Date | null>>
}

/**
 * Writes a change and its event in one statement: both are stored, or neither. The event is selected from
 * the write, so it takes its position after the aggregate's row lock, and positions follow sequences.
 * Returns the written row, or undefined when the guard matched none.
 */
export async function commit<C extends EventContract, R extends Row & { id: string; version: number }>(
  sql: Queryable,
  change: Change<C, R>,
  origin: Origin,
): Promise<R | undefined> {
  const data = change.event.data.parse(change.data) as JSONValue
  const timers = Object.entries(change.timers ?? {})
  const key = origin.idempotency
  const rows = await query(
    change.name,
    sql<R[]>`
    with ecrit as (${change.write}),
    evenement as (
      insert into hub.event (type, source, subject, sequence, time, actor_kind, actor_id, on_behalf_of, usager_id, traceparent, data)
      select ${change.event.type}, ${origin.source}, ${change.event.aggregate} || '/' || ecrit.id, ecrit.version,
        ${origin.time}::timestamptz, ${origin.actor.kind}, ${origin.actor.id}, ${origin.onBehalfOf ?? null}::uuid,
        ${change.usagerId}::uuid, ${currentTraceparent() ?? null}, ${sql.json(data)}
      from ecrit)
    ${change.also?.length ? change.also.map((statement, n) => sql`, suite_${sql.unsafe(String(n))} as (${statement})`) : sql``}
    ${
      timers.length > 0
        ? sql`, minuterie as (
      insert into hub.timer (name, subject, due_at)
      select t.name, ${change.event.aggregate} || '/' || ecrit.id, t.due_at
      from ecrit, unnest(${timers.map(([name]) => name)}::text[], ${timers.map(([, at]) => at?.toISOString() ?? null)}::timestamptz[]) as t (name, due_at)
      on conflict (name, subject) do update set due_at = excluded.due_at, attempts = 0, error = null,
        stopped = false, failing_since = null, failed_trace = null)`
        : sql``
    }
    ${
      key
        ? sql`, demande as (
      insert into hub.request (key, body, result_id) select ${key.key}, ${key.body}, ecrit.id from ecrit)`
        : sql``
    }
    select * from ecrit`,
  )
  return rows[0] as R | undefined
}

/** `commit` on a pool: also wakes the relay. */
export async function commitNow<C extends EventContract, R extends Row & { id: string; version: number }>(
  db: Db,
  change: Change<C, R>,
  origin: Origin,
): Promise<R | undefined> {
  const row = await commit(db.sql, change, origin)
  db.committed.notify()
  return row
}

export interface EventRow {
  rang: number | null
  id: string
  type: string
  source: string
  subject: string
  sequence: number
  time: Date
  actorKind: Actor['kind']
  actorId: string | null
  onBehalfOf: string | null
  usagerId: string | null
  traceparent: string | null
  data: Record<string, unknown>
}

/** The columns of an event, for `select`. */
export function eventColumns(sql: Queryable) {
  return sql`e.rang, e.id, e.type, e.source, e.subject, e.sequence, e.time, e.actor_kind, e.actor_id,
    e.on_behalf_of, e.usager_id, e.traceparent, e.data`
}

export function toEnvelope(row: EventRow & { rang: number }): Envelope {
  return {
    specversion: '1.0',
    id: row.id,
    source: `/${row.source}`,
    type: row.type,
    subject: row.subject,
    time: row.time.toISOString(),
    datacontenttype: 'application/json',
    sequence: row.sequence,
    rang: row.rang,
    ...(row.traceparent && { traceparent: row.traceparent }),
    actor: { kind: row.actorKind, id: row.actorId },
    ...(row.onBehalfOf && { onbehalfof: row.onBehalfOf }),
    usager: row.usagerId,
    data: row.data,
  }
}

/**
 * What staff systems read: without its trace, for a front end that sends one trace to two sectors must not show
 * that they know one person.
 */
export function toPublicEnvelope(row: EventRow & { rang: number }): Envelope {
  const { traceparent: _, ...envelope } = toEnvelope(row)
  return envelope
}

/**
 * Events after `rang`, in order, only what the relay has ranked.
 * @param input.types only these
 * @param input.except not those of a type whose data hold this
 */
export async function readAfter(
  sql: Queryable,
  input: {
    rang: number
    limit: number
    types?: readonly string[]
    except?: readonly { type: string; data: object }[]
  },
): Promise<(EventRow & { rang: number })[]> {
  const { types, except = [] } = input
  return await query(
    'lire les evenements suivants',
    sql<(EventRow & { rang: number })[]>`
    select ${eventColumns(sql)} from hub.event e
    where e.rang > ${input.rang} ${types ? sql`and e.type = any(${types as string[]})` : sql``}
      ${except.length > 0 ? except.map(({ type, data }) => sql`and not (e.type = ${type} and e.data @> ${sql.json(data as never)})`) : sql``}
    order by e.rang limit ${input.limit}`,
  )
}

/** How far the relay has ranked the log. */
export async function lastRang(sql: Queryable): Promise<number> {
  const [row] = await sql<{ lastRang: number }[]>`select last_rang from hub.relay`
  return row?.lastRang ?? 0
}
