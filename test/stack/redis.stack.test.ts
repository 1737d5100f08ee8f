import { setTimeout as delay } from 'node:timers/promises'
import { RedisAway } from '../../infra/redis.ts'
import { eventually } from '../support/eventually.ts'
import { startProxy, type Proxy } from './proxy.ts'
import { closeLines, type Line, openLine } from './redis-lines.ts'
import { redisUser, type RedisServer, startRedis } from './redis-server.ts'

let server: RedisServer
let proxy: Proxy
beforeAll(async () => {
  server = await startRedis()
  proxy = await startProxy(server.port)
})
beforeEach(() => server.client.flushall())
afterEach(closeLines)
afterAll(async () => {
  await proxy.close()
  await server.close()
})

const count = ({ redis }: Line) => redis.ask('essai', (client) => client.incr('essai'))
/** How long a question took, and its answer or the reason why there is none. */
async function timed(line: Line): Promise<{ ms: number; answer: number | string }> {
  const at = performance.now()
  const answer = await count(line).catch((error: unknown) => {
    if (error instanceof RedisAway) return error.code
    throw error
  })
  return { ms: performance.now() - at, answer }
}
const away = 'Redis is away: each process counts for itself until it is back'
const back = 'Redis is back: processes count together again'
const texts = ({ told }: Line) => told.map(({ msg }) => msg)

test('a question is answered, and nothing is told while all is well', async () => {
  const line = await openLine(server.url)
  expect([await count(line), await count(line)]).toEqual([1, 2])
  expect(await line.redis.answers()).toBe(true)
  expect(line.told).toEqual([])
})

/** What can befall Redis or the line to it, and how it passes. */
const faults: Record<string, () => Promise<() => Promise<void> | void>> = {
  'is killed': async () => {
    await server.kill()
    return () => server.start()
  },
  'is frozen': async () => server.freeze(),
  'is slow': async () => {
    proxy.delay(150)
    return () => proxy.heal()
  },
  'is at the end of a half-open line': async () => {
    proxy.freeze()
    return () => proxy.heal()
  },
}

describe('while Redis', () => {
  test.each(Object.keys(faults))(
    '%s, a question waits 50 ms at most, one a second, and it is told once',
    async (fault) => {
      const line = await openLine(`redis://127.0.0.1:${proxy.port}`)
      await count(line)
      const heal = await faults[fault]!()
      const answers: { ms: number; answer: number | string }[] = []
      try {
        const end = performance.now() + 1_500
        while (performance.now() < end) {
          answers.push(...(await Promise.all(Array.from({ length: 20 }, () => timed(line)))))
          await delay(2)
        }
      } finally {
        await heal()
      }
      expect(new Set(answers.map(({ answer }) => typeof answer))).toEqual(new Set(['string']))
      // The first twenty wait, then one a second; the others don't.
      expect(answers.filter(({ ms }) => ms > 40).length).toBeLessThanOrEqual(20 + 2)
      expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(500)
      expect(texts(line)).toEqual([away])
      await eventually(async () => expect(await count(line)).toBeGreaterThan(0))
      expect(texts(line)).toEqual([away, back])
    },
  )
})

test('a line that died in silence is opened anew, although nobody closed it', async () => {
  const line = await openLine(`redis://127.0.0.1:${proxy.port}`)
  await count(line)
  proxy.lose()
  await expect(count(line)).rejects.toThrow(RedisAway)
  await eventually(async () => expect(await count(line)).toBeGreaterThan(0))
})

test('one answer that is late is no outage: the next question is asked', async () => {
  const line = await openLine(`redis://127.0.0.1:${proxy.port}`)
  proxy.delay(100)
  await expect(count(line)).rejects.toThrow(RedisAway)
  proxy.heal()
  await eventually(async () => expect(await count(line)).toBeGreaterThan(0), 200)
  expect(line.told).toEqual([])
})

