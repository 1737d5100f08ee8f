import { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import { createPool, type Sql, transaction } from '../../infra/db.ts'
import { toEnvelope, type EventRow } from '../../infra/event-log.ts'
import { type Consumer, deliver, retryDue, type SubscriptionOptions } from '../../infra/subscriptions.ts'
import { sweep } from '../../infra/sweep.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  auditEffects,
  change,
  create,
  dossier,
  emptyHub,
  exactlyOnce,
  log,
  ObjetChange,
  ObjetClos,
  openDb,
  prepareEssai,
  rankAll,
  recorder,
} from './essai.ts'

let db: TestDatabase
let service: Sql
let one: SubscriptionOptions
let two: SubscriptionOptions
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  service = db.role('demarches')
  const processOf = (sql: Sql) => ({ db: openDb(sql), now: () => new Date(), log, retryBaseMs: 5 })
  one = processOf(service)
  two = processOf(db.role('demarches'))
})
beforeEach(() => emptyHub(db.sql))
afterAll(() => db.drop())

/** Objects with that many events each, ranked; returns their subjects. */
async function objects(count: number, events: number): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => create(service)))
  for (let n = 1; n < events; n++) await Promise.all(ids.map((id) => change(service, id)))
  await rankAll(db.sql)
  return ids.map(dossier)
}

const lane = async (consumer: Consumer, subject: string) => {
  const [row] =
    await db.sql`select last_sequence, attempts, stopped, next_try is not null as parked, failing_since is not null as failing, error, failed_rang
    from hub.lane where consumer = ${consumer.name} and subject = ${subject}`
  return row
}
const done = (last: number) => ({
  lastSequence: last,
  attempts: 0,
  stopped: false,
  parked: false,
  failing: false,
  error: null,
  failedRang: null,
})
const redrive = (consumer: Consumer) =>
  db.sql`update hub.lane set stopped = false, attempts = 0, next_try = now() where consumer = ${consumer.name} and stopped`

describe('delivered to two processes at once', () => {
  test('every event takes effect once and in order', async () => {
    const subjects = await objects(20, 8)
    const consumer = recorder('essai.double')
    const halves = [subjects, subjects.toReversed(), subjects.slice(5), subjects.slice(0, 15)]
    await Promise.all(halves.flatMap((some) => [deliver(one, consumer, some), deliver(two, consumer, some)]))
    expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
    expect(await lane(consumer, subjects[0]!)).toEqual(done(8))
  })

  test('the same audit catches a lane that is marked outside the transaction of the effect', async () => {
    const subjects = await objects(4, 5)
    const consumer = recorder('essai.double')
    await Promise.all([one, two, one, two].map((process) => deliverCarelessly(process, consumer, subjects)))
    expect((await auditEffects(db.sql, consumer)).doubled).toBeGreaterThan(0)
  })

  test('a lane that the other process has brought up to date is not parked by this one’s failure', async () => {
    const [subject] = await objects(1, 1)
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    let tries = 0
    const failing = recorder('essai.course', {
      before: async () => {
        if (++tries === 2) {
          begun.resolve()
          await end.promise
        }
        throw new Refusal('introuvable')
      },
    })
    const first = deliver(one, failing, [subject!])
    await begun.promise
    const second = deliver(two, recorder('essai.course'), [subject!])
    await eventually(async () => {
      const rows =
        await db.sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      expect(rows).toHaveLength(1)
    })
    end.resolve()
    await Promise.all([first, second])
    expect(await auditEffects(db.sql, failing)).toEqual(exactlyOnce)
    expect(await lane(failing, subject!)).toEqual(done(1))
  })
})

