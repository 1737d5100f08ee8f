import { events } from '../../contracts/catalog.ts'
import { JetStreamBus } from '../../infra/bus-jetstream.ts'
import { LogBus } from '../../infra/bus-log.ts'
import { readConfig } from '../../infra/config.ts'
import { createPool } from '../../infra/db.ts'
import { Election } from '../../infra/election.ts'
import { createLogger } from '../../infra/log.ts'
import { connectNats } from '../../infra/nats.ts'
import { Signal } from '../../infra/signal.ts'
import { durableOf, filtersOf, openConsumer } from '../../infra/stream.ts'
import type { Consumer } from '../../infra/subscriptions.ts'

/**
 * Loaded into a hub process by `--import`: a consumer whose effect is not idempotent. It writes one row per
 * event it is given, so that what was lost, done twice or out of order can be counted afterwards.
 */
const config = readConfig()
const url = config.databaseUrl
if (!url) throw new Error('the probe needs DATABASE_URL')
const log = createLogger(config)
const sql = createPool({ url, name: 'probe', max: 3 })
const probe: Consumer = {
  name: 'probe.on-dossier',
  types: [...events.values()].filter((event) => event.aggregate === 'dossier').map((event) => event.type),
  async handle(event, context) {
    await context.sql`insert into probe.effect (subject, sequence, type) values (${event.subject}, ${event.sequence}, ${event.type})`
  },
}
const reading = {
  sql,
  election: new Election(url),
  ranked: new Signal(),
  subscription: {
    db: { sql, committed: new Signal() },
    now: () => new Date(),
    log,
    retryBaseMs: config.retryBaseMs,
  },
}

/** Where NATS has users, none of the hub's may read for this consumer: it comes as one of its own. */
const natsUrl = process.env.PROBE_NATS_URL ?? config.natsUrl
export const bus = natsUrl ? await byNats(natsUrl) : new LogBus(reading, [probe])

/** The publisher makes the hub's own consumers only; this one is seen to here, however often the stream is lost. */
async function byNats(natsUrl: string): Promise<JetStreamBus> {
  const nats = await connectNats(natsUrl, 'probe', log)
  const durable = {
    name: durableOf(probe),
    filters: filtersOf(probe.types),
    after: async () => 0,
    ahead: 512,
  }
  setInterval(() => void openConsumer(nats.manager, durable).catch(() => {}), 500).unref()
  return new JetStreamBus({ ...reading, nats }, [probe])
}
