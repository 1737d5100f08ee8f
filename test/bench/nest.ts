import { cp, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '../../infra/db.ts'
import { migrationSources } from '../../infra/hub.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { migrate } from '../../infra/migrate.ts'
import { natsLogin } from '../../infra/nats.ts'
import { run } from '../../infra/stack/command.ts'
import { freePort, type Session, signIn } from '../demo/sign-in.ts'
import { type NatsServers, startNatsServers } from '../stack/nats-servers.ts'
import { inParts } from '../support/hub-process.ts'
import { columns, median, print } from './figures.ts'
import type { JobResult } from './generator.ts'
import { type Database, hubProcess, load, pinned, pinMyself, type Server } from './servers.ts'
import { cpuOfServers, startDatabase, startProcess } from './servers.ts'

const rounds = Number(process.env.ROUNDS ?? 3)
const seconds = Number(process.env.SECONDS ?? 4)

interface Contender {
  readonly name: string
  readonly port: number
  /** Where dossiers are. */
  readonly path: string
  readonly servers: readonly Server[]
  readonly ids: string[]
}

interface Measured extends JobResult {
  readonly ownCpu: number
  readonly natsCpu: number
  readonly databaseCpu: number
}

/**
 * The hub in parts over NATS, with everything on, beside a NestJS hub of the same two endpoints over the same three
 * servers (nest/): Fastify, a token guard, a validation pipe, NATS transport, the same SQL in a service process; no
 * trace, no limit, no idempotency, no sector identity, and nobody reads its events.
 */
export async function benchNest(): Promise<void> {
  const folder = await buildNest()
  pinMyself(0) // what NATS inherits
  const nats = await startNatsServers(3)
  const database = await startDatabase()
  const running: Server[] = []
  try {
    const hub = await startHub(nats, database, running)
    const session = await signIn(`http://127.0.0.1:${hub.port}`, 'amina', demoPassword)
    const nest = await startNest(folder, nats, database, hub.port, running)
    for (const contender of [nest, hub]) await fill(contender, session)
    const where = pinned ? 'servers, NATS and PostgreSQL on core 0, generator on core 1' : 'NOT pinned'
    print(`${rounds} rounds of ${seconds} s, 32 connections; ${where}\n`)
    print(
      columns([
        ...['row', 'server', 'per second', 'p50 ms', 'p99 ms', 'of NestJS'],
        ...['µs server', 'µs nats', 'µs pg', 'by CPU'],
      ]),
    )
    await compare('one dossier by id', [nest, hub], database, session, ({ path, ids }) => ({
      method: 'GET',
      paths: ids.map((id) => `${path}/${id}`),
      body: null,
    }))
    await compare('create (row + event)', [nest, hub], database, session, ({ path }) => ({
      method: 'POST',
      paths: [path],
      body: JSON.stringify(draft),
    }))
  } finally {
    for (const server of running) await server.stop()
    await nats.close()
    await database.stop()
  }
}

const draft = { demarche: 'acte-de-naissance', formulaire: {} }

/** Installs NestJS and compiles its hub, apart from the project, in the folder of programs that git ignores. */
async function buildNest(): Promise<string> {
  const folder = resolve(import.meta.dirname, '../../.stack/bench-nest')
  await mkdir(folder, { recursive: true })
  await cp(join(import.meta.dirname, 'nest'), folder, { recursive: true })
  await run(['npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts'], 'install npm', folder)
  await run(
    [process.execPath, resolve(import.meta.dirname, '../../node_modules/typescript/bin/tsc'), '-p', folder],
    '',
  )
  return folder
}

async function startHub(nats: NatsServers, database: Database, running: Server[]): Promise<Contender> {
  const port = await freePort()
  const servers: Server[] = []
  // The gateway last: it is ready when the others answer.
  for (const part of inParts) {
    const natsUrl = nats.urlOf(part)
    const options = hubProcess({
      ...{ port, databaseUrl: database.url, folder: database.folder, ratio: 0.1 },
      part: { name: part, natsUrl },
    })
    const server = await startProcess(`hub: ${part}`, options)
    servers.push(server)
    running.push(server)
  }
  return { name: 'hub in parts', port, path: '/v1/dossiers', servers, ids: [] }
}

async function startNest(
  folder: string,
  nats: NatsServers,
  database: Database,
  hubPort: number,
  running: Server[],
): Promise<Contender> {
  const { servers: natsServers, user, pass } = natsLogin(nats.urlOf('essai'))
  const url = new URL(database.url)
  url.pathname = '/nest'
  const admin = createPool({ url: database.url, max: 1, name: 'bench' })
  await admin`create database nest`
  await admin.end()
  const owner = createPool({ url: url.href, max: 1, name: 'bench' })
  await migrate(owner, await migrationSources())
  await owner.end()
  const port = await freePort()
  const issuer = `http://127.0.0.1:${hubPort}/realms/malakoff`
  const env = {
    PORT: String(port),
    NODE_ENV: 'production',
    DATABASE_URL: url.href,
    NATS_SERVERS: natsServers.join(','),
    NATS_USER: user ?? '',
    NATS_PASSWORD: pass ?? '',
    ISSUER: issuer,
    JWKS_URL: `${issuer}/protocol/openid-connect/certs`,
    AUDIENCE: 'guichet',
  }
  const servers: Server[] = []
  for (const name of ['service', 'gateway']) {
    const command = [process.execPath, join(folder, `built/${name}.js`)]
    const server = await startProcess(`NestJS: ${name}`, { command, env, port, ready: null })
    servers.push(server)
    running.push(server)
  }
  return { name: 'NestJS', port, path: '/dossiers', servers, ids: [] }
}

/** 200 dossiers to be read; waits until all its processes answer. */
async function fill({ port, path, ids }: Contender, session: Session): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  while (ids.length < 200) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
        Authorization: `Bearer ${await session.token()}`,
      },
      body: JSON.stringify(draft),
    }).catch(() => null)
    if (response?.ok) ids.push(((await response.json()) as { id: string }).id)
    else if (performance.now() > giveUpAt)
      throw new Error(`${port}: ${response?.status} ${await response?.text()}`)
    else await delay(50)
  }
}

