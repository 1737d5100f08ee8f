import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from '../../contracts/errors.ts'
import { streamName } from '../../infra/stream.ts'
import type { Sql } from '../../infra/db.ts'
import type { Consumer } from '../../infra/subscriptions.ts'
import {
  auditEffects,
  change,
  create,
  emptyHub,
  exactlyOnce,
  ObjetChange,
  prepareEssai,
  recorder,
} from '../infra/essai.ts'
import { full } from '../faults/scale.ts'
import { record } from '../faults/table.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { auditStream, type BusProcess, startBus, withNats } from './bus-process.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'
import { startProxy } from './proxy.ts'

/** For how long NATS is away: ten minutes in full. */
const awayMs = full ? 600_000 : 600

let db: TestDatabase
let service: Sql
let servers: NatsServers
let running: BusProcess[] = []
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  service = db.role('demarches')
  servers = await startNatsServers(1)
})
beforeEach(async () => {
  await emptyHub(db.sql)
  await withNats(servers.urlOf(), async (nc) => {
    const manager = await nc.jetstreamManager()
    for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name)
  })
})
afterEach(() => Promise.all(running.map((process) => process.stop())))
afterAll(async () => {
  await db.drop()
  await servers.close()
})

async function start(consumers: readonly Consumer[], natsUrl = servers.urlOf()): Promise<BusProcess> {
  const process = await startBus(db, natsUrl, consumers)
  running.push(process)
  return {
    ...process,
    stop: async () => {
      running = running.filter((other) => other !== process)
      await process.stop()
    },
  }
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

const complete = async () => {
  const { wrong, last, events, messages } = await auditStream(db.sql, servers.urlOf())
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
  await withNats(servers.urlOf(), async (nc) => (await nc.jetstreamManager()).streams.delete(streamName))
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

test(
  'reactions go on while NATS is away, and the stream is complete when it is back',
  async () => {
    const started = Date.now()
    const consumers = [recorder('essai.a')]
    await start(consumers)
    await write(2)
    await settled(consumers)
    await servers.kill()
    const back = Date.now() + awayMs
    try {
      do {
        await write(3)
        await settled(consumers)
        await delay(awayMs / 600)
      } while (Date.now() < back)
    } finally {
      await servers.start()
    }
    await write(2)
    await settled(consumers)
    await eventually(complete, 60_000)
    const [seen] = await db.sql<[{ events: number; effects: number }]>`
    select (select count(*) from hub.event)::int as events, (select count(*) from essai.effet)::int as effects`
    record({
      fault: 'NATS away',
      sent: `${seen.events} events`,
      kills: 1,
      acknowledged: seen.events,
      effects: seen.effects,
      lost: 0,
      doubled: 0,
      reordered: 0,
      unexpected: 0,
      wrongRanks: 0,
      seconds: (Date.now() - started) / 1000,
      note: `for ${awayMs / 1000} s; the reactions read the log meanwhile`,
    })
  },
  awayMs + 120_000,
)

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
  const { last } = await auditStream(db.sql, servers.urlOf())
  await db.sql`update hub.relay set hub_id = gen_random_uuid()`
  await start(consumers)
  await write(1)
  // The reaction comes by the log, so the bus has had its time.
  await settled(consumers)
  expect((await auditStream(db.sql, servers.urlOf())).last).toBe(last)
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

test('a message that is not ours is found, and the stream made anew', async () => {
  const consumers = [recorder('essai.a')]
  await start(consumers)
  await write(1)
  await settled(consumers)
  await withNats(servers.urlOf(), (nc) => nc.jetstream().publish('guichet.evt.dossier.faux.v1.x', 'not JSON'))
  await write(1)
  await settled(consumers)
  await eventually(complete)
})

describe('a line to NATS', () => {
  test.each(['cut', 'slow', 'half-open'] as const)(
    'that is %s costs no event and doubles none',
    async (how) => {
      const consumers = [recorder('essai.a')]
      const proxy = await startProxy(servers.ports[0]!)
      const process = await start(consumers, `nats://127.0.0.1:${proxy.port}`)
      try {
        await write(2)
        await settled(consumers)
        const writing = write(10)
        for (let n = 0; n < 3; n++) {
          if (how === 'cut') proxy.cut()
          else if (how === 'slow') proxy.delay(200)
          else proxy.freeze()
          await write(1)
          proxy.heal()
        }
        await writing
        await settled(consumers)
        await eventually(complete)
      } finally {
        await process.stop()
        await proxy.close()
      }
    },
  )
})

test('one event in a hundred that cannot be done stops its own object alone, whatever is wrong with it', async () => {
  const kinds: (() => unknown)[] = [
    () => {
      throw new Error('always')
    },
    () => {
      throw new Refusal('transition-impossible')
    },
    () => ObjetChange.data.parse({ n: 'text' }),
    () => {
      // oxlint-disable-next-line no-throw-literal -- what a careless library may do
      throw 'a text'
    },
    () => Promise.reject(new RangeError('deep')),
    () => db.sql`select 1 / 0`,
  ]
  const ids = await Promise.all(Array.from({ length: 60 }, () => create(service)))
  for (let n = 0; n < 9; n++) await Promise.all(ids.map((id) => change(service, id)))
  // Six of 600, each the fifth of its object.
  const poisoned = new Map(ids.slice(0, 6).map((id, kind) => [`dossier/${id}`, kind]))
  const consumer = recorder('essai.a', {
    before: (event) => (event.sequence === 5 ? kinds[poisoned.get(event.subject) ?? -1]?.() : undefined),
  })
  await start([consumer])
  await eventually(async () => {
    const [row] = await db.sql<{ done: number; stopped: number }[]>`
      select (select count(*)::int from essai.effet) as done,
        (select count(*)::int from hub.lane where stopped) as stopped`
    expect(row).toEqual({ done: 54 * 10 + 6 * 4, stopped: 6 })
  }, 20_000)
  expect(await auditEffects(db.sql, consumer)).toMatchObject({ doubled: 0, inverted: 0 })
}, 30_000)
