import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '../../infra/db.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../infra/embedded-postgres.ts'
import { migrationSources } from '../../infra/hub.ts'
import { migrate } from '../../infra/migrate.ts'
import { freePort } from '../demo/sign-in.ts'
import { launchChromium, type ChromiumServer } from './chromium.ts'
import globalTeardown from './global-teardown.ts'
import { HubProcess, type HubProcessOptions } from './hub-process.ts'
import { type NatsServers, startNatsServers } from '../stack/nats-servers.ts'

declare global {
  var guichetTestServer:
    | {
        postgres: EmbeddedPostgres
        folder: string
        hubs?: HubProcess[]
        nats?: NatsServers
        chromium?: ChromiumServer
      }
    | undefined
}

/**
 * One PostgreSQL server for the whole run, with a migrated template that each test file clones; for the e2e and
 * browser tiers, one hub as a real process (TEST_HUB_URL, TEST_HUB_DATABASE_URL, TEST_HUB_LOG); for the latter, one browser
 * (TEST_CHROMIUM).
 */
export default async function globalSetup(): Promise<void> {
  const tiers = process.env.TIERS?.split(',') ?? []
  if (tiers.length === 1 && tiers[0] === 'unit') return
  const folder = await mkdtemp(join(tmpdir(), 'guichet-test-'))
  await chmod(folder, 0o755)
  const server = await startEmbeddedPostgres(folder, `test-${process.pid}`)
  globalThis.guichetTestServer = { postgres: server, folder }
  process.env.TEST_POSTGRES_URL = server.url

  try {
    const admin = createPool({ url: server.url, max: 1, name: 'test setup' })
    await admin`create database guichet_template`
    await admin.end()
    const url = new URL(server.url)
    url.pathname = '/guichet_template'
    const template = createPool({ url: url.href, max: 2, name: 'test template' })
    await migrate(template, await migrationSources())
    await template.end()
    if (tiers.includes('e2e') || tiers.includes('browser')) await startHubForAll(server.url, folder)
    if (tiers.includes('browser')) {
      const chromium = await launchChromium()
      globalThis.guichetTestServer.chromium = chromium
      process.env.TEST_CHROMIUM = chromium.wsEndpoint()
    }
  } catch (error) {
    await globalTeardown()
    throw error
  }
}

async function startHubForAll(serverUrl: string, folder: string): Promise<void> {
  const admin = createPool({ url: serverUrl, max: 1, name: 'test setup' })
  await admin`create database guichet_e2e template guichet_template`
  await admin.end()
  const databaseUrl = serverUrl.replace(/[^/]+$/, 'guichet_e2e')
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const logFile = join(folder, 'hub.log')
  await writeFile(logFile, '')
  const common = { port, databaseUrl, dataFolder: join(folder, 'e2e'), publicUrl, logFile }
  const hubs = process.env.STACK === 'true' ? await inParts(common) : [new HubProcess(common)]
  globalThis.guichetTestServer!.hubs = hubs
  await Promise.all(hubs.map((hub) => hub.start()))
  process.env.TEST_HUB_URL = publicUrl
  process.env.TEST_HUB_DATABASE_URL = databaseUrl
  process.env.TEST_HUB_LOG = logFile
}

/** The same hub as four kinds of process, which find each other over a cluster of NATS. */
async function inParts(common: HubProcessOptions): Promise<HubProcess[]> {
  const nats = await startNatsServers(3)
  globalThis.guichetTestServer!.nats = nats
  return ['hub', 'identity,demarches,agenda', 'documents', 'gateway'].map(
    (services) => new HubProcess({ ...common, services, env: { NATS_URL: nats.url } }),
  )
}
