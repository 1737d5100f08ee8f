import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis as Client } from 'ioredis'
import { findProgram } from '../../infra/stack/programs.ts'
import { freePort } from '../demo/sign-in.ts'

/** A Redis of a test's own, to be killed, frozen and started again. */
export interface RedisServer {
  /** For REDIS_URL. */
  readonly url: string
  readonly port: number
  /** To look into it, or to change it. */
  readonly client: Client
  start(): Promise<void>
  /** `kill -9`. What is not on disk is gone. */
  kill(): Promise<void>
  /** Stops it without a word; what is returned lets it go on. */
  freeze(): () => void
  close(): Promise<void>
}

/** @param settings lines for its configuration beside the usual ones */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const program = await findProgram('redis-server')
  const folder = await mkdtemp(join(tmpdir(), 'guichet-redis-'))
  const port = await freePort()
  const file = join(folder, 'redis.conf')
  await writeFile(
    file,
    ['bind 127.0.0.1', `port ${port}`, `dir ${folder}`, 'save ""', ...settings, ''].join('\n'),
  )
  let child: ChildProcess | null = null
  const client = new Client({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => 50 })
  client.on('error', () => {})
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    port,
    client,
    async start() {
      child = spawn(program, [file], { stdio: 'ignore' })
      const failed = once(child, 'error').then(([error]) => Promise.reject(error))
      await Promise.race([listening(port), failed])
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    freeze() {
      child!.kill('SIGSTOP')
      return () => void child!.kill('SIGCONT')
    },
    async close() {
      client.disconnect()
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

/** The hub's user in production: the name, then its rules. */
export function redisUser(name: string, password: string): [string, ...string[]] {
  const text = readFileSync(join(import.meta.dirname, '../../infra/redis/users.acl'), 'utf8')
  const [, rules = ''] = /^user guichet on \S+ (.+)$/m.exec(text) ?? []
  return [name, 'reset', 'on', `>${password}`, ...rules.split(' ')]
}

async function listening(port: number): Promise<void> {
  const end = Date.now() + 10_000
  for (;;) {
    const line = connect(port, '127.0.0.1')
    try {
      await once(line, 'connect')
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await delay(10)
    } finally {
      line.destroy()
    }
  }
}
