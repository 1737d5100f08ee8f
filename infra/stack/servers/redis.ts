import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findProgram } from '../programs.ts'
import { configuration, type Server, systemPath } from '../server.ts'
import { type Site, writeWhole } from '../site.ts'

/** Who may do what in Redis; of the password only the SHA-256. */
export async function redisUsers(site: Site): Promise<string> {
  const users = await readFile(configuration('redis/users.acl'), 'utf8')
  const sum = createHash('sha256').update(site.secret('redis')).digest('hex')
  return users.replace('#SHA256-OF-THE-PASSWORD', `#${sum}`)
}

export function redisServer(site: Site): Server {
  const port = site.port(6379)
  const url = `redis://127.0.0.1:${port}`
  return {
    name: 'redis',
    url,
    ports: [port],
    signal: 'SIGTERM',
    async prepare() {
      const folder = site.at('redis')
      const aclFile = join(folder, 'users.acl')
      writeWhole(aclFile, await redisUsers(site))
      const options = { bind: '127.0.0.1', port: String(port), dir: folder, aclfile: aclFile }
      const program = await findProgram('redis-server')
      return {
        command: [
          program,
          configuration('redis/redis.conf'),
          ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
        ],
        configuration: [configuration('redis/redis.conf'), aclFile],
        env: { PATH: systemPath, LC_ALL: 'C.UTF-8' },
      }
    },
    async answers() {
      const client = new Redis(port, '127.0.0.1', {
        username: 'guichet',
        password: site.secret('redis'),
        lazyConnect: true,
        disableClientInfo: true,
        enableReadyCheck: false,
        retryStrategy: () => null,
      })
      client.on('error', () => {})
      try {
        return (await client.ping()) === 'PONG'
      } catch {
        return false
      } finally {
        client.disconnect()
      }
    },
  }
}
