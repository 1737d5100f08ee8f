import { connectNats, type Nats } from '../../infra/nats.ts'
import { reconcile } from '../../infra/publisher.ts'
import { streamName } from '../../infra/stream.ts'
import { emptyHub, log, prepareEssai, recorder } from '../infra/essai.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'

let db: TestDatabase
let servers: NatsServers
let nats: Nats
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  await emptyHub(db.sql)
  servers = await startNatsServers(1)
  nats = await connectNats(servers.urlOf(), 'essai', log)
})
afterAll(async () => {
  await nats.close()
  await servers.close()
  await db.drop()
})

/** Each consumer with what it reads, and how many messages it gives out ahead. */
async function consumersFor(staff: Record<string, string[]>): Promise<Record<string, unknown>> {
  await reconcile({
    sql: db.sql,
    nats,
    consumers: [recorder('essai.a')],
    staff: Object.entries(staff).map(([user, aggregates]) => ({ user, aggregates })),
    log,
  })
  const made: Record<string, unknown> = {}
  for await (const { name, config } of nats.manager.consumers.list(streamName))
    made[name] = [config.filter_subjects?.toSorted(), config.max_ack_pending]
  return made
}

test('a staff system reads what NATS_STAFF says, and nothing once it is named no more', async () => {
  const reaction = { essai_a: [expect.arrayContaining([expect.stringMatching(/^guichet\./)]), 512] }
  expect(await consumersFor({ ged: ['dossier', 'document'], sig: ['document'] })).toEqual({
    ...reaction,
    ged: [['guichet.evt.document.>', 'guichet.evt.dossier.>'], 1],
    sig: [['guichet.evt.document.>'], 1],
  })
  expect(await consumersFor({ ged: ['dossier'] })).toEqual({
    ...reaction,
    ged: [['guichet.evt.dossier.>'], 1],
  })
  expect(await consumersFor({})).toEqual(reaction)
})
