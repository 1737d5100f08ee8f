import { setTimeout as delay } from 'node:timers/promises'
import { type Cluster, startCluster } from '../faults/cluster.ts'
import { mintedSession } from '../faults/minted.ts'
import { seeded } from '../faults/scale.ts'
import { linesOf, startOwnHub } from '../observe/own-hub.ts'
import type { HubProcess } from '../support/hub-process.ts'
import { eventually } from '../support/eventually.ts'
import { type Proxy, startProxy } from './proxy.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

/** Two whole hubs on one database and one Redis, whose line can be broken. */
let server: RedisServer
let proxy: Proxy
let cluster: Cluster
const allowance = 90
beforeAll(async () => {
  server = await startRedis()
  proxy = await startProxy(server.port)
  cluster = await startCluster({
    random: seeded(),
    env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, RATE_ACCOUNT: String(allowance) },
  })
}, 60_000)
afterAll(async () => {
  await cluster?.close()
  await proxy.close()
  await server.close()
})

async function read(hub: HubProcess, token: string, path = '/v1/moi') {
  const at = performance.now()
  const response = await fetch(hub.url + path, { headers: { authorization: `Bearer ${token}` } })
  await response.arrayBuffer()
  return { status: response.status, headers: response.headers, ms: performance.now() - at }
}

async function ready(hub: HubProcess) {
  const response = await fetch(`${hub.url}/health/ready`)
  return [response.status, await response.json()] as const
}
const well = [200, { statut: 'pret', parties: { base: true, redis: true } }]
const worse = [200, { statut: 'degrade', parties: { base: true, redis: false } }]
const health = (expected: unknown) =>
  eventually(async () => {
    for (const hub of cluster.hubs) expect(await ready(hub)).toEqual(expected)
  })

/** As many requests as two allowances, half of them to each gateway, and how many more may pass for what came back. */
async function spendTwice(token: string) {
  await server.client.flushall()
  const since = performance.now()
  const answers: Awaited<ReturnType<typeof read>>[] = []
  for (let n = 0; n < allowance / 3; n++)
    answers.push(
      ...(await Promise.all(Array.from({ length: 6 }, (_, i) => read(cluster.hubs[i % 2]!, token)))),
    )
  return { answers, cameBack: Math.ceil(((performance.now() - since) / 60_000) * allowance) }
}

test('two gateways let one account spend one allowance', async () => {
  const token = await (await mintedSession(cluster, 'amina')).token()
  // On a machine that is too busy for Redis to answer in time each counts for itself; then it is tried again.
  await eventually(async () => {
    const { answers, cameBack } = await spendTwice(token)
    const passed = answers.filter(({ status }) => status === 200).length
    expect(passed).toBeGreaterThanOrEqual(allowance)
    expect(passed).toBeLessThanOrEqual(allowance + cameBack)
    const refused = answers.filter(({ status }) => status === 429)
    expect(passed + refused.length).toBe(answers.length)
    for (const { headers } of refused) expect(headers.get('retry-after')).toBe('1')
  })
})

/** What can befall Redis or the line to it, and how it passes. */
const faults: Record<string, () => Promise<() => Promise<void> | void>> = {
  'is away': async () => {
    await server.kill()
    return () => server.start()
  },
  'is frozen': async () => server.freeze(),
  'is at the end of a half-open line': async () => {
    proxy.freeze()
    return () => proxy.heal()
  },
  'is slow': async () => {
    proxy.delay(120)
    return () => proxy.heal()
  },
}

describe('while Redis', () => {
  test.each(Object.keys(faults))('%s, every request is answered in time, and counted', async (fault) => {
    // Each fault has a person of its own: what the one before has spent is still owed.
    const who = ['bastien', 'claire', 'fatou', 'hugo'][Object.keys(faults).indexOf(fault)]!
    const token = await (await mintedSession(cluster, who)).token()
    for (const hub of cluster.hubs) expect((await read(hub, token)).status).toBe(200)
    await health(well)
    const heal = await faults[fault]!()
    const answers: Awaited<ReturnType<typeof read>>[] = []
    try {
      for (let n = 0; n < 10; n++)
        for (const hub of cluster.hubs) {
          answers.push(await read(hub, token))
          await delay(20)
        }
      await health(worse)
      // By itself each gateway, too, knows an end.
      const flood = await Promise.all(Array.from({ length: allowance }, () => read(cluster.hubs[0]!, token)))
      expect(flood.some(({ status }) => status === 429)).toBe(true)
    } finally {
      await heal()
    }
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(1_000)
    await health(well)
  })

  test('was away, that was told, not for each request, and never where it is', async () => {
    for (const hub of cluster.hubs) {
      const told = linesOf(hub).filter(({ msg }) => msg.startsWith('Redis'))
      expect(new Set(told.map(({ msg }) => msg))).toEqual(
        new Set(['Redis is away: each process counts for itself until it is back']),
      )
      expect(told.length).toBeGreaterThanOrEqual(Object.keys(faults).length)
      expect(told.length).toBeLessThan(4 * Object.keys(faults).length)
      expect(hub.output).not.toContain('redis://')
    }
  })
})

test('the metrics tell whether Redis answers, how long that takes, and what stayed without answer', async () => {
  const hub = await startOwnHub({ REDIS_URL: server.url })
  try {
    await ready(hub.process)
    expect(await hub.metrics()).toMatch(/^guichet_redis_up 1$/m)
    await server.kill()
    await eventually(async () => expect(await ready(hub.process)).toEqual(worse))
    const figures = await hub.metrics()
    expect(figures).toMatch(/^guichet_redis_up 0$/m)
    for (const outcome of ['answered', 'not_asked'])
      expect(figures).toMatch(new RegExp(`guichet_redis_duration_count.*use="sante".*outcome="${outcome}"`))
  } finally {
    await server.start()
    await hub.stop()
    await hub.database.drop()
  }
})
