import { randomUUID } from 'node:crypto'
import { RateLimit } from '../../gateway/rate.ts'
import { SharedLimit } from '../../gateway/shared-limit.ts'
import { eventually } from '../support/eventually.ts'
import { closeLines, openLine } from './redis-lines.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
beforeEach(() => server.client.flushall())
afterEach(closeLines)
afterAll(() => server.close())

/** The limit as one more gateway counts it. */
async function gateway(perMinute: number): Promise<SharedLimit> {
  const { redis } = await openLine(server.url, 5_000)
  return new SharedLimit(redis, new RateLimit({ perMinute }))
}

test('what passes at three gateways at the same time is the allowance, and no more', async () => {
  const gateways = await Promise.all([gateway(60), gateway(60), gateway(60)])
  const account = randomUUID()
  const since = performance.now()
  const verdicts = await Promise.all(
    Array.from({ length: 300 }, (_, n) => gateways[n % 3]!.spend(account, 1)),
  )
  const cameBack = Math.floor((performance.now() - since) / 1000)
  const passed = verdicts.filter(({ waitMs }) => waitMs === 0)
  expect(passed.length).toBeGreaterThanOrEqual(60)
  expect(passed.length).toBeLessThanOrEqual(60 + cameBack)
  // Each was told of another rest: nobody was counted twice or not at all.
  expect(
    passed
      .slice(0, 60)
      .map(({ remaining }) => remaining)
      .toSorted((a, b) => b - a),
  ).toEqual(Array.from({ length: 60 }, (_, n) => 59 - n))
})

test('it says the same as the limit of one process', async () => {
  const at = Date.now()
  const own = new RateLimit({ perMinute: 70, now: () => at })
  const shared = await gateway(70)
  for (const weight of [1, 5, 10, 3, 50, 2, 1, 40, 1000]) {
    const expected = own.spend('a', weight)
    const verdict = await shared.spend('a', weight)
    expect(Math.abs(verdict.waitMs - expected.waitMs)).toBeLessThan(1_000)
    expect(Math.abs(verdict.resetMs - expected.resetMs)).toBeLessThan(1_000)
    expect(verdict.remaining - expected.remaining).toBeGreaterThanOrEqual(0)
    expect(verdict.remaining - expected.remaining).toBeLessThanOrEqual(1)
  }
})

test('what it says of the time to wait is true', async () => {
  const limit = await gateway(600)
  expect((await limit.spend('a', 600)).waitMs).toBe(0)
  const { waitMs } = await limit.spend('a', 2)
  expect(waitMs).toBeGreaterThan(100)
  expect(waitMs).toBeLessThanOrEqual(200)
  await new Promise((resolve) => setTimeout(resolve, Math.ceil(waitMs)))
  expect((await limit.spend('a', 2)).waitMs).toBe(0)
})

test('an account cannot be read from its key, which is gone when everything has come back', async () => {
  const limit = await gateway(600)
  const account = randomUUID()
  await limit.spend(account, 2)
  const [key, ...others] = await server.client.keys('*')
  expect(others).toEqual([])
  expect(key).toMatch(/^guichet:limite:[\w-]{43}$/)
  const value = await server.client.get(key!)
  expect(`${key} ${value}`).not.toContain(account)
  expect(await server.client.pttl(key!)).toBeGreaterThan(0)
  expect(await server.client.pttl(key!)).toBeLessThanOrEqual(200)
  await eventually(async () => expect(await server.client.exists(key!)).toBe(0))
})

test('a clock of the server that was put back lets nobody owe more than everything', async () => {
  const limit = await gateway(60)
  await limit.spend('a', 1)
  const [key] = await server.client.keys('*')
  await server.client.set(key!, String((Date.now() + 3_600_000) * 1000))
  expect((await limit.spend('a', 1)).waitMs).toBeLessThanOrEqual(1_000)
})

test('without Redis each goes on from what it last heard, and together again when it is back', async () => {
  const [one, other] = [await gateway(60), await gateway(60)]
  for (let n = 0; n < 25; n++) await one.spend('a', 1)
  for (let n = 0; n < 25; n++) await other.spend('a', 1)
  await server.kill()
  // The first has heard of 25, the second of all 50.
  expect((await one.spend('a', 36)).waitMs).toBeGreaterThan(0)
  expect((await other.spend('a', 12)).waitMs).toBeGreaterThan(0)
  expect((await one.spend('a', 30)).waitMs).toBe(0)
  expect((await other.spend('b', 60)).waitMs).toBe(0)
  await server.start()
  await eventually(async () => {
    await one.spend('c', 1)
    const { remaining } = await other.spend('c', 1)
    expect(remaining).toBeLessThan(59)
  })
})

test('a server that was started again knows no script and no account, and learns both', async () => {
  const limit = await gateway(60)
  await limit.spend('a', 59)
  await server.kill()
  await server.start()
  await eventually(async () => {
    await limit.spend('b', 1)
    expect(await server.client.exists(...(await server.client.keys('*')))).toBe(1)
  })
  expect((await limit.spend('a', 50)).waitMs).toBe(0)
})
