import { connect, type NatsConnection } from 'nats'
import { JetStreamBus } from '../../infra/bus-jetstream.ts'
import { createPool, type Db, type Sql } from '../../infra/db.ts'
import { Election } from '../../infra/election.ts'
import { connectNats } from '../../infra/nats.ts'
import { roleOf } from '../../infra/migrate.ts'
import { Publisher } from '../../infra/publisher.ts'
import { Relay } from '../../infra/relay.ts'
import { Signal } from '../../infra/signal.ts'
import { streamName } from '../../infra/stream.ts'
import type { Consumer } from '../../infra/subscriptions.ts'
import {
  auditEffects,
  change,
  create,
  emptyHub,
  exactlyOnce,
  log,
  ObjetChange,
  prepareEssai,
  recorder,
} from '../infra/essai.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'

/** One hub process's share: relay, publisher, bus. */
interface Process {
  readonly db: Db
  stop(): Promise<void>
}

let db: TestDatabase
let service: Sql
let servers: NatsServers
let running: Process[] = []
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  service = db.role('demarches')
  servers = await startNatsServers(1)
})
beforeEach(async () => {
  await emptyHub(db.sql)
  await withNats(async (nc) => {
    const manager = await nc.jetstreamManager()
    for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name)
  })
})
afterEach(() => Promise.all(running.map((process) => process.stop())))
afterAll(async () => {
  await db.drop()
  await servers.close()
})

async function withNats<T>(work: (nc: NatsConnection) => Promise<T>): Promise<T> {
  const nc = await connect({ servers: servers.url.split(',') })
  try {
    return await work(nc)
  } finally {
    await nc.close()
  }
}

async function start(consumers: readonly Consumer[]): Promise<Process> {
  const sql = createPool({ url: db.url, max: 6, name: 'test hub' })
  const reactions: Db = {
    sql: createPool({ url: db.url, max: 10, name: 'test', role: roleOf('demarches') }),
    committed: new Signal(),
  }
  const ranked = new Signal()
  const election = new Election(db.url)
  const nats = await connectNats(servers.url, 'essai', log)
  const relay = new Relay({ sql, election, committed: reactions.committed, ranked, log })
  const publisher = new Publisher({ sql, nats, election, ranked, consumers, staff: [], log })
  const subscription = { db: reactions, now: () => new Date(), log, retryBaseMs: 5 }
  const bus = new JetStreamBus({ sql, election, ranked, subscription, nats }, consumers)
  const process: Process = {
    db: reactions,
    stop: async () => {
      running = running.filter((other) => other !== process)
      await Promise.all([bus.stop(), publisher.stop(), relay.stop()])
      await nats.close()
      await election.close()
      await Promise.all([sql.end({ timeout: 1 }), reactions.sql.end({ timeout: 1 })])
    },
  }
  running.push(process)
  return process
}

/** Five writers, ten objects, `turns` changes each. */
async function write(turns: number): Promise<void> {
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      const ids = [await create(service), await create(service)]
      for (let n = 0; n < turns; n++) await change(service, ids[n % 2]!)
    }),
  )
}

const settled = (consumers: readonly Consumer[]) =>
  eventually(async () => {
    for (const consumer of consumers) expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce)
  })

/** What the stream holds, against the log: every message is the event of its number. */
async function auditStream() {
  const ids = await db.sql<{ id: string; rang: number }[]>`select id, rang from hub.event order by rang`
  return await withNats(async (nc) => {
    const manager = await nc.jetstreamManager()
    const { state } = await manager.streams.info(streamName)
    const wrong: number[] = []
    for (const { id, rang } of ids.filter((event) => event.rang >= state.first_seq)) {
      const message = await manager.streams.getMessage(streamName, { seq: rang }).catch(() => null)
      if (message?.header.get('Nats-Msg-Id') !== id) wrong.push(rang)
    }
    return { wrong, last: state.last_seq, events: ids.length, messages: state.messages }
  })
}

const complete = async () => {
  const { wrong, last, events, messages } = await auditStream()
  expect({ wrong, last, messages }).toEqual({ wrong: [], last: events, messages: events })
}

test('each event is one message, its sequence its rang, and takes effect once by two processes', async () => {
  const consumers = [recorder('essai.a'), recorder('essai.b')]
  const before = await create(service)
  await change(service, before)
  await Promise.all([start(consumers), start(consumers)])
  await write(12)
  await settled(consumers)
  await complete()
})

test('a stream that is wiped under a running hub is made anew from the log, and nothing is done twice', async () => {
  const consumers = [recorder('essai.a')]
  await start(consumers)
  await write(4)
  await settled(consumers)
  await withNats(async (nc) => (await nc.jetstreamManager()).streams.delete(streamName))
  await write(4)
  await settled(consumers)
  await eventually(complete)
})

test('a store that is put back to an old copy goes on where the copy ends', async () => {
  const consumers = [recorder('essai.a')]
  const first = await start(consumers)
  await write(3)
  await settled(consumers)
  await first.stop()
  await servers.kill()
  await servers.save()
  await servers.start()
  const second = await start(consumers)
  await write(3)
  await settled(consumers)
  await servers.kill()
  await servers.putBack()
  await servers.start()
  await write(3)
  await settled(consumers)
  await eventually(complete)
  await second.stop()
})

test('reactions go on while NATS is away, and the stream is complete when it is back', async () => {
  const consumers = [recorder('essai.a')]
  await start(consumers)
  await write(2)
  await settled(consumers)
  await servers.kill()
  try {
    await write(3)
    await settled(consumers)
  } finally {
    await servers.start()
  }
  await write(2)
  await settled(consumers)
  await eventually(complete)
})

test('a stream that knows what the log does not is made anew: the database was restored', async () => {
  const consumers = [recorder('essai.a')]
  const first = await start(consumers)
  await write(3)
  await settled(consumers)
  await first.stop()
  await emptyHub(db.sql)
  await start(consumers)
  await write(2)
  await settled(consumers)
  await eventually(complete)
})

test('nothing is written to the stream of another hub', async () => {
  const consumers = [recorder('essai.a')]
  const first = await start(consumers)
  await write(1)
  await settled(consumers)
  await first.stop()
  const { last } = await auditStream()
  await db.sql`update hub.relay set hub_id = gen_random_uuid()`
  await start(consumers)
  await write(1)
  // The reaction comes by the log, so the bus has had its time.
  await settled(consumers)
  expect((await auditStream()).last).toBe(last)
})

test('two publishers that both believe they hold the office send every event once', async () => {
  const consumers = [recorder('essai.a')]
  await Promise.all([start(consumers), start(consumers)])
  const writing = write(30)
  for (let n = 0; n < 5; n++)
    await eventually(async () => {
      const cut = await db.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'guichet election'
          and pid in (select pid from pg_locks where locktype = 'advisory' and granted)`
      expect(cut.length).toBeGreaterThan(0)
    })
  await writing
  await settled(consumers)
  await eventually(complete)
})

test('a failing event stops only its own aggregate, and is tried again', async () => {
  let failures = 3
  const moody = recorder('essai.a', {
    before: (event) => {
      if (event.sequence === 2 && failures-- > 0) throw new Error('now and then')
    },
    types: [ObjetChange.type],
  })
  await start([moody])
  await write(3)
  await settled([moody])
  expect(failures).toBeLessThan(0)
})
