import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPool, type Sql } from '../../infra/db.ts'
import { startEmbeddedPostgres } from '../../infra/embedded-postgres.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { Client } from '../demo/client.ts'
import { freePort, signIn } from '../demo/sign-in.ts'
import type { Job, JobResult } from './generator.ts'

/**
 * `npm run bench`: the hub beside a bare Fastify + postgres.js server, on one PostgreSQL with fsync on, in one
 * run. Servers and PostgreSQL share core 0, the load generator has core 1, so nothing is measured but them. The
 * machine is noisy: rounds alternate, and the ratio of medians is what counts.
 */
const root = join(import.meta.dirname, '../..')
const seconds = Number(process.env.SECONDS ?? 4)
const rounds = Number(process.env.ROUNDS ?? 3)
const pinned = spawnSync('taskset', ['-c', '0,1', 'true']).status === 0
const pin = (core: number, command: string[]) =>
  pinned ? ['taskset', '-c', String(core), ...command] : command

interface Server {
  readonly name: string
  readonly port: number
  readonly process: ChildProcess
  readonly readyMs: number
}

async function startServer(
  name: string,
  databaseUrl: string,
  folder: string,
  ratio: number | null,
): Promise<Server> {
  const port = await freePort()
  const script =
    ratio === null ? ['test/bench/bare-server.ts'] : ['--import', './infra/telemetry.ts', 'infra/main.ts']
  const [file, ...args] = pin(0, [process.execPath, ...script])
  const started = performance.now()
  const child = spawn(file!, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATABASE_URL: databaseUrl,
      HUB_DATA: folder,
      TRACE_RATIO: String(ratio ?? 0),
    },
  })
  const path = ratio === null ? '/dossiers?usager=00000000-0000-0000-0000-000000000000' : '/health/ready'
  while (
    !(await fetch(`http://127.0.0.1:${port}${path}`).then(
      (r) => r.ok,
      () => false,
    ))
  )
    await delay(10)
  return { name, port, process: child, readyMs: performance.now() - started }
}

async function load(job: Omit<Job, 'host' | 'seconds' | 'connections'>): Promise<JobResult> {
  const [file, ...args] = pin(1, [process.execPath, join(root, 'test/bench/generator.ts')])
  const child = spawn(file!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ ...job, host: '127.0.0.1', connections: 32, seconds } satisfies Job))
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk
  return JSON.parse(output) as JobResult
}

function memoryMb(server: Server): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** From the commit of a dossier to the commit of a reaction's lane, by the database's clock, in milliseconds. */
async function reactionLatency(sql: Sql, client: Client): Promise<number[]> {
  const millis: number[] = []
  for (let n = 0; n < 100; n++) {
    const { body } = await client.post<{ id: string }>('/v1/dossiers', {
      demarche: 'acte-de-naissance',
      formulaire: {},
    })
    const acknowledged = performance.now()
    const subject = `dossier/${body.id}`
    for (;;) {
      const [row] = await sql`select 1 from hub.event where subject = ${subject} and rang is not null`
      if (row) break
    }
    millis.push(performance.now() - acknowledged)
  }
  return millis
}

