import { cp, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '../../infra/db.ts'
import { migrationSources } from '../../infra/hub.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { migrate } from '../../infra/migrate.ts'
import { natsLogin } from '../../infra/nats.ts'
import { run } from '../../infra/stack/command.ts'
import { freePort, signIn } from '../demo/sign-in.ts'
import { type NatsServers, startNatsServers } from '../stack/nats-servers.ts'
import { inParts } from '../support/hub-process.ts'
import { compare, type Contender, printHead, type Shared } from './rows.ts'
import { type Database, hubProcess, pinMyself, type Server } from './servers.ts'
import { cpuOfServers, startDatabase, startProcess } from './servers.ts'

interface Hub extends Contender {
  /** Where dossiers are. */
  readonly path: string
  readonly ids: string[]
}

/**
 * The hub in parts over NATS, with everything on, beside a NestJS hub of the same two endpoints over the same three
 * servers (nest/): Fastify, a token guard, a validation pipe, NATS transport, the same SQL in a service process; no
 * trace, no limit, no idempotency, no sector identity, and nobody reads its events.
 */
export async function benchNest(): Promise<void> {
  const folder = await buildNest()
  pinMyself('0') // what NATS inherits
  const nats = await startNatsServers(3)
  const database = await startDatabase()
  const running: Server[] = []
  try {
    const hub = await startHub(nats, database, running)
    const nest = await startNest(folder, nats, database, hub, running)
    for (const contender of [nest, hub]) await fill(contender)
    const shared: Shared = { nats: () => cpuOfServers('nats-server'), pg: () => database.cpu() }
    printHead('NestJS', shared)
    await compare('one dossier by id', [nest, hub], shared, ({ path, ids }) => ({
      method: 'GET',
      paths: ids.map((id) => `${path}/${id}`),
      body: null,
    }))
    await compare('create (row + event)', [nest, hub], shared, ({ path }) => ({
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

async function startHub(nats: NatsServers, database: Database, running: Server[]): Promise<Hub> {
  const port = await freePort()
  const common = { port, databaseUrl: database.url, folder: database.folder, ratio: 0.1 }
  const servers: Server[] = []
  // The gateway last: it is ready when it can ask the others.
  for (const name of inParts) {
    const options = hubProcess({ ...common, part: { name, natsUrl: nats.urlOf(name) } })
    servers.push(await startProcess(`hub: ${name}`, options))
    running.push(servers.at(-1)!)
  }
  const session = await signIn(`http://127.0.0.1:${port}`, 'amina', demoPassword)
  const token = () => session.token()
  return { name: 'hub in parts', port, path: '/v1/dossiers', token, cpu: cpuOf(servers), ids: [] }
}

const cpuOf = (servers: readonly Server[]) => () => servers.reduce((sum, server) => sum + server.cpu(), 0)

async function startNest(
  folder: string,
  nats: NatsServers,
  database: Database,
  hub: Hub,
  running: Server[],
): Promise<Hub> {
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
  const issuer = `http://127.0.0.1:${hub.port}/realms/malakoff`
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
    servers.push(await startProcess(`NestJS: ${name}`, { command, env, port, ready: null }))
    running.push(servers.at(-1)!)
  }
  return { name: 'NestJS', port, path: '/dossiers', token: hub.token, cpu: cpuOf(servers), ids: [] }
}

/** 200 dossiers to be read; waits until all its processes answer. */
async function fill({ port, path, ids, token }: Hub): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  while (ids.length < 200) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
        Authorization: `Bearer ${await token()}`,
      },
      body: JSON.stringify(draft),
    }).catch(() => null)
    if (response?.ok) ids.push(((await response.json()) as { id: string }).id)
    else if (performance.now() > giveUpAt)
      throw new Error(`${port}: ${response?.status} ${await response?.text()}`)
    else await delay(50)
  }
}