describe('a failing reaction', () => {
  test('stops only its own aggregate', async () => {
    const subjects = await objects(6, 4)
    const [bad, ...good] = subjects
    const consumer = recorder('essai.une-panne', {
      before: (event) => {
        if (event.subject === bad && event.sequence === 3) throw new Error('broken')
      },
    })
    await deliver(one, consumer, subjects)
    for (const subject of good) expect(await lane(consumer, subject)).toEqual(done(4))
    const [failed] = await db.sql`select rang from hub.event where subject = ${bad!} and sequence = 3`
    expect(await lane(consumer, bad!)).toEqual({
      lastSequence: 2,
      attempts: 1,
      stopped: false,
      parked: true,
      failing: true,
      error: 'Error',
      failedRang: failed!.rang,
    })
    expect(await auditEffects(db.sql, consumer)).toEqual({ ...exactlyOnce, missing: 2 })
  })

  test('is tried again with growing delays until it works', async () => {
    const [subject] = await objects(1, 3)
    const tries: number[] = []
    const consumer = recorder('essai.reprise', {
      before: () => {
        tries.push(performance.now())
        if (tries.length < 5) throw new Error('not yet')
      },
    })
    await deliver({ ...one, retryBaseMs: 20 }, consumer, [subject!])
    await eventually(async () => {
      await retryDue({ ...one, retryBaseMs: 20 }, consumer)
      expect(await lane(consumer, subject!)).toEqual(done(3))
    })
    expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
    // The first two come from one delivery: together with others, then alone. Then base * 2^(n-1) * (0.5 to 1).
    for (let n = 2; n < 5; n++)
      expect(tries[n]! - tries[n - 1]!).toBeGreaterThanOrEqual(20 * 2 ** (n - 2) * 0.5)
  })

  test('is not tried before its time, however often it is delivered', async () => {
    const [subject] = await objects(1, 1)
    let tries = 0
    const consumer = recorder('essai.patience', {
      before: () => {
        if (++tries <= 2) throw new Error('not yet')
      },
    })
    await deliver({ ...one, retryBaseMs: 60_000 }, consumer, [subject!])
    await deliver(two, consumer, [subject!])
    expect(await retryDue(two, consumer)).toBe(0)
    expect(tries).toBe(2)
    await db.sql`update hub.lane set next_try = now()`
    expect(await retryDue(two, consumer)).toBe(1)
    expect(await lane(consumer, subject!)).toEqual(done(1))
  })

  test.each([
    ['a broken contract', () => z.object({ n: z.string() }).parse({ n: 1 }), 'ZodError'],
    [
      'a refusal',
      () => {
        throw new Refusal('introuvable')
      },
      'Refusal',
    ],
  ])('stops at once on %s', async (_, before, error) => {
    const [subject] = await objects(1, 2)
    const consumer = recorder('essai.arret', { before })
    await deliver(one, consumer, [subject!])
    expect(await lane(consumer, subject!)).toMatchObject({
      lastSequence: 0,
      attempts: 1,
      stopped: true,
      parked: false,
      error,
    })
    expect(await retryDue(one, consumer)).toBe(0)
  })

  test('stops after ten attempts; the dead letter, driven again, goes on from there and catches up', async () => {
    const [subject, other] = await objects(2, 2)
    let mended = false
    let tries = 0
    const consumer = recorder('essai.lettre-morte', {
      before: (event) => {
        if (event.subject !== subject || event.sequence !== 2 || mended) return
        tries++
        throw new TypeError('broken')
      },
    })
    const impatient = { ...one, retryBaseMs: 0.01 }
    await deliver(impatient, consumer, [subject!, other!])
    await eventually(async () => {
      await retryDue(impatient, consumer)
      expect(await lane(consumer, subject!)).toMatchObject({ stopped: true })
    })
    expect(tries).toBe(11) // once in the batch, then ten attempts
    expect(await lane(consumer, subject!)).toMatchObject({
      lastSequence: 1,
      attempts: 10,
      parked: false,
      error: 'TypeError',
    })

    for (let n = 0; n < 3; n++)
      for (const s of [subject!, other!]) await change(service, s.slice('dossier/'.length))
    await rankAll(db.sql)
    await deliver(one, consumer, [subject!, other!])
    expect(await lane(consumer, subject!)).toMatchObject({ lastSequence: 1, stopped: true })
    expect(await lane(consumer, other!)).toEqual(done(5))

    mended = true
    await redrive(consumer)
    expect(await retryDue(one, consumer)).toBe(1)
    expect(await lane(consumer, subject!)).toEqual(done(5))
    expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
    expect(await retryDue(one, consumer)).toBe(0)
  })

  test('whose connection is ended in the middle leaves nothing, and later works once', async () => {
    const [subject] = await objects(1, 2)
    const sql = db.role('demarches') // to be thrown away
    let killed = 0
    const consumer = recorder('essai.coupure', {
      after: async (_, { sql }) => {
        if (killed++ > 1) return
        const [own] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
        await db.sql`select pg_terminate_backend(${own!.pid})`
        await sql`select 1`
      },
    })
    await deliver({ ...one, db: openDb(sql) }, consumer, [subject!])
    expect(await auditEffects(db.sql, consumer)).toEqual({ ...exactlyOnce, missing: 2 })
    expect(await lane(consumer, subject!)).toMatchObject({ lastSequence: 0, attempts: 1, parked: true })
    await eventually(async () => {
      await retryDue(one, consumer)
      expect(await lane(consumer, subject!)).toEqual(done(2))
    })
    expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
  })
})