test('an answer that came while the process was busy with something else is in time', async () => {
  const line = await openLine(server.url)
  const asked = count(line)
  await new Promise((resolve) => setImmediate(resolve))
  const busyUntil = performance.now() + 200
  while (performance.now() < busyUntil);
  expect(await asked).toBe(1)
  expect(line.told).toEqual([])
})

test('Redis that answers with an error is away, too, until it takes what we bring', async () => {
  const line = await openLine(server.url)
  await server.client.config('SET', 'maxmemory', '1')
  const set = () => line.redis.ask('essai', (client) => client.set('essai', 'x'))
  try {
    for (let n = 0; n < 3; n++) await expect(set()).rejects.toMatchObject({ name: 'RedisAway', code: 'OOM' })
  } finally {
    await server.client.config('SET', 'maxmemory', '0')
  }
  await eventually(set)
  expect(texts(line)).toEqual([away, back])
})

test('a process starts without Redis, and finds it when it comes', async () => {
  await server.kill()
  const line = await openLine(server.url)
  expect(line.told).toMatchObject([{ msg: away, level: 40, code: 'ECONNREFUSED' }])
  await server.start()
  await eventually(async () => expect(await count(line)).toBe(1))
  expect(texts(line)).toEqual([away, back])
})

test('a start waits 2 s at most for a Redis that is frozen', async () => {
  const goOn = server.freeze()
  const at = performance.now()
  const line = await openLine(server.url)
  goOn()
  expect(performance.now() - at).toBeLessThan(2_500)
  expect(line.told).toMatchObject([{ msg: away, code: 'TIMEOUT' }])
  await eventually(() => count(line))
})

test('what production must not have is told when the line is opened', async () => {
  const settings = { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' }
  for (const [name, value] of Object.entries(settings)) await server.client.config('SET', name, value)
  const evicting = await openLine(server.url)
  await server.client.config('SET', 'maxmemory-policy', 'noeviction')
  expect(texts(evicting)).toEqual([
    'this Redis forgets tickets and counts when it is full (maxmemory-policy allkeys-lru): set noeviction',
  ])
  expect(texts(await openLine(server.url))).toEqual([])
  await server.client.config('SET', 'maxmemory', '500kb')
  expect(texts(await openLine(server.url))).toEqual([
    'this Redis is nearly full (maxmemory): it will soon take nothing more',
  ])
  await server.client.config('SET', 'maxmemory', '0')
})

describe('a user of Redis', () => {
  const url = (login: string) => `redis://${login}@127.0.0.1:${server.port}/0`
  beforeAll(() => server.client.acl('SETUSER', ...redisUser('guichet', 'dit-tout-bas')))

  test('with the rights of infra/redis/users.acl serves the hub, and can do nothing else', async () => {
    const line = await openLine(url('guichet:dit-tout-bas'))
    expect(line.told).toEqual([])
    expect(await line.redis.answers()).toBe(true)
    await expect(line.redis.ask('essai', (client) => client.get('autre:cle'))).rejects.toThrow('NOPERM')
    const other = await openLine(url('guichet:dit-tout-bas'))
    await expect(other.redis.ask('essai', (client) => client.flushall())).rejects.toThrow('NOPERM')
  })

  test('whose password is wrong is told so once, without the password', async () => {
    const line = await openLine(url('guichet:faux-et-secret'))
    await expect(count(line)).rejects.toThrow('WRONGPASS')
    await eventually(async () => expect(Number(await refusedLogins())).toBeGreaterThan(2))
    expect(line.told).toEqual([
      {
        level: 50,
        code: 'WRONGPASS',
        time: expect.anything(),
        msg: expect.stringContaining('Redis refuses'),
      },
    ])
  })

  const refusedLogins = async () => {
    const entries = (await server.client.acl('LOG')) as [string, number, string, string][]
    return entries.find(([, , , reason]) => reason === 'auth')?.[1]
  }
})
