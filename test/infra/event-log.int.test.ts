import { randomUUID } from 'node:crypto'
import { Envelope } from '../../contracts/envelope.ts'
import type { Sql } from '../../infra/db.ts'
import {
  commit,
  commitNow,
  type EventRow,
  eventColumns,
  lastRang,
  readAfter,
  toEnvelope,
} from '../../infra/event-log.ts'
import { idempotencyKey } from '../../infra/idempotency.ts'
import { inSpan } from '../../infra/telemetry.ts'
import '../../infra/tracing.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import {
  change,
  create,
  dossier,
  emptyHub,
  ObjetChange,
  ObjetClos,
  openDb,
  origin,
  prepareEssai,
  rankAll,
  type Extra,
} from './essai.ts'

let db: TestDatabase
let sql: Sql
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  sql = db.role('demarches')
})
beforeEach(() => emptyHub(db.sql))
afterAll(() => db.drop())

const due = new Date('2026-04-01T00:00:00Z')
const everything = (): Extra => ({
  timers: { 'essai.rappel': due, 'essai.autre': null },
  idempotency: idempotencyKey({ acteurId: 'a', route: 'r', key: 'k', body: 'b' }),
  also: [
    sql`insert into essai.effet (consumer, subject, sequence) select 'also', ecrit.id::text, ecrit.version from ecrit`,
  ],
})
const stored = async () =>
  (
    await db.sql`select (select count(*) from essai.objet) as objects, (select count(*) from hub.event) as events,
    (select count(*) from hub.timer) as timers, (select count(*) from hub.request) as requests,
    (select count(*) from essai.effet) as also`
  )[0]
const events = async () =>
  await db.sql<
    (EventRow & { rang: number })[]
  >`select ${eventColumns(db.sql)} from hub.event e order by position`

test('a change, its event, its timers, its request key and its other statements are stored together', async () => {
  const id = await create(sql, undefined, everything())
  expect(await stored()).toEqual({ objects: 1, events: 1, timers: 2, requests: 1, also: 1 })
  expect(await events()).toMatchObject([
    { subject: dossier(id), sequence: 1, type: ObjetChange.type, rang: null },
  ])
})

test('a guard that matches no row stores nothing at all', async () => {
  const id = await create(sql)
  expect(await change(sql, id, 7, everything())).toBeUndefined()
  expect(await stored()).toEqual({ objects: 1, events: 1, timers: 0, requests: 0, also: 0 })
})

test('a statement that fails takes the others with it', async () => {
  const bad = {
    ...everything(),
    also: [sql`insert into essai.effet (consumer, subject, sequence) select null, 'x', 1 from ecrit`],
  }
  await expect(create(sql, undefined, bad)).rejects.toMatchObject({ code: '23502' })
  expect(await stored()).toEqual({ objects: 0, events: 0, timers: 0, requests: 0, also: 0 })
})

test('data that breaks the contract stores nothing', async () => {
  await expect(create(sql, undefined, { data: { n: 0.5 } })).rejects.toThrow()
  expect(await stored()).toEqual({ objects: 0, events: 0, timers: 0, requests: 0, also: 0 })
})

test('data that the contract does not know does not reach the log', async () => {
  await create(sql, undefined, { data: { n: 1, nom: 'Dupont' } as { n: number } })
  expect((await events())[0]!.data).toEqual({ n: 1 })
})

test('of two changes from the same version exactly one is stored', async () => {
  const id = await create(sql)
  const both = await Promise.all(Array.from({ length: 8 }, () => change(sql, id, 1)))
  expect(both.filter(Boolean)).toEqual([{ id, version: 2 }])
  expect((await events()).map((event) => event.sequence)).toEqual([1, 2])
})

test('an event is a valid envelope, with who, for whom and which trace', async () => {
  const [usagerId, onBehalfOf, actorId] = [randomUUID(), randomUUID(), randomUUID()]
  await inSpan('essai', {}, () =>
    commit(
      sql,
      {
        name: 'essai',
        write: sql<
          { id: string; version: number }[]
        >`insert into essai.objet values (${randomUUID()}, 1) returning id, version`,
        event: ObjetClos,
        data: { n: 3 },
        usagerId,
      },
      { ...origin, actor: { kind: 'agent', id: actorId }, onBehalfOf },
    ),
  )
  await rankAll(db.sql)
  const envelope = toEnvelope((await events())[0]!)
  expect(Envelope.parse(envelope)).toEqual(envelope)
  expect(envelope).toMatchObject({
    source: '/demarches',
    type: 'guichet.dossier.essai-clos.v1',
    time: origin.time.toISOString(),
    rang: 1,
    sequence: 1,
    actor: { kind: 'agent', id: actorId },
    onbehalfof: onBehalfOf,
    usager: usagerId,
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/) as string,
    data: { n: 3 },
  })
})

test('timers are armed, moved and disarmed by later changes', async () => {
  const id = await create(sql, undefined, { timers: { 'essai.rappel': due } })
  const timers = async () => await db.sql`select name, subject, due_at from hub.timer`
  expect(await timers()).toEqual([{ name: 'essai.rappel', subject: dossier(id), dueAt: due }])
  const moved = new Date('2026-05-01T00:00:00Z')
  await change(sql, id, 1, { timers: { 'essai.rappel': moved } })
  expect(await timers()).toEqual([{ name: 'essai.rappel', subject: dossier(id), dueAt: moved }])
  await change(sql, id, 2, { timers: { 'essai.rappel': null } })
  expect(await timers()).toEqual([{ name: 'essai.rappel', subject: dossier(id), dueAt: null }])
})

test('what is not ranked is not read; what is comes in order, by type and page', async () => {
  const id = await create(sql)
  await change(sql, id, 1, { event: ObjetClos })
  await change(sql, id, 2)
  expect(await readAfter(sql, { rang: 0, limit: 10 })).toEqual([])
  expect(await lastRang(sql)).toBe(0)
  await rankAll(db.sql)
  await change(sql, id, 3)
  const rangs = async (input: Parameters<typeof readAfter>[1]) =>
    (await readAfter(sql, input)).map((event) => event.rang)
  expect(await rangs({ rang: 0, limit: 10 })).toEqual([1, 2, 3])
  expect(await rangs({ rang: 1, limit: 1 })).toEqual([2])
  expect(await rangs({ rang: 0, limit: 10, types: [ObjetChange.type] })).toEqual([1, 3])
  expect(await lastRang(sql)).toBe(3)
})

test('on a pool, the relay is woken', async () => {
  const pool = openDb(sql)
  const write = sql<
    { id: string; version: number }[]
  >`insert into essai.objet values (${randomUUID()}, 1) returning id, version`
  await commitNow(pool, { name: 'essai', write, event: ObjetChange, data: { n: 1 }, usagerId: null }, origin)
  expect(pool.committed.count).toBe(1)
})
