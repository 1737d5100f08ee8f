import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Demarche } from '../../contracts/demarches.ts'
import { Signal } from '../../infra/signal.ts'
import { demarche } from '../../services/demarches/catalogue.ts'
import * as store from '../../services/demarches/store.ts'
import { type Cluster, startCluster } from '../faults/cluster.ts'
import { mintedSession } from '../faults/minted.ts'
import { seeded } from '../faults/scale.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

/** Two processes of each part, on one NATS and one Redis. */
let nats: NatsServers
let redis: RedisServer
let database: TestDatabase
let cluster: Cluster
let version = 1
beforeAll(async () => {
  ;[nats, redis, database] = await Promise.all([startNatsServers(1), startRedis(), freshDatabase()])
  const env = { REDIS_URL: redis.url }
  cluster = await startCluster({ random: seeded(), nats, database, env })
}, 120_000)
afterAll(async () => {
  await cluster?.close()
  await nats.close()
  await redis.close()
})

const gateways = () => cluster.hubs.filter(({ serves }) => serves)
const services = () => cluster.hubs.filter((hub) => hub.runs('demarches'))
const id = 'acte-de-naissance'

async function read(gateway: { url: string }): Promise<{ version: number; titre: string }> {
  const response = await fetch(`${gateway.url}/v1/demarches/${id}`)
  expect(response.status).toBe(200)
  return (await response.json()) as Demarche
}

/** What the next release of the service does at its start; returns when its event is committed. */
async function publish(): Promise<void> {
  const db = { sql: database.role('demarches'), committed: new Signal() }
  const nouvelle = { ...demarche(id)!, version: ++version, titre: `Version ${version}` }
  const catalogue = await store.lireVersionDuCatalogue(db.sql)
  const origin = { source: 'demarches', actor: { kind: 'systeme', id: 'essai' }, time: new Date() } as const
  await store.publierDemarche(db, { demarche: nouvelle, version: catalogue }, origin)
}

const stored = async () => (await redis.client.keys('guichet:referentiel:*')).length

test('what is published is read at every gateway, and what was before never again', async () => {
  const seen: number[][] = gateways().map(() => [])
  const stop = new AbortController()
  const readers = gateways().map(async (gateway, n) => {
    while (!stop.signal.aborted) {
      const { version: one, titre } = await read(gateway)
      if (one > 1) expect(titre).toBe(`Version ${one}`)
      seen[n]!.push(one)
      await delay(2)
    }
  })
  for (let n = 0; n < 5; n++) {
    await publish()
    await eventually(async () => {
      for (const gateway of gateways()) expect((await read(gateway)).version).toBe(version)
    })
  }
  stop.abort()
  await Promise.all(readers)
  for (const versions of seen) {
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(versions.length).toBeGreaterThan(20)
  }
})

test('a dossier is begun with the newest version, although no file of these processes holds it', async () => {
  await publish()
  const token = await (await mintedSession(cluster, 'amina')).token()
  for (const gateway of [...gateways(), ...gateways()]) {
    const response = await fetch(`${gateway.url}/v1/dossiers`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify({ demarche: id }),
    })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ demarche: { id, version, titre: `Version ${version}` } })
  }
})

test('what one gateway has asked, the other finds in Redis, also while nobody can be asked', async () => {
  await publish()
  const [one, other] = gateways()
  await eventually(async () => expect((await read(one!)).version).toBe(version))
  await eventually(async () => expect(await stored()).toBeGreaterThan(0))
  await Promise.all(services().map((service) => service.stop()))
  try {
    await eventually(async () => expect((await read(other!)).version).toBe(version))
  } finally {
    await Promise.all(services().map((service) => service.start()))
  }
}, 60_000)

/** How Redis goes, and how it comes back. */
const faults: Record<string, () => Promise<() => Promise<void> | void>> = {
  away: async () => {
    await redis.kill()
    return () => redis.start()
  },
  frozen: async () => redis.freeze(),
}

test.each(Object.keys(faults))('while Redis is %s, what is published is read all the same', async (fault) => {
  const heal = await faults[fault]!()
  try {
    await publish()
    await eventually(async () => {
      for (const gateway of gateways()) expect((await read(gateway)).version).toBe(version)
    })
  } finally {
    await heal()
  }
})

test('what Redis holds of another shape, or no JSON at all, is asked for again', async () => {
  for (const rubbish of ['{"id":1}', 'rubbish', '[]']) {
    await redis.client.flushall()
    await publish()
    await eventually(async () => expect((await read(gateways()[0]!)).version).toBe(version))
    await eventually(async () => expect(await stored()).toBe(1))
    const [key] = await redis.client.keys('guichet:referentiel:*')
    expect(await redis.client.pttl(key!)).toBeGreaterThan(0)
    await redis.client.set(key!, rubbish)
    await eventually(async () => expect((await read(gateways()[1]!)).version).toBe(version))
  }
})
