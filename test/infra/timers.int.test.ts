import { readConfig } from '../../infra/config.ts'
import type { Queryable, Sql } from '../../infra/db.ts'
import { fireDue, type Timer, Timers, type TimersOptions } from '../../infra/timers.ts'
import '../../infra/tracing.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { change, create, dossier, emptyHub, log, openDb, prepareEssai } from './essai.ts'

const name = 'essai.rappel'
const noon = new Date('2026-03-01T12:00:00Z')
const later = new Date('2026-03-08T12:00:00Z')

let db: TestDatabase
let service: Sql
let one: TimersOptions
let two: TimersOptions
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  service = db.role('demarches')
  one = { db: openDb(service), now: () => noon, log, config: readConfig({}), pollMs: 10 }
  two = { ...one, db: openDb(db.role('demarches')) }
})
beforeEach(() => emptyHub(db.sql))
afterAll(() => db.drop())

/** Leaves one row per firing, in the timer's transaction. */
const effect: Timer['fire'] = async (id, { sql }) => {
  await sql`insert into essai.effet (consumer, subject, sequence) values (${name}, ${dossier(id)}, 1)`
}
const only = (fire: Timer['fire']) => new Map([[name, { name, fire }]])
const arm = (id: string, at: Date | null, sql: Queryable = service) =>
  change(sql, id, undefined, { timers: { [name]: at } })
const effects = async () => (await db.sql`select from essai.effet`).length
const row = async (id: string) =>
  (
    await db.sql`select due_at, attempts, stopped, error, failing_since from hub.timer where subject = ${dossier(id)}`
  )[0]

test('a timer fires when it is due, not before, and is struck off', async () => {
  const id = await create(service, undefined, { timers: { [name]: later } })
  expect(await fireDue(one, only(effect))).toBe(0)
  expect(await fireDue({ ...one, now: () => later }, only(effect))).toBe(1)
  expect(await effects()).toBe(1)
  expect(await row(id)).toBeUndefined()
})

test('a timer armed by the database’s own clock, to the microsecond, fires, or fails, as any other', async () => {
  const id = await create(service, undefined, { timers: { [name]: noon } })
  const sharpen = () => db.sql`update hub.timer set due_at = timestamptz '2026-03-01 11:00:00.123456Z'`
  await sharpen()
  const failing = only(async () => {
    throw new Error('broken')
  })
  expect(await fireDue(one, failing)).toBe(0)
  expect(await row(id)).toMatchObject({ attempts: 1 })
  await sharpen()
  expect(await fireDue(one, only(effect))).toBe(1)
  expect(await effects()).toBe(1)
})

test('a hundred timers fire once each under two processes', async () => {
  await Promise.all(
    Array.from({ length: 100 }, () => create(service, undefined, { timers: { [name]: noon } })),
  )
  const processes = [one, two].map((options) => new Timers(options, [{ name, fire: effect }]))
  await eventually(async () => expect(await db.sql`select from hub.timer`).toHaveLength(0))
  await Promise.all(processes.map((timers) => timers.stop()))
  const [fired] = await db.sql`select count(*) as times, count(distinct subject) as objects from essai.effet`
  expect(fired).toEqual({ times: 100, objects: 100 })
})

test('a timer that is disarmed does not fire', async () => {
  const id = await create(service, undefined, { timers: { [name]: noon } })
  await arm(id, null)
  expect(await fireDue(one, only(effect))).toBe(0)
  expect(await effects()).toBe(0)
})

test.each([
  ['disarms it', null, 0],
  ['moves it', later, 1],
])('a command that %s while it fires wins', async (_, at, firings) => {
  const id = await create(service, undefined, { timers: { [name]: noon } })
  const overtaken = only(async (id, context) => {
    await effect(id, context)
    await arm(id, at, two.db.sql)
  })
  expect(await fireDue(one, overtaken)).toBe(0)
  expect(await effects()).toBe(0)
  expect(await row(id)).toMatchObject({ dueAt: at, attempts: 0 })
  expect(await fireDue({ ...one, now: () => later }, only(effect))).toBe(firings)
  expect(await effects()).toBe(firings)
})