test('an event that is not ranked yet waits', async () => {
  const [subject] = await objects(1, 1)
  await change(service, subject!.slice('dossier/'.length))
  const consumer = recorder('essai.attente')
  await deliver(one, consumer, [subject!])
  expect(await lane(consumer, subject!)).toEqual(done(1))
  await rankAll(db.sql)
  await deliver(one, consumer, [subject!])
  expect(await lane(consumer, subject!)).toEqual(done(2))
})

test('more than one transaction’s worth is done in one delivery', async () => {
  const subjects = await objects(10, 20)
  const consumer = recorder('essai.lots')
  await deliver(one, consumer, subjects)
  expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
})

test('a batch reads its own lanes and their events, however much there is that no planner has counted', async () => {
  const sql = createPool({ url: db.url, max: 1, name: 'test' })
  const subscription = { ...one, db: openDb(sql) }
  const consumer = recorder('essai.plan')
  const write = async (from: number, to: number) => {
    await sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, data)
      select ${ObjetChange.type}, 'demarches', 'dossier/' || i, 1, now(), 'horloge', '{"n": 1}' from generate_series(${from}::int, ${to}::int) i`
    await rankAll(sql)
  }
  const batch = (first: number) => Array.from({ length: 64 }, (_, n) => `dossier/${first + n}`)
  const reads = async () => {
    await sql`select pg_stat_force_next_flush()`
    const [row] = await sql<[{ n: number }]>`select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as n
      from pg_stat_user_tables where schemaname = 'hub' and relname in ('event', 'lane')`
    return row.n
  }
  // Plans are made, and kept, while there is hardly anything.
  await write(1, 384)
  for (let n = 0; n < 6; n++) await deliver(subscription, consumer, batch(64 * n + 1))
  await write(385, 6000)
  for (let n = 0; n < 30; n++) await deliver(subscription, consumer, batch(385 + 64 * n))
  const before = await reads()
  for (let n = 0; n < 10; n++) await deliver(subscription, consumer, batch(4001 + 64 * n))
  expect((await reads()) - before).toBeLessThan(10 * 64 * 20)
  await sql.end({ timeout: 1 })
})

test('events of types that a consumer does not take leave holes that stop nothing', async () => {
  const id = await create(service)
  await change(service, id, 1, { event: ObjetClos })
  await change(service, id, 2)
  await change(service, id, 3, { event: ObjetClos })
  await rankAll(db.sql)
  const consumer = recorder('essai.trous', { types: [ObjetClos.type] })
  await deliver(one, consumer, [dossier(id)])
  expect(await lane(consumer, dossier(id))).toEqual(done(4))
  expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
})

test('a sweep finds what the cursor has passed, and leaves what is parked or stopped', async () => {
  const subjects = await objects(6, 3)
  const [parked, stopped, ...forgotten] = subjects
  const consumer = recorder('essai.balai', {
    before: (event) => {
      if (event.subject === parked) throw new Error('later')
      if (event.subject === stopped) throw new Refusal('introuvable')
    },
  })
  await deliver({ ...one, retryBaseMs: 60_000 }, consumer, [parked!, stopped!])
  await db.sql`insert into hub.cursor (consumer, rang) select ${consumer.name}, last_rang from hub.relay`
  expect(await sweep(service, one, consumer)).toBe(forgotten.length)
  for (const subject of forgotten) expect(await lane(consumer, subject)).toEqual(done(3))
  expect(await lane(consumer, stopped!)).toMatchObject({ attempts: 1, stopped: true })
  expect(await lane(consumer, parked!)).toMatchObject({ attempts: 1, parked: true })
  expect(await sweep(service, one, consumer)).toBe(0)
})

/** A planted fault: the effect is committed first, the lane marked afterwards, and nothing is locked. */
async function deliverCarelessly(
  { db, now, log }: SubscriptionOptions,
  consumer: Consumer,
  subjects: string[],
) {
  for (const subject of subjects)
    for (;;) {
      const [row] = await db.sql<(EventRow & { rang: number })[]>`
        select * from hub.event e where subject = ${subject} and sequence > coalesce(
          (select last_sequence from hub.lane l where l.consumer = ${consumer.name} and l.subject = e.subject), 0)
        order by sequence limit 1`
      if (!row) break
      await transaction(db, 'effect', (sql) =>
        consumer.handle(toEnvelope(row), { sql, now, log, consumer: consumer.name }),
      )
      await db.sql`insert into hub.lane (consumer, subject, last_sequence) values (${consumer.name}, ${subject}, ${row.sequence})
        on conflict (consumer, subject) do update set last_sequence = greatest(lane.last_sequence, excluded.last_sequence)`
    }
}