const folder = await mkdtemp(join(tmpdir(), 'guichet-bench-'))
await chmod(folder, 0o755)
if (pinned) spawnSync('taskset', ['-p', '-c', '0', String(process.pid)])
const postgres = await startEmbeddedPostgres(folder, `bench-${process.pid}`)
const servers: Server[] = []
try {
  const first = await startServer('hub, 100 % sampled', postgres.url, folder, 1)
  const hubs = [first, await startServer('hub, 10 % sampled', postgres.url, folder, 0.1)]
  const bare = await startServer('bare', postgres.url, folder, null)
  servers.push(...hubs, bare)
  const sql = createPool({ url: postgres.url, max: 2, name: 'bench' })
  // Each hub is an issuer of its own address: one token each, from the same person.
  const sessions = await Promise.all(
    hubs.map((hub) => signIn(`http://127.0.0.1:${hub.port}`, 'amina', demoPassword)),
  )
  const clients = hubs.map((hub, n) => new Client(`http://127.0.0.1:${hub.port}`, sessions[n]!))
  const tokens = await Promise.all(sessions.map((session) => session.token()))
  const owned = await Promise.all(
    clients.map(async (client) => {
      const ids: string[] = []
      for (let n = 0; n < 200; n++) {
        const { body } = await client.post<{ id: string }>('/v1/dossiers', {
          demarche: 'acte-de-naissance',
          formulaire: {},
        })
        ids.push(body.id)
      }
      const [row] = await sql<
        { usagerId: string }[]
      >`select usager_id from demarches.dossier where id = ${ids[0]!}`
      return { ids, usagerId: row!.usagerId }
    }),
  )
  const body = JSON.stringify({ demarche: 'acte-de-naissance', formulaire: {} })
  const rows = [
    {
      name: 'one dossier by id',
      hub: (n: number) => ({
        method: 'GET' as const,
        paths: owned[n]!.ids.map((id) => `/v1/dossiers/${id}`),
        body: null,
      }),
      bare: { method: 'GET' as const, paths: owned[0]!.ids.map((id) => `/dossiers/${id}`), body: null },
    },
    {
      name: 'list of 20',
      hub: () => ({ method: 'GET' as const, paths: ['/v1/dossiers?limite=20'], body: null }),
      bare: { method: 'GET' as const, paths: [`/dossiers?usager=${owned[0]!.usagerId}`], body: null },
    },
    {
      name: 'create (row + event)',
      hub: () => ({ method: 'POST' as const, paths: ['/v1/dossiers'], body }),
      bare: { method: 'POST' as const, paths: ['/dossiers'], body },
    },
  ]
  process.stdout.write(
    `${rounds} rounds of ${seconds} s, 32 connections; ${pinned ? 'servers and PostgreSQL on core 0, generator on core 1' : 'NOT pinned: taskset is missing'}\n\n`,
  )
  process.stdout.write(
    `${'row'.padEnd(24)}${'server'.padEnd(22)}${'per second'.padStart(12)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}${'of bare'.padStart(10)}\n`,
  )
  for (const row of rows) {
    const results: JobResult[][] = servers.map(() => [])
    for (let round = 0; round < rounds; round++)
      for (const [n, server] of servers.entries()) {
        const spec = server === bare ? row.bare : row.hub(n)
        results[n]!.push(await load({ ...spec, port: server.port, token: tokens[n] ?? null }))
      }
    const bareRate = median(results.at(-1)!.map((r) => r.perSecond))
    for (const [n, server] of servers.entries()) {
      const [rate, p50, p99] = (['perSecond', 'p50', 'p99'] as const).map((key) =>
        median(results[n]!.map((r) => r[key])),
      )
      const failed = results[n]!.flatMap((r) => Object.entries(r.statuses)).filter(
        ([status]) => !status.startsWith('2'),
      )
      process.stdout.write(
        `${(n === 0 ? row.name : '').padEnd(24)}${server.name.padEnd(22)}${rate!.toFixed(0).padStart(12)}${p50!.toFixed(2).padStart(10)}${p99!.toFixed(2).padStart(10)}${(rate! / bareRate).toFixed(2).padStart(10)}${failed.length > 0 ? `  ${JSON.stringify(failed)}` : ''}\n`,
      )
    }
  }
  const latency = (await reactionLatency(sql, clients[0]!)).toSorted((a, b) => a - b)
  process.stdout.write(
    `\nanswer -> ranked, ready for reactions: p50 ${latency[50]!.toFixed(1)} ms, p99 ${latency[98]!.toFixed(1)} ms\n`,
  )
  process.stdout.write(
    `ready after ${servers.map((s) => `${s.name} ${(s.readyMs / 1000).toFixed(2)} s`).join(', ')}\n`,
  )
  process.stdout.write(
    `memory (resident) ${servers.map((s) => `${s.name} ${memoryMb(s).toFixed(0)} MB`).join(', ')}\n`,
  )
  await sql.end()
} finally {
  for (const server of servers) {
    const ended = once(server.process, 'exit')
    server.process.kill('SIGTERM')
    await ended
  }
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
}
