import { LogBus } from '../../infra/bus-log.ts'
import { createPool, type Db, type Sql } from '../../infra/db.ts'
import { Election } from '../../infra/election.ts'
import { roleOf } from '../../infra/migrate.ts'
import { Relay } from '../../infra/relay.ts'
import { Signal } from '../../infra/signal.ts'
import type { Consumer } from '../../infra/subscriptions.ts'
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
  prepareEssai,
  recorder,
} from './essai.ts'

/** One hub process's share: its election, its relay, its bus. */
interface Process {
  readonly db: Db
  readonly ranked: Signal
  stop(): Promise<void>
}

let db: TestDatabase
let service: Sql
let running: Process[] = []
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  service = db.role('demarches')
})
beforeEach(() => emptyHub(db.sql))
afterEach(() => Promise.all(running.map((process) => process.stop())))
afterAll(() => db.drop())

function start(consumers: readonly Consumer[], reading?: Sql): Process {
  const hub = createPool({ url: db.url, max: 6, name: 'test hub' })
  const reactions: Db = {
    sql: createPool({ url: db.url, max: 10, name: 'test', role: roleOf('demarches') }),
    committed: new Signal(),
  }
  const ranked = new Signal()
  const election = new Election(db.url)
  const relay = new Relay({ sql: hub, election, committed: reactions.committed, ranked, log })
  const subscription = { db: reactions, now: () => new Date(), log, retryBaseMs: 5 }
  const bus = new LogBus({ sql: reading ?? hub, election, ranked, subscription }, consumers)
  const process: Process = {
    db: reactions,
    ranked,
    stop: async () => {
      running = running.filter((other) => other !== process)
      await Promise.all([bus.stop(), relay.stop()])
      await election.close()
      await Promise.all([hub.end({ timeout: 1 }), reactions.sql.end({ timeout: 1 })])
    },
  }
  running.push(process)
  return process
}

/** Cuts the line of a process that holds offices: another one may take them before it notices. */
async function cutElection(): Promise<void> {
  await db.sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'guichet election'
      and pid in (select pid from pg_locks where locktype = 'advisory' and granted) limit 1`
}

/** A consumer that fails now and then, the first time it sees an event. */
function moody(name: string): Consumer {
  const failed = new Set<string>()
  return recorder(name, {
    before: (event) => {
      if (event.rang % 29 !== 0 || failed.has(event.id)) return
      failed.add(event.id)
      throw new Error('now and then')
    },
  })
}

/** Five writers, ten objects, `turns` changes each, through that process. */
async function write(process: Process, turns: number): Promise<void> {
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      const ids = [await create(process.db.sql), await create(process.db.sql)]
      for (let n = 0; n < turns; n++) {
        await change(process.db.sql, ids[n % 2]!)
        process.db.committed.notify()
      }
    }),
  )
}

const settled = (consumers: readonly Consumer[]) =>
  eventually(async () => {
    for (const consumer of consumers)
      expect(await auditEffects(db.sql, consumer)).toMatchObject({ missing: 0 })
  })

test('what was written before the start, during and after takes effect once, by two processes', async () => {
  const consumers = [moody('essai.a'), moody('essai.b')]
  const before = await create(service)
  await change(db.sql, before)
  const [first, second] = [start(consumers), start(consumers)]
  await Promise.all([write(first, 12), write(second, 12)])
  await settled(consumers)
  for (const consumer of consumers) expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
})

test('a process that loses its offices, or ends, costs no effect and doubles none', async () => {
  const consumers = [moody('essai.a'), moody('essai.b')]
  const [first, second] = [start(consumers), start(consumers)]
  await write(first, 5)
  const writing = Promise.all([write(first, 20), write(second, 20)])
  await cutElection()
  await write(second, 5)
  await cutElection()
  await writing
  await first.stop()
  await write(second, 5)
  await settled(consumers)
  for (const consumer of consumers) expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
})

test('a consumer whose reaction fails for good holds up neither the others nor its other aggregates', async () => {
  const bad = await create(service)
  const failing = recorder('essai.panne', {
    before: (event) => {
      if (event.subject === dossier(bad)) throw new Error('for good')
    },
  })
  const sound = recorder('essai.saine')
  await write(start([failing, sound]), 5)
  await settled([sound])
  await eventually(async () =>
    expect(await auditEffects(db.sql, failing)).toEqual({ ...exactlyOnce, missing: 1 }),
  )
})

test('a consumer that hardly hears anything does not read the log from its beginning after a restart', async () => {
  // One connection: what the quiet loop asks is answered before what the loud one asks after.
  const reading = createPool({ url: db.url, max: 1, name: 'test bus' })
  const loud = recorder('essai.bruyant')
  const quiet = recorder('essai.discret', { types: [ObjetClos.type] })
  const process = start([loud, quiet], reading)
  const written = 2400
  for (let n = 0; n < written; n += 300) {
    await db.sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, data)
      select ${ObjetChange.type}, 'demarches', 'dossier/' || (i % 10), ${n / 10} + i / 10 + 1, now(), 'horloge', '{"n": 1}'
      from generate_series(0, 299) i`
    process.db.committed.notify()
    await eventually(async () =>
      expect(
        await db.sql`select from hub.cursor where consumer = ${loud.name} and rang >= ${n + 300}`,
      ).toHaveLength(1),
    )
  }
  await process.stop()
  await reading.end({ timeout: 1 })
  const [cursor] = await db.sql<
    { rang: number }[]
  >`select rang from hub.cursor where consumer = ${quiet.name}`
  expect(cursor?.rang).toBeGreaterThan(written - 1300)
})