async function compare(
  row: string,
  contenders: readonly Contender[],
  database: Database,
  session: Session,
  request: (contender: Contender) => { method: 'GET' | 'POST'; paths: string[]; body: string | null },
): Promise<void> {
  const results = contenders.map((): Measured[] => [])
  for (let round = 0; round <= rounds; round++)
    for (const [n, contender] of contenders.entries()) {
      const cpu = () => [
        contender.servers.reduce((sum, server) => sum + server.cpu(), 0),
        cpuOfServers('nats-server'),
        database.cpu(),
      ]
      const before = cpu()
      const { port } = contender
      const token = await session.token()
      const result = await load({ ...request(contender), port, token, seconds: round === 0 ? 1 : seconds })
      await delay(700) // what is done afterwards (ranks, messages, spans) belongs to its requests
      const answers = Object.values(result.statuses).reduce((a, b) => a + b, 0)
      const [ownCpu = 0, natsCpu = 0, databaseCpu = 0] = cpu().map((used, i) => (used - before[i]!) / answers)
      if (round > 0) results[n]!.push({ ...result, ownCpu, natsCpu, databaseCpu })
    }
  const of = (n: number, key: 'perSecond' | 'p50' | 'p99' | 'ownCpu' | 'natsCpu' | 'databaseCpu') =>
    median(results[n]!.map((result) => result[key]))
  const total = (n: number) => of(n, 'ownCpu') + of(n, 'natsCpu') + of(n, 'databaseCpu')
  for (const [n, { name }] of contenders.entries()) {
    const failed = results[n]!.flatMap(({ statuses }) =>
      Object.entries(statuses).filter(([status]) => !status.startsWith('2')),
    )
    const cells = [
      n === 0 ? row : '',
      name,
      of(n, 'perSecond').toFixed(0),
      of(n, 'p50').toFixed(2),
      of(n, 'p99').toFixed(2),
      (of(n, 'perSecond') / of(0, 'perSecond')).toFixed(2),
      ...(['ownCpu', 'natsCpu', 'databaseCpu'] as const).map((key) => of(n, key).toFixed(0)),
      (total(0) / total(n)).toFixed(2),
    ]
    print(columns(cells) + (failed.length > 0 ? `  ${JSON.stringify(failed)}` : ''))
  }
}
