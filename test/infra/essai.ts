import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { event } from '../../contracts/define.ts'
import type { Envelope } from '../../contracts/envelope.ts'
import type { Db, Queryable, Sql } from '../../infra/db.ts'
import { type Change, commit, type Origin } from '../../infra/event-log.ts'
import { createLogger } from '../../infra/log.ts'
import { stamp, takeOver } from '../../infra/relay.ts'
import { Signal } from '../../infra/signal.ts'
import type { Consumer, ReactionContext } from '../../infra/subscriptions.ts'

/** A small aggregate of the tests' own (`essai.objet`), written as a service writes: version guard and `commit`. */

export const ObjetChange = event({
  aggregate: 'dossier',
  name: 'essai-change',
  version: 1,
  summary: 'Un objet des essais a changé.',
  data: z.object({ n: z.number().int() }),
})
export const ObjetClos = event({
  aggregate: 'dossier',
  name: 'essai-clos',
  version: 1,
  summary: 'Un objet des essais est clos.',
  data: z.object({ n: z.number().int() }),
})
type ObjetEvent = typeof ObjetChange | typeof ObjetClos

export const log = createLogger({ logLevel: process.env.ESSAI_LOG ?? 'silent', logPretty: false })

export function openDb(sql: Sql): Db {
  return { sql, committed: new Signal() }
}

/** Empties the log, what delivers from it, and the tables of the tests. */
export async function emptyHub(owner: Sql): Promise<void> {
  await owner
    .unsafe(`
    truncate hub.event, hub.cursor, hub.lane, hub.timer, hub.request, hub.journal, essai.objet, essai.effet;
    update hub.relay set last_rang = 0;`)
    .simple()
}

/** The tables of the aggregate and of the effects that reactions leave; any service role may use them. */
export async function prepareEssai(owner: Sql): Promise<void> {
  await owner
    .unsafe(`
    create schema essai;
    create table essai.objet (id uuid primary key, version integer not null);
    create table essai.effet (
      n bigint generated always as identity primary key,
      consumer text not null, subject text not null, sequence integer not null);
    grant usage on schema essai to guichet_demarches;
    grant select, insert, update, delete on all tables in schema essai to guichet_demarches;`)
    .simple()
}

export const origin: Origin = {
  source: 'demarches',
  actor: { kind: 'horloge', id: null },
  time: new Date(),
}

interface Written {
  id: string
  version: number
}
export type Extra = Partial<
  Pick<Change<ObjetEvent, Written>, 'timers' | 'also' | 'event' | 'data' | 'usagerId'>
> &
  Partial<Pick<Origin, 'idempotency'>>

export const dossier = (id: string) => `dossier/${id}`

export async function create(sql: Queryable, id: string = randomUUID(), extra: Extra = {}): Promise<string> {
  await write(
    sql,
    sql<Written[]>`insert into essai.objet (id, version) values (${id}, 1) returning id, version`,
    extra,
  )
  return id
}

/** The next version of the object; `expected` guards it, and undefined means that the guard matched no row. */
export async function change(
  sql: Queryable,
  id: string,
  expected?: number,
  extra: Extra = {},
): Promise<Written | undefined> {
  return await write(
    sql,
    sql<Written[]>`update essai.objet set version = version + 1
      where id = ${id} ${expected === undefined ? sql`` : sql`and version = ${expected}`} returning id, version`,
    extra,
  )
}

async function write(sql: Queryable, statement: Change<ObjetEvent, Written>['write'], extra: Extra) {
  const { idempotency = null, ...rest } = extra
  return await commit<ObjetEvent, Written>(
    sql,
    { name: 'essai', write: statement, event: ObjetChange, data: { n: 1 }, usagerId: null, ...rest },
    { ...origin, idempotency },
  )
}

/** Ranks all that is visible. */
export async function rankAll(sql: Sql): Promise<void> {
  const epoch = await takeOver(sql)
  while ((await stamp(sql, epoch)) !== 0);
}

/** A reaction that leaves one row per event in its transaction; `before` and `after` may throw. */
export function recorder(
  name: string,
  hooks: {
    before?: (event: Envelope, context: ReactionContext) => unknown
    after?: (event: Envelope, context: ReactionContext) => unknown
    types?: readonly string[]
  } = {},
): Consumer {
  return {
    name,
    types: hooks.types ?? [ObjetChange.type],
    handle: async (event, context) => {
      await hooks.before?.(event, context)
      await context.sql`insert into essai.effet (consumer, subject, sequence)
        values (${name}, ${event.subject}, ${event.sequence})`
      await hooks.after?.(event, context)
    },
  }
}

/** What is wrong with the effects of a consumer, against the log; all zero when each event was done once, in order. */
export async function auditEffects(sql: Sql, consumer: Pick<Consumer, 'name' | 'types'>) {
  const [row] = await sql<{ missing: number; doubled: number; inverted: number }[]>`
    with expected as (select subject, sequence from hub.event where type = any(${consumer.types as string[]})),
    done as (
      select subject, sequence, count(*)::int as times, min(n) as n from essai.effet
      where consumer = ${consumer.name} group by subject, sequence),
    ordered as (select sequence, lag(sequence) over (partition by subject order by n) as previous from done)
    select
      (select count(*) from (select subject, sequence from expected except select subject, sequence from done) m)::int as missing,
      (select coalesce(sum(times - 1), 0) from done)::int as doubled,
      (select count(*) from ordered where previous > sequence)::int as inverted`
  return row!
}

export const exactlyOnce = { missing: 0, doubled: 0, inverted: 0 }
