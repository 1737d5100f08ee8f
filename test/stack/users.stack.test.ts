import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type JetStreamManager, type NatsConnection } from 'nats'
import type { Context } from 'moleculer'
import { createBroker } from '../../infra/broker.ts'
import { natsLogin } from '../../infra/nats.ts'
import { usersConf } from '../../infra/nats/users.ts'
import { allParts, loadServices } from '../../infra/parts.ts'
import { ignoreMissing, openConsumer, openStream, publicFiltersOf, streamName } from '../../infra/stream.ts'
import { playDossiers } from '../faults/load.ts'
import { ownHub } from '../gateway/own-hub.ts'
import { decided } from '../support/dossiers.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { HubProcess } from '../support/hub-process.ts'
import { stranger } from '../support/people.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'
import { parts, staff } from './permission-matrix.ts'

let nats: NatsServers
beforeAll(async () => {
  nats = await startNatsServers(3)
}, 60_000)
afterAll(() => nats.close())

afterEach(() => asEssai((manager) => manager.streams.delete(streamName).catch(ignoreMissing)))

async function asEssai<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const nc = await connect(natsLogin(nats.urlOf('essai')))
  try {
    return await work(await nc.jetstreamManager())
  } finally {
    await nc.close()
  }
}

const login = (user: string) => connect({ ...natsLogin(nats.urlOf(user)), inboxPrefix: `_INBOX.${user}` })

test('a hub in parts needs nothing that its users may not do, and its reactions come by NATS', async () => {
  const urls = JSON.parse(process.env.TEST_NATS_URLS!) as Record<string, string>
  await decided(stranger(), stranger(['usager', 'agent:etat-civil']))
  const nc = await connect(natsLogin(urls.essai!))
  try {
    const manager = await nc.jetstreamManager()
    const { state } = await manager.streams.info(streamName)
    expect(state.messages).toBeGreaterThan(0)
    for (const reaction of ['depose', 'decide'])
      await eventually(async () => {
        const info = await manager.consumers.info(streamName, `documents_on-dossier-${reaction}`)
        expect(info.delivered.consumer_seq).toBeGreaterThan(0)
        expect([info.num_pending, info.num_ack_pending]).toEqual([0, 0])
      })
  } finally {
    await nc.close()
  }
  const logs = [...process.env.TEST_NATS_LOGS!.split(','), process.env.TEST_HUB_LOG!]
  const lines = (await Promise.all(logs.map((file) => readFile(file, 'utf8')))).join('\n').split('\n')
  expect(lines.filter((line) => /violation|does not permit|NATS does not|NATS lets/i.test(line))).toEqual([])
}, 60_000)

