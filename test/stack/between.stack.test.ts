import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { streamName } from '../../infra/stream.ts'
import { Client } from '../demo/client.ts'
import { freePort, signIn } from '../demo/sign-in.ts'
import { check, noFault } from '../faults/checkers.ts'
import { prepareProbe } from '../faults/cluster.ts'
import type { History } from '../faults/load.ts'
import { record } from '../faults/table.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { HubProcess } from '../support/hub-process.ts'
import { auditStream, withNats } from './bus-process.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'
import { type Proxy, startProxy } from './proxy.ts'

/** The probe's consumer (test/faults/probe.ts). */
const durable = 'probe_on-dossier'

let nats: NatsServers
let db: TestDatabase
let folder: string
/** The relay and the publisher; everything else. Each has a line of its own to NATS, which can be cut. */
let hub: HubProcess
let rest: HubProcess
let lineOfHub: Proxy
let lineOfRest: Proxy
let amina: Client

beforeAll(async () => {
  nats = await startNatsServers(1)
}, 60_000)
afterAll(() => nats.close())

afterEach(async () => {
  await Promise.all([hub.kill(), rest.kill()])
  await Promise.all([lineOfHub.close(), lineOfRest.close(), db.drop(), rm(folder, { recursive: true })])
  await withNats(nats.urlOf(), async (nc) => (await nc.jetstreamManager()).streams.delete(streamName))
})

async function setUp(plant?: string): Promise<History> {
  db = await freshDatabase()
  await prepareProbe(db.sql)
  folder = await mkdtemp(join(tmpdir(), 'guichet-between-'))
  ;[lineOfHub, lineOfRest] = await Promise.all([startProxy(nats.ports[0]!), startProxy(nats.ports[0]!)])
  const port = await freePort()
  const common = { port, databaseUrl: db.url, dataFolder: folder, publicUrl: `http://127.0.0.1:${port}` }
  hub = new HubProcess({
    ...common,
    services: 'hub',
    env: { NATS_URL: `nats://127.0.0.1:${lineOfHub.port}` },
  })
  rest = new HubProcess({
    ...common,
    services: 'gateway,identity,demarches,documents',
    env: { NATS_URL: `nats://127.0.0.1:${lineOfRest.port}` },
    preload: [...(plant ? [`./test/faults/plant.ts?${plant}`] : []), './test/faults/probe.ts'],
  })
  await Promise.all([hub.start(), rest.start()])
  amina = new Client(common.publicUrl, await signIn(common.publicUrl, 'amina', demoPassword))
  const history: History = { acknowledged: [], dossiers: [], pieces: [], decisions: [] }
  await createDossier(history)
  await eventually(async () => expect(await effects()).toBe(1))
  await eventually(async () => expect(await unacknowledged()).toBe(0))
  return history
}

async function createDossier(history: History): Promise<void> {
  const { body } = await amina.post<{ id: string }>('/v1/dossiers', { demarche: 'acte-de-naissance' })
  history.dossiers.push(body.id)
  history.acknowledged.push({ dossierId: body.id, version: 1, type: 'guichet.dossier.cree.v1' })
}

const effects = async () => (await db.sql`select from probe.effect`).length

/** Messages that the probe has been given, or will be, and has not acknowledged. */
async function unacknowledged(): Promise<number> {
  return await withNats(nats.urlOf(), async (nc) => {
    const { num_ack_pending: given, num_pending: waiting } = await (
      await nc.jetstreamManager()
    ).consumers.info(streamName, durable)
    return given + waiting
  })
}

/** Everything is done, once, and the stream is the log. */
async function complete(history: History): Promise<void> {
  expect((await check(db.sql, history)).verdict).toEqual(noFault)
  const { wrong, last, events, messages } = await auditStream(db.sql, nats.urlOf())
  expect({ wrong, last, messages }).toEqual({ wrong: [], last: events, messages: events })
}

test('killed between sending an event and hearing that NATS has it, the publisher sends it once', async () => {
  const history = await setUp()
  const { last } = await auditStream(db.sql, nats.urlOf())
  lineOfHub.mute('server')
  await createDossier(history)
  await eventually(async () => expect((await auditStream(db.sql, nats.urlOf())).last).toBe(last + 1))
  await hub.kill()
  lineOfHub.heal()
  await hub.start()
  await createDossier(history)
  await eventually(() => complete(history))
}, 60_000)

test('killed between the commit of an effect and its acknowledgement, the hub does not react again', async () => {
  const history = await setUp()
  lineOfRest.mute('client')
  await createDossier(history)
  await eventually(async () => expect(await effects()).toBe(2))
  expect(await unacknowledged()).toBe(1)
  await rest.kill()
  lineOfRest.heal()
  await rest.start()
  // The message comes again once NATS has waited for its acknowledgement (10 s).
  await eventually(async () => expect(await unacknowledged()).toBe(0), 20_000)
  await complete(history)
}, 60_000)

test('the checkers catch messages that are acknowledged before the commit of their effect', async () => {
  const history = await setUp('ack')
  await db.sql.begin(async (tx) => {
    await tx`lock table probe.effect in exclusive mode`
    await createDossier(history)
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    await rest.kill()
  })
  await rest.start()
  await createDossier(history)
  // The later one is done, so the earlier one will not come any more.
  await eventually(async () => expect(await effects()).toBeGreaterThanOrEqual(2))
  const { verdict } = await check(db.sql, history)
  record({ plant: 'ack', caught: verdict.lostEffects > 0 })
  expect(verdict).toMatchObject({ lostSteps: 0, lostEffects: 1 })
}, 60_000)