test.each([
  ['armed again', later],
  ['disarmed', null],
])('a timer %s by its own firing has fired', async (_, at) => {
  const id = await create(service, undefined, { timers: { [name]: noon } })
  const periodic = only(async (id, context) => {
    await effect(id, context)
    await arm(id, at, context.sql)
  })
  expect(await fireDue(one, periodic)).toBe(1)
  expect(await fireDue(one, periodic)).toBe(0)
  expect(await effects()).toBe(1)
  const left = await row(id)
  expect(left?.dueAt ?? null).toEqual(at)
})

test('a database that is away is not the timer’s failure', async () => {
  const id = await create(service, undefined, { timers: { [name]: noon } })
  const away = Object.assign(new Error('full'), { code: 'ENOSPC' })
  const full = only(async () => {
    throw away
  })
  await expect(fireDue(one, full)).rejects.toBe(away)
  expect(await row(id)).toMatchObject({ attempts: 0, dueAt: noon })
  expect(await fireDue(one, only(effect))).toBe(1)
})

test('a timer that fails leaves nothing and is tried again later, ten times at most', async () => {
  const id = await create(service, undefined, { timers: { [name]: new Date('2026-02-01T12:00:00Z') } })
  const failing = only(async (id, context) => {
    await effect(id, context)
    throw new RangeError('broken')
  })
  let at = noon
  for (let attempt = 1; attempt <= 10; attempt++) {
    expect(await row(id)).toMatchObject({ attempts: attempt - 1, stopped: false })
    expect(await fireDue({ ...one, now: () => at }, failing)).toBe(0)
    expect(await fireDue({ ...one, now: () => at }, failing)).toBe(0) // even when it was due long ago
    expect(await row(id)).toMatchObject({ attempts: attempt, error: 'RangeError' })
    at = new Date(at.getTime() + attempt * 30_000)
  }
  expect(await row(id)).toMatchObject({ attempts: 10, stopped: true })
  const [failure] = await db.sql<{ since: number; traceId: string }[]>`
    select extract(epoch from now() - failing_since)::float8 as since, trace_id from hub.failure where subject like ${`%/${id}`}`
  expect(failure!.since).toBeLessThan(60) // not when it would be tried next
  expect(failure!.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(await fireDue({ ...one, now: () => later }, only(effect))).toBe(0)
  expect(await effects()).toBe(0)

  await arm(id, noon)
  expect(await row(id)).toMatchObject({ attempts: 0, stopped: false, error: null, failingSince: null })
  expect(await fireDue(one, only(effect))).toBe(1)
})

test('one timer that fails does not hold up the others', async () => {
  const bad = await create(service, undefined, { timers: { [name]: new Date('2026-02-01T12:00:00Z') } })
  await create(service, undefined, { timers: { [name]: noon } })
  const choosy = only(async (id, context) => {
    if (id === bad) throw new Error('broken')
    await effect(id, context)
  })
  expect(await fireDue(one, choosy)).toBe(1)
  expect(await effects()).toBe(1)
})

test('commands that move timers while they fire deadlock with nothing, and each firing counts once', async () => {
  const ids = await Promise.all(
    Array.from({ length: 6 }, () => create(service, undefined, { timers: { [name]: noon } })),
  )
  const deadlocks = async () =>
    (
      await db.sql<
        [{ deadlocks: number }]
      >`select deadlocks from pg_stat_database where datname = current_database()`
    )[0].deadlocks
  // The command takes the object's row, then the timer's; so does the firing.
  const fire = only(async (id, context) => {
    await change(context.sql, id)
    await effect(id, context)
  })
  const commanded = new AbortController()
  const commanding = Promise.all(
    ids.flatMap((id) =>
      [0, 1].map(async () => {
        for (let n = 0; n < 25; n++) await arm(id, n % 3 === 0 ? null : noon, two.db.sql)
      }),
    ),
  ).finally(() => commanded.abort())
  let fired = 0
  const firing = Promise.all(
    [one, two].map(async (options) => {
      while (!commanded.signal.aborted) {
        const count = await fireDue(options, fire)
        fired += count
      }
    }),
  )
  await Promise.all([commanding, firing])
  expect(await effects()).toBe(fired)
  expect(fired).toBeGreaterThan(6)
  expect(await db.sql`select from hub.timer where attempts > 0`).toHaveLength(0)
  expect(await deadlocks()).toBe(0)
})
