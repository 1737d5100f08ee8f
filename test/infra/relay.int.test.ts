import { setTimeout as delay } from 'node:timers/promises'
import type { PendingQuery, Row } from 'postgres'
import type { Sql } from '../../infra/db.ts'
import { stamp, takeOver } from '../../infra/relay.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { change, create, dossier, emptyHub, ObjetChange, origin, prepareEssai } from './essai.ts'
import { auditLog, type Plan, type Ranker, sound, storm, type Write } from './storm.ts'

let db: TestDatabase
let plan: Plan
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  plan = { services: [db.role('demarches'), db.role('demarches')], relays: [db.sql, db.role('hub')] }
})
beforeEach(() => emptyHub(db.sql))
afterAll(() => db.drop())

test('nothing is lost, doubled or inverted under 16 clients and two relays that depose each other', async () => {
  const { acknowledged, depositions } = await storm(plan)
  expect(await auditLog(db.sql, acknowledged)).toEqual(sound)
  expect(acknowledged.length).toBeGreaterThan(200)
  expect(depositions).toBeGreaterThan(3)
})

test('a deposed relay writes nothing', async () => {
  await create(db.sql)
  const deposed = await takeOver(db.sql)
  const holder = await takeOver(db.sql)
  expect(await stamp(db.sql, deposed)).toBe('deposed')
  const [untouched] =
    await db.sql`select last_rang, (select count(rang) from hub.event) as ranked from hub.relay`
  expect(untouched).toEqual({ lastRang: 0, ranked: 0 })
  expect(await stamp(db.sql, holder)).toBe(1)
})

