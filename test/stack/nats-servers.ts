import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'nats'
import { freePort } from '../demo/sign-in.ts'

/** Servers of a test's own, to be killed, frozen, wiped and put back: one, or three as a cluster. */
export interface NatsServers {
  /** For NATS_URL. */
  readonly url: string
  readonly ports: readonly number[]
  start(n?: number): Promise<void>
  /** `kill -9` of one, or of all. */
  kill(n?: number): Promise<void>
  freeze(n: number): () => void
  /** All their data, while they are stopped. */
  wipe(): Promise<void>
  /** Keeps a copy of the data (of stopped servers), or puts it back. */
  save(): Promise<void>
  putBack(): Promise<void>
  /** The server that leads this stream. */
  leaderOf(stream: string): Promise<number>
  close(): Promise<void>
}

export const natsServer = process.env.NATS_SERVER ?? 'nats-server'

/** @param disk where their data go; absent: a temporary folder */
export async function startNatsServers(count: 1 | 3, disk?: string): Promise<NatsServers> {
  const folder = await mkdtemp(join(tmpdir(), 'guichet-nats-'))
  const ports = await Promise.all(Array.from({ length: count }, freePort))
  const routes = await Promise.all(Array.from({ length: count }, freePort))
  const stores = ports.map((_, n) => join(disk ?? folder, `store-${n}`))
  const children: (ChildProcess | null)[] = ports.map(() => null)
  await Promise.all(
    ports.map((port, n) =>
      writeFile(
        join(folder, `${n}.conf`),
        `server_name: s${n}\nlisten: 127.0.0.1:${port}\njetstream { store_dir: "${stores[n]}", sync_interval: always }\n${
          count === 1
            ? ''
            : `cluster { name: essai, listen: 127.0.0.1:${routes[n]}, routes: [${routes.map((r) => `nats://127.0.0.1:${r}`).join(', ')}] }\n`
        }`,
      ),
    ),
  )
  const each = (n: number | undefined) => (n === undefined ? ports.map((_, i) => i) : [n])
  const servers: NatsServers = {
    url: ports.map((port) => `nats://127.0.0.1:${port}`).join(','),
    ports,
    async start(n) {
      for (const i of each(n)) {
        if (children[i] && children[i].exitCode === null && children[i].signalCode === null) continue
        children[i] = spawn(natsServer, ['-c', join(folder, `${i}.conf`)], { stdio: 'ignore' })
      }
      await ready(ports)
    },
    async kill(n) {
      await Promise.all(
        each(n).map(async (i) => {
          const child = children[i]
          if (!child || child.exitCode !== null || child.signalCode !== null) return
          const ended = once(child, 'exit')
          child.kill('SIGKILL')
          await ended
        }),
      )
    },
    freeze(n) {
      children[n]!.kill('SIGSTOP')
      return () => void children[n]!.kill('SIGCONT')
    },
    async wipe() {
      await Promise.all(stores.map((store) => rm(store, { recursive: true, force: true })))
    },
    async save() {
      await Promise.all(stores.map((store) => cp(store, `${store}.saved`, { recursive: true })))
    },
    async putBack() {
      await servers.wipe()
      await Promise.all(stores.map((store) => cp(`${store}.saved`, store, { recursive: true })))
    },
    async leaderOf(stream) {
      const nc = await connect({ servers: ports.map((port) => `127.0.0.1:${port}`) })
      try {
        const { cluster } = await (await nc.jetstreamManager()).streams.info(stream)
        return Number(cluster?.leader?.slice(1) ?? 0)
      } finally {
        await nc.close()
      }
    },
    async close() {
      await servers.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await servers.start()
  return servers
}

/** Until JetStream answers: a cluster has chosen who leads. */
async function ready(ports: readonly number[]): Promise<void> {
  const end = Date.now() + 30_000
  for (;;) {
    try {
      const nc = await connect({ servers: ports.map((port) => `127.0.0.1:${port}`), timeout: 1_000 })
      try {
        await (await nc.jetstreamManager({ timeout: 1_000 })).getAccountInfo()
        return
      } finally {
        await nc.close()
      }
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
