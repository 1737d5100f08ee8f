import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type JetStreamManager } from 'nats'
import { natsLogin } from '../../infra/nats.ts'
import { findProgram } from '../../infra/stack/programs.ts'
import { ignoreMissing, streamName } from '../../infra/stream.ts'
import { freePort } from '../demo/sign-in.ts'

/** Servers of a test's own, to be killed, frozen, wiped and put back: one, or three as a cluster. */
export interface NatsServers {
  /** For NATS_URL, as this user. */
  urlOf(user?: string): string
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
  /** The server that leads this stream; waits until one does. */
  leaderOf(stream: string): Promise<number>
  /** Changes the users of a running cluster; each server takes them up a moment later. */
  editUsers(change: (users: string) => string): Promise<void>
  readonly logFiles: readonly string[]
  close(): Promise<void>
}

/**
 * One without users, or a cluster of three with the files of production: there, `essai` is one user more, who may do
 * everything that the hub's account can, and hear it.
 * @param disk where their data go; absent: a temporary folder
 * @param change what is to be another than in server.conf
 */
export async function startNatsServers(
  count: 1 | 3,
  disk?: string,
  change = (conf: string) => conf,
): Promise<NatsServers> {
  const natsServer = await findProgram('nats-server')
  const folder = await mkdtemp(join(tmpdir(), 'guichet-nats-'))
  const free = () => Promise.all(Array.from({ length: count }, freePort))
  const [ports, routes, monitors] = await Promise.all([free(), free(), free()])
  const stores = ports.map((_, n) => join(disk ?? folder, `store-${n}`))
  const children: (ChildProcess | null)[] = ports.map(() => null)
  const users = await readFile(join(files, 'users.conf'), 'utf8')
  const config = join(folder, 'server.conf')
  await writeFile(config, change(count === 1 ? alone : await readFile(join(files, 'server.conf'), 'utf8')))
  await writeFile(join(folder, 'users.conf'), withEssai(users))
  const passwords = new Map(
    [...withEssai(users).matchAll(/\$(NATS_PASSWORD_\w+)/g)].map(([, name]) => [name!, randomUUID()]),
  )
  const environmentOf = (n: number) => ({
    NATS_SERVER_NAME: `s${n}`,
    NATS_LISTEN: `127.0.0.1:${ports[n]}`,
    NATS_MONITOR: `127.0.0.1:${monitors[n]}`,
    NATS_STORE: stores[n],
    NATS_CLUSTER_LISTEN: `127.0.0.1:${routes[n]}`,
    NATS_ROUTE_PASSWORD: '"essai"',
    NATS_ROUTES: `[${routes.map((port) => `nats://route:essai@127.0.0.1:${port}`).join(', ')}]`,
    ...Object.fromEntries([...passwords].map(([name, password]) => [name, `"${password}"`])),
  })
  const urlOf = (user?: string) =>
    ports
      .map((port) => {
        const login = user && count === 3 ? `${user}:${passwords.get(passwordOf(user))}@` : ''
        return `nats://${login}127.0.0.1:${port}`
      })
      .join(',')
  const logOf = (n: number) => join(folder, `${n}.log`)
  const each = (n: number | undefined) => (n === undefined ? ports.map((_, i) => i) : [n])
  const servers: NatsServers = {
    urlOf,
    ports,
    logFiles: ports.map((_, n) => logOf(n)),
    async start(n) {
      for (const i of each(n)) {
        if (children[i] && children[i].exitCode === null && children[i].signalCode === null) continue
        const child = spawn(natsServer, ['-c', config, '-l', logOf(i)], {
          stdio: 'ignore',
          env: environmentOf(i),
        })
        await once(child, 'spawn')
        children[i] = child
      }
      await ready(urlOf('hub'))
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
      const end = Date.now() + 60_000
      for (;;) {
        // It may have been wiped away, or nobody leads at this moment.
        const info = await asHub(urlOf('hub'), (manager) => manager.streams.info(stream)).catch(
          (error: unknown) => {
            if (Date.now() > end) throw error
            return null
          },
        )
        if (info?.cluster?.leader) return Number(info.cluster.leader.slice(1))
        await delay(100)
      }
    },
    async editUsers(change) {
      await writeFile(join(folder, 'users.conf'), change(withEssai(users)))
      for (const child of children) child?.kill('SIGHUP')
    },
    async close() {
      await servers.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await servers.start()
  return servers
}

/** Until JetStream answers, be it that it has no stream: a cluster has chosen who leads. */
async function ready(url: string): Promise<void> {
  const end = Date.now() + 30_000
  for (;;) {
    try {
      await asHub(url, (manager) => manager.streams.info(streamName).catch(ignoreMissing))
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function asHub<T>(url: string, ask: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const nc = await connect({ ...natsLogin(url), inboxPrefix: '_INBOX.hub', timeout: 1_000 })
  try {
    return await ask(await nc.jetstreamManager({ checkAPI: false, timeout: 1_000 }))
  } finally {
    await nc.close()
  }
}

const files = join(import.meta.dirname, '../../infra/nats')

const alone = `
server_name: $NATS_SERVER_NAME, listen: $NATS_LISTEN
jetstream { store_dir: $NATS_STORE, sync_interval: always }
`

function withEssai(users: string): string {
  const account = /(  GUICHET \{[^]*?    users: \[\n)/
  if (!account.test(users)) throw new Error('no account GUICHET with users in infra/nats/users.conf')
  return users.replace(account, '$1      { user: essai, password: $NATS_PASSWORD_ESSAI }\n')
}

const passwordOf = (user: string) => `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`
