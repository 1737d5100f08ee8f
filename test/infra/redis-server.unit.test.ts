import type { Redis as Client } from 'ioredis'
import { RedisServer } from '../../infra/redis-server.ts'

/** What the administrator of such a server is told when a line to it is opened twice. */
async function told(...info: string[]): Promise<string[]> {
  const lines: string[] = []
  const silent = () => {}
  const warn = (_: object, message: string) => void lines.push(message)
  const log = { error: silent, warn, info: silent, debug: silent, child: () => log }
  const server = new RedisServer(log)
  const client = { info: async () => info.join('\r\n') } as Client
  expect(await server.read(client)).toBe(await server.read(client))
  return lines
}

test.each([['redis_version:6.2.14'], ['redis_version:7.2.4', 'valkey_version:6.9.0']])(
  'a server older than 7 is told once: %s',
  async (...info) => {
    expect(await told(...info)).toEqual(['this Redis is too old for production: 7 or newer is needed'])
  },
)

test.each([
  ['redis_version:7.0.15'],
  ['redis_version:10.0.0'],
  ['redis_version:7.2.4', 'valkey_version:8.1.0'],
  ['redis_version:8.2.0', 'maxmemory:0', 'maxmemory_policy:allkeys-lru'],
  ['redis_version:8.2.0', 'maxmemory:1000', 'used_memory:800', 'maxmemory_policy:noeviction'],
])('nothing is told of %s %s', async (...info) => {
  expect(await told(...info)).toEqual([])
})