test('a batch sent again while the first one still runs in the server does not rank twice', async () => {
  // The client lost its connection and repeats the statement on another; the server is still at the first.
  const epoch = await takeOver(db.sql)
  const id = await create(db.sql)
  for (let n = 0; n < 20; n++) await change(db.sql, id)
  const lock = Promise.withResolvers<void>()
  const locked = db.sql.begin(async (tx) => {
    await tx`select from hub.relay for update`
    await lock.promise
  })
  const both = Promise.all([stamp(db.sql, epoch), stamp(db.sql, epoch)])
  await eventually(async () => {
    const [row] = await db.sql`select count(*) as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    expect(row).toEqual({ waiting: 2 })
  })
  lock.resolve()
  await locked
  expect((await both).toSorted()).toEqual([21, 'deposed'])
  const acknowledged = Array.from({ length: 21 }, (_, n) => ({
    client: n,
    turn: 0,
    subject: dossier(id),
    sequence: n + 1,
  }))
  expect(await auditLog(db.sql, acknowledged)).toEqual(sound)
})

test('a transaction held open anywhere delays only its own events', async () => {
  // A gate `xid < xmin` would rank nothing until the holder is done.
  const gate = planted(
    db.sql,
    (sql) => sql`xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint`,
  )
  const end = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const holder = db.sql.begin(async (tx) => {
    await create(tx)
    begun.resolve()
    await end.promise
  })
  await begun.promise
  for (let n = 0; n < 5; n++) await create(db.sql)
  expect(await gate.step()).toBe(0)
  expect(await stamp(db.sql, await takeOver(db.sql))).toBe(5)
  end.resolve()
  await holder
  expect(await stamp(db.sql, await takeOver(db.sql))).toBe(1)
})

describe('the same audit catches', () => {
  /** What the audit finds of that defect, in the first of at most five small storms that shows it. */
  async function found(defect: keyof typeof sound, faulty: Partial<Plan>): Promise<number> {
    for (let attempt = 0; attempt < 5; attempt++) {
      await emptyHub(db.sql)
      const { acknowledged } = await storm({ ...plan, steps: 8, objects: 4, pauseMs: 60, ...faulty })
      const audit = await auditLog(db.sql, acknowledged)
      if (audit[defect] > 0) return audit[defect]
    }
    return 0
  }

  test('a relay that goes by `position > last`: it loses what commits late', async () => {
    let last = 0
    const ranker = (sql: Sql) =>
      planted(
        sql,
        (sql) => sql`position > ${last}`,
        (position) => (last = position),
      )
    expect(await found('unranked', { relays: [db.sql], ranker })).toBeGreaterThan(0)
  })

  test('a relay that ranks by transaction id: an update takes its id before the row lock', async () => {
    const ranker = (sql: Sql) => planted(sql, (sql) => sql`true`, undefined, 'xmin::text::bigint')
    expect(await found('inversions', { relays: [db.sql], ranker })).toBeGreaterThan(0)
  })

  test('a relay that ranks in any order: one client’s writes are told the other way round', async () => {
    const ranker = (sql: Sql) => planted(sql, (sql) => sql`true`, undefined, 'id')
    expect(await found('anachronisms', { relays: [db.sql], ranker })).toBeGreaterThan(0)
  })

  test('a relay that ignores its deposition', async () => {
    const ranker = (sql: Sql) => planted(sql, (sql) => sql`true`)
    expect(await found('gaps', { ranker, pauseMs: 2 })).toBeGreaterThan(0)
  })

  test('an event appended outside the transaction of its write: a rollback leaves a ghost', async () => {
    const write: Write = async (sql, id, expected) => {
      const [row] = await sql<{ id: string; version: number }[]>`
        update essai.objet set version = version + 1
        where id = ${id} ${expected === undefined ? sql`` : sql`and version = ${expected}`} returning id, version`
      if (row) await append(db.sql, row.id, row.version)
      return row
    }
    expect(await found('ghosts', { write })).toBeGreaterThan(0)
  })

  test('an event that takes its position before the lock on the row: sequences are inverted', async () => {
    await db.sql.unsafe('grant usage on sequence hub.event_position_seq to guichet_demarches')
    const write: Write = async (sql, id, expected) => {
      const [drawn] = await sql<{ position: number }[]>`select nextval('hub.event_position_seq') as position`
      await delay(2)
      const [row] = await sql<{ id: string; version: number }[]>`
        with ecrit as (
          update essai.objet set version = version + 1
          where id = ${id} ${expected === undefined ? sql`` : sql`and version = ${expected}`} returning id, version),
        evenement as (
          insert into hub.event (position, type, source, subject, sequence, time, actor_kind, data) overriding system value
          select ${drawn!.position}, ${ObjetChange.type}, 'demarches', 'dossier/' || id, version, now(), 'horloge', '{}' from ecrit)
        select * from ecrit`
      return row
    }
    expect(await found('inversions', { write })).toBeGreaterThan(0)
  })
})

async function append(sql: Sql, id: string, sequence: number): Promise<void> {
  await sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, data)
    values (${ObjetChange.type}, 'demarches', ${dossier(id)}, ${sequence}, ${origin.time}, 'horloge', '{}')
    on conflict on constraint event_sequence do nothing`
}

/** A relay with a fault: it knows no epoch and takes other rows, or in another order, than the real one. */
function planted(
  sql: Sql,
  where: (sql: Sql) => PendingQuery<Row[]>,
  took: (position: number) => void = () => {},
  order = 'position',
): Ranker {
  return {
    takeOver: async () => {},
    step: async () => {
      const rows = await sql<{ position: number }[]>`
        with gate as materialized (select last_rang from hub.relay for update),
        batch as materialized (
          select position, row_number() over (order by ${sql.unsafe(order)}) as n from hub.event
          where rang is null and ${where(sql)}),
        ranked as (
          update hub.event e set rang = gate.last_rang + batch.n from batch, gate where e.position = batch.position
          returning e.position),
        advanced as (update hub.relay set last_rang = relay.last_rang + (select count(*) from batch) from gate)
        select position from ranked order by position`
      if (rows.length > 0) took(rows.at(-1)!.position)
      return rows.length
    },
  }
}
