import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '../../infra/db.ts'
import { startEmbeddedPostgres } from '../../infra/embedded-postgres.ts'
import { freePort } from '../demo/sign-in.ts'
import type { Job, JobResult } from './generator.ts'

const root = join(import.meta.dirname, '../..')

/** Servers and PostgreSQL share core 0, the load generator has core 1, where the machine lets us pin. */
export const pinned = spawnSync('taskset', ['-c', '0,1', 'true']).status === 0
const pin = (core: number, command: readonly string[]) =>
  pinned ? ['taskset', '-c', String(core), ...command] : command

/** @param cores `0`, `0-3`: what this process starts from now on inherits them */
export function pinMyself(cores: string): void {
  if (pinned) spawnSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)])
}

const allCores = `0-${availableParallelism() - 1}`

export type Database = Awaited<ReturnType<typeof startDatabase>>

/**
 * A PostgreSQL of the bench's own, fsync on, that remembers when each transaction was committed.
 * @param pin on core 0, with ourselves on core 1; else it and all that we start have every core
 */
export async function startDatabase({ pin = true } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'guichet-bench-'))
  await chmod(folder, 0o755)
  pinMyself(pin ? '0' : allCores) // what PostgreSQL inherits
  const key = `bench-${process.pid}`
  const first = await startEmbeddedPostgres(folder, key)
  const sql = createPool({ url: first.url, max: 1, name: 'bench' })
  await sql`alter system set track_commit_timestamp = on`
  await sql.end()
  await first.stop()
  const server = await startEmbeddedPostgres(folder, key)
  if (pin) pinMyself('1')
  return {
    url: server.url,
    folder,
    /** Microseconds of CPU that its processes have used. */
    cpu: () => {
      const [pid] = readFileSync(join(server.home, 'postgres/postmaster.pid'), 'utf8').split('\n')
      return cpuOf((stat) => stat.pid === pid || stat.parent === pid)
    },
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Microseconds of CPU that our own child processes of this name have used. */
export function cpuOfServers(name: string): number {
  return cpuOf((stat) => stat.name === name && stat.parent === String(process.pid))
}

function cpuOf(wanted: (stat: ProcessStat) => boolean): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processStat(name))
    .filter((stat) => stat !== null && wanted(stat))
    .reduce((sum, stat) => sum + (stat?.cpu ?? 0), 0)
}

interface ProcessStat {
  readonly pid: string
  readonly name: string
  readonly parent: string
  /** Microseconds. */
  readonly cpu: number
}

/** `/proc/<pid>/stat`: the fields after the name, which may hold spaces. A clock tick is 10 ms. */
function processStat(pid: string): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    return { pid, name, parent: fields[1]!, cpu: (Number(fields[11]) + Number(fields[12])) * 10_000 }
  } catch {
    return null // it has just ended
  }
}

export interface Server {
  readonly name: string
  readonly port: number
  readonly readyMs: number
  /** Microseconds of CPU that it has used. */
  cpu(): number
  /** Resident memory, in megabytes. */
  memory(): number
  stop(): Promise<void>
}

/** The hub as `npm start` runs it, or the bare server. */
export async function startServer(input: {
  name: string
  databaseUrl: string
  folder: string
  /** Share of traces sampled; null for the bare server. */
  ratio: number | null
}): Promise<Server> {
  const { name, databaseUrl, folder, ratio } = input
  const port = await freePort()
  if (ratio !== null) return await startProcess(name, hubProcess({ port, databaseUrl, folder, ratio }))
  return await startProcess(name, {
    command: [process.execPath, 'test/bench/bare-server.ts'],
    env: { PORT: String(port), DATABASE_URL: databaseUrl },
    port,
    ready: '/dossiers?usager=00000000-0000-0000-0000-000000000000',
  })
}

export interface ProcessOptions {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly port: number
  /** It is ready when it answers 2xx there; null: it has no address. */
  readonly ready: string | null
}

/** What `npm start` runs, with our own Node: the whole hub, or a part of it over NATS. */
export function hubProcess(input: {
  port: number
  databaseUrl: string
  folder: string
  ratio: number
  part?: { name: string; natsUrl: string }
}): ProcessOptions {
  const { port, databaseUrl, folder, ratio, part } = input
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  return {
    command: [
      process.execPath,
      ...scripts.start.split(' ').slice(1),
      ...(part ? ['--services', part.name] : []),
    ],
    env: {
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATABASE_URL: databaseUrl,
      HUB_DATA: folder,
      TRACE_RATIO: String(ratio),
      // One address and one account do here what a whole city does.
      RATE_ACCOUNT: '1000000000',
      RATE_ADDRESS: '1000000000',
      ...(part && { NATS_URL: part.natsUrl }),
    },
    port,
    ready: !part || part.name === 'gateway' ? '/health/ready' : null,
  }
}

/** Starts a process where the servers are, and waits until it is ready. */
export async function startProcess(
  name: string,
  { command, env, port, ready }: ProcessOptions,
): Promise<Server> {
  const [file, ...args] = pin(0, command)
  const started = performance.now()
  const child: ChildProcess = spawn(file!, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, ...env },
  })
  while (ready !== null) {
    const answer = await fetch(`http://127.0.0.1:${port}${ready}`).catch(() => null)
    if (answer?.ok) break
    if (child.exitCode !== null) throw new Error(`${name} ended at its start`)
    await delay(10)
  }
  const readyMs = performance.now() - started
  const status = () => readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return {
    name,
    port,
    readyMs,
    cpu: () => processStat(String(child.pid))?.cpu ?? 0,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(status())?.[1]) / 1024,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Runs one job in a load generator of its own. */
export async function load({
  connections = 32,
  ...job
}: Omit<Job, 'host' | 'connections'> & { connections?: number }): Promise<JobResult> {
  const [file, ...args] = pin(1, [process.execPath, join(root, 'test/bench/generator.ts')])
  const child = spawn(file!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ ...job, host: '127.0.0.1', connections } satisfies Job))
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk
  return JSON.parse(output) as JobResult
}
