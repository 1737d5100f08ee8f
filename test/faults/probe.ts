import { events } from '../../contracts/catalog.ts'
import { LogBus } from '../../infra/bus-log.ts'
import { readConfig } from '../../infra/config.ts'
import { createPool } from '../../infra/db.ts'
import { Election } from '../../infra/election.ts'
import { createLogger } from '../../infra/log.ts'
import { Signal } from '../../infra/signal.ts'
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
export const bus = new LogBus(
  {
    sql,
    election: new Election(url),
    ranked: new Signal(),
    subscription: {
      db: { sql, committed: new Signal() },
      now: () => new Date(),
      log,
      retryBaseMs: config.retryBaseMs,
    },
  },
  [probe],
)
