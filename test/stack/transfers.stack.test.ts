import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { pdf } from '../documents/fixtures.ts'
import { type Cluster, startCluster } from '../faults/cluster.ts'
import { mintedSession } from '../faults/minted.ts'
import { seeded } from '../faults/scale.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

/** Two gateways and two processes of the documents service, on one NATS and one Redis. */
let nats: NatsServers
let redis: RedisServer
let cluster: Cluster
beforeAll(async () => {
  ;[nats, redis] = await Promise.all([startNatsServers(1), startRedis()])
  cluster = await startCluster({ random: seeded(), nats, env: { REDIS_URL: redis.url } })
}, 120_000)
afterAll(async () => {
  await cluster?.close()
  await nats.close()
  await redis.close()
})

const documents = () => cluster.hubs.filter((hub) => hub.runs('documents'))
const bytes = Buffer.from(pdf())

/** Sends files and fetches them again until told to stop; what did not end well, and how many files there must be. */
async function transfer(stop: AbortSignal): Promise<{ refused: string[]; sent: number }> {
  const token = await (await mintedSession(cluster, 'amina')).token()
  const authorization = `Bearer ${token}`
  const refused: string[] = []
  let sent = 0
  /** As long as it is told to come again; anything else is a fault. */
  const insist = async (work: () => Promise<Response>): Promise<Buffer> => {
    for (;;) {
      const response = await work()
      const answer = Buffer.from(await response.arrayBuffer())
      if (response.ok) return answer
      refused.push(`${response.status} ${response.headers.get('retry-after')}`)
      if (response.status !== 503) throw new Error(`${response.status} ${answer.toString()}`)
      await delay(100)
    }
  }
  const work = async () => {
    while (!stop.aborted) {
      const headers = { authorization, 'idempotency-key': randomUUID() }
      const stored = await insist(() => {
        const body = new FormData()
        body.append('fichier', new Blob([bytes]), 'piece.pdf')
        return fetch(`${cluster.url}/v1/documents?secteur=etat-civil`, { method: 'POST', headers, body })
      })
      sent++
      const { id } = JSON.parse(stored.toString()) as { id: string }
      const content = await insist(() =>
        fetch(`${cluster.url}/v1/documents/${id}/contenu`, { headers: { authorization } }),
      )
      expect(content.equals(bytes)).toBe(true)
    }
  }
  await Promise.all(Array.from({ length: 4 }, work))
  return { refused, sent }
}

async function during(faults: () => Promise<void>) {
  await cluster.database.sql`delete from documents.document`
  const stop = new AbortController()
  const [result] = await Promise.all([transfer(stop.signal), faults().finally(() => stop.abort())])
  const [row] = await cluster.database.sql<{ n: number }[]>`select count(*)::int as n from documents.document`
  return { ...result, stored: row!.n }
}

test('a process of documents that is told to stop under load costs no file and no request', async () => {
  const { refused, sent, stored } = await during(async () => {
    for (const hub of [...documents(), ...documents()]) {
      expect(await hub.stop()).toBe(0)
      await hub.start()
      await delay(300)
    }
  })
  expect(refused).toEqual([])
  expect(stored).toBe(sent)
  expect(sent).toBeGreaterThan(10)
}, 60_000)

test('a Redis that is killed, emptied and frozen under load costs no file and no request', async () => {
  const { refused, sent, stored } = await during(async () => {
    for (let n = 0; n < 3; n++) {
      await delay(200)
      await redis.kill()
      await delay(200)
      await redis.start()
      await delay(200)
      await redis.client.flushall()
      await delay(200)
      const goOn = redis.freeze()
      await delay(400)
      goOn()
    }
  })
  expect(refused).toEqual([])
  expect(stored).toBe(sent)
  expect(sent).toBeGreaterThan(10)
}, 60_000)