test('the whole hub runs in one process, as the user that is made for it', async () => {
  const made = usersConf(await allParts(), await loadServices(), [], ['guichet'])
  const block = /      \{\n        user: "guichet"[^]*?\n      \}\n/.exec(made)![0]
  const user = block.replace(/\$NATS_PASSWORD_\w+/, 'guichet')
  await nats.editUsers((text) => text.replace(/( +\{ user: essai.*\n)/, (essai) => essai + user))
  try {
    const url = nats.urlOf().replaceAll('//', '//guichet:guichet@')
    await eventually(async () => (await connect(natsLogin(url))).close())
    await using hub = await ownHub({ NATS_URL: url })
    await playDossiers(hub.url, 1, 1)
    await asEssai((manager) =>
      eventually(async () => {
        const info = await manager.consumers.info(streamName, 'documents_on-dossier-decide')
        expect([info.delivered.consumer_seq > 0, info.num_pending, info.num_ack_pending]).toEqual([
          true,
          0,
          0,
        ])
      }),
    )
    expect(hub.process.output).not.toContain('NATS')
  } finally {
    await nats.editUsers((text) => text)
  }
}, 60_000)

/** A process of this user that claims to answer these actions, and counts who was asked. */
async function startBroker(user: string, actions: readonly string[]) {
  const asked: string[] = []
  const broker = createBroker(`${user}.essai-${randomUUID()}`, nats.urlOf(user), parts)
  for (const action of actions) {
    const [service = '', name = ''] = action.split('.')
    broker.createService({ name: service, actions: { [name]: (_: Context) => asked.push(action) } })
  }
  await broker.start()
  return { broker, asked }
}

test('a process is asked only what its user runs, whatever it announces', async () => {
  const started = await Promise.all([
    startBroker('gateway', []),
    startBroker('identity', ['identity.lireMoi']),
    startBroker('documents', ['documents.lire', 'identity.lireMoi', 'identity.autre']),
  ])
  try {
    const [gateway, identity, impostor] = started
    await gateway.broker.waitForServices(['identity', 'documents'], 10_000)
    for (let n = 0; n < 20; n++) await gateway.broker.call('identity.lireMoi')
    await gateway.broker.call('documents.lire')
    await expect(gateway.broker.call('identity.autre')).rejects.toThrow(/not found/)
    expect(identity.asked).toHaveLength(20)
    expect(impostor.asked).toEqual(['documents.lire'])
  } finally {
    await Promise.all(started.map(({ broker }) => broker.stop()))
  }
})

/** Where a pull is answered, the asker says: may another hear it, or the stream take it for an event? */
async function pullFor(nc: NatsConnection, subject: string, replyTo: string): Promise<void> {
  nc.publish(subject, JSON.stringify({ batch: 1, expires: 500_000_000 }), { reply: replyTo })
  await nc.flush()
}

test('what a staff system pulls reaches nobody but itself, wherever it lets it be sent', async () => {
  const [hub, essai, system] = await Promise.all([login('hub'), login('essai'), login(staff)])
  try {
    const manager = await hub.jetstreamManager({ checkAPI: false })
    await openStream(manager, { hubId: randomUUID(), firstRang: async () => 1, clustered: true })
    const common = { filters: publicFiltersOf(['dossier']), after: async () => 0, ahead: 512 }
    await openConsumer(manager, { ...common, name: staff })
    await openConsumer(manager, { ...common, name: 'essai' })
    await hub.jetstream().publish('guichet.evt.dossier.cree.v1.x', '{}')
    await hub.jetstream().publish('guichet.evt.dossier.cree.v1.y', '{}')
    const heard: string[] = []
    // A message keeps its subject, wherever it is delivered.
    essai.subscribe('MOL-guichet.>', { callback: (_, { subject }) => heard.push(subject) })
    await essai.flush()

    const next = `CONSUMER.MSG.NEXT.${streamName}`
    for (const replyTo of ['MOL-guichet.REQ.documents.x', 'guichet.evt.dossier.faux.v1.z'])
      await pullFor(system, `$JS.guichet.API.${next}.${staff}`, replyTo)
    // From within the hub's account the same can be heard: it is the account of its own that keeps it apart.
    await pullFor(essai, `$JS.API.${next}.essai`, 'MOL-guichet.REQ.documents.x')
    await eventually(() => expect(heard).toHaveLength(1))
    expect((await manager.streams.info(streamName)).state.last_seq).toBe(2)
    await pullFor(essai, `$JS.API.${next}.essai`, 'guichet.evt.dossier.faux.v1.z')
    await eventually(async () => expect((await manager.streams.info(streamName)).state.last_seq).toBe(3))
    expect(heard).toHaveLength(1)
  } finally {
    await Promise.all([hub, essai, system].map((nc) => nc.close()))
  }
})

test('a process without a permission says which it lacks: at its start, and when it is taken away', async () => {
  const db = await freshDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'guichet-users-'))
  const taken = '"MOL-guichet.REQ.documents.*"'
  const take = (users: string) =>
    users.replace(new RegExp(`(user: "documents"[^]*?subscribe[^]*?)${taken.replace(/[.*]/g, '\\$&')}`), '$1')
  const documents = new HubProcess({
    port: 1, // it has no gateway
    databaseUrl: db.url,
    dataFolder: folder,
    publicUrl: 'http://localhost',
    services: 'documents',
    env: { NATS_URL: nats.urlOf('documents') },
  })
  try {
    await documents.start()
    await nats.editUsers(take)
    await eventually(() => expect(documents.running).toBe(false), 30_000)
    expect(documents.output).toContain(
      '"missing":["subscribe MOL-guichet.REQ.documents.*"],"msg":"NATS has taken a permission away: this process ends"',
    )
    expect(await documents.stop()).toBe(1)
    await expect(documents.start()).rejects.toThrow(
      'NATS does not let this process subscribe MOL-guichet.REQ.documents.*: see to its user',
    )
    await nats.editUsers((users) => users)
    await eventually(() => documents.start())
  } finally {
    await nats.editUsers((users) => users)
    await documents.kill()
    await db.drop()
    await rm(folder, { recursive: true })
  }
}, 90_000)
