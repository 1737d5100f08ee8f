import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { chmod, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '../../infra/db.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../infra/embedded-postgres.ts'
import { migrationSources } from '../../infra/hub.ts'
import { migrate } from '../../infra/migrate.ts'
import { freePort } from '../demo/sign-in.ts'
import { launchChromium, type ChromiumServer } from './chromium.ts'
import globalTeardown from './global-teardown.ts'
import { HubProcess, type HubProcessOptions, inParts } from './hub-process.ts'
import type { KeycloakAdmin } from '../stack/keycloak-admin.ts'
import { type KeycloakServer, startKeycloak } from '../stack/keycloak-server.ts'
import { type NatsServers, startNatsServers } from '../stack/nats-servers.ts'
import { staff } from '../stack/permission-matrix.ts'
import { type RedisServer, startRedis } from '../stack/redis-server.ts'

declare global {
  var guichetTestServer:
    | {
        postgres: EmbeddedPostgres
        folder: string
        hubs?: HubProcess[]
        nats?: NatsServers
        keycloak?: KeycloakServer
        redis?: RedisServer
        chromium?: ChromiumServer
      }
    | undefined
}

/**
 * One PostgreSQL server for the whole run, with a migrated template that each test file clones; for the e2e and
 * browser tiers, one hub as a real process (TEST_HUB_URL, TEST_HUB_DATABASE_URL, TEST_HUB_LOG), with the tier stack in parts
 * on a cluster of NATS (TEST_NATS_URLS by user, TEST_NATS_LOGS); for the browser tier, one browser (TEST_CHROMIUM).
 */
export default async function globalSetup(chosen: ChosenTests): Promise<void> {
  const tiers = process.env.TIERS?.split(',') ?? []
  if (tiers.length === 1 && tiers[0] === 'unit') return
  const folder = await mkdtemp(join(tmpdir(), 'guichet-test-'))
  await chmod(folder, 0o755)
  const server = await startEmbeddedPostgres(folder, `test-${process.pid}`)
  globalThis.guichetTestServer = { postgres: server, folder }
  process.env.TEST_POSTGRES_URL = server.url
  process.env.TEST_COMPILE_CACHE = join(folder, 'compiled')

  try {
    const admin = createPool({ url: server.url, max: 1, name: 'test setup' })
    await admin`create database guichet_template`
    await admin.end()
    const url = new URL(server.url)
    url.pathname = '/guichet_template'
    const template = createPool({ url: url.href, max: 2, name: 'test template' })
    await migrate(template, await migrationSources())
    await template.end()
    if (await needsHub(tiers, chosen)) await startHubForAll(server.url, folder)
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

/** What Jest tells of the command line. */
interface ChosenTests {
  readonly rootDir: string
  readonly testPathPatterns: { toExecutor(options: { rootDir: string }): { isMatch(path: string): boolean } }
}

/** Is a file chosen that speaks to the common hub? Most of the tier `stack` have hubs of their own. */
async function needsHub(
  tiers: readonly string[],
  { rootDir, testPathPatterns }: ChosenTests,
): Promise<boolean> {
  const speaking = tiers.includes('stack') ? /\.e2e\.|keycloak|staff-system|users/ : /\.(?:e2e|browser)\./
  const ofTiers = new RegExp(`\\.(?:${tiers.join('|')})\\.test\\.ts$`)
  const pattern = testPathPatterns.toExecutor({ rootDir })
  const files = await readdir(join(rootDir, 'test'), { recursive: true })
  return files.some(
    (file) => ofTiers.test(file) && speaking.test(file) && pattern.isMatch(join(rootDir, 'test', file)),
  )
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
  const hubs = process.env.STACK === 'true' ? await startParts(common, serverUrl) : [new HubProcess(common)]
  globalThis.guichetTestServer!.hubs = hubs
  await Promise.all(hubs.map((hub) => hub.start()))
  process.env.TEST_HUB_URL = publicUrl
  process.env.TEST_HUB_DATABASE_URL = databaseUrl
  process.env.TEST_HUB_LOG = logFile
}

/**
 * The same hub as a process of each part, which find each other over a cluster of NATS and count together in Redis; people sign in at Keycloak
 * (TEST_KEYCLOAK, TEST_ISSUER, TEST_ISSUER_KEY).
 */
async function startParts(common: HubProcessOptions, postgresUrl: string): Promise<HubProcess[]> {
  const server = globalThis.guichetTestServer!
  const [nats, redis, keycloak] = await Promise.all([
    startNatsServers(3).then((started) => (server.nats = started)),
    startRedis().then((started) => (server.redis = started)),
    startKeycloak({ postgresUrl, hubUrl: common.publicUrl }).then((started) => (server.keycloak = started)),
  ])
  process.env.TEST_NATS_URLS = JSON.stringify(
    Object.fromEntries([...inParts, staff, 'essai'].map((user) => [user, nats.urlOf(user)])),
  )
  process.env.TEST_NATS_LOGS = nats.logFiles.join(',')
  const { url, admin } = keycloak
  process.env.TEST_KEYCLOAK = JSON.stringify(admin.keys)
  process.env.TEST_ISSUER = `${url}/realms/malakoff`
  process.env.TEST_ISSUER_KEY = JSON.stringify(await giveKey(admin))
  return inParts.map(
    (services) =>
      new HubProcess({
        ...common,
        services,
        env: {
          NATS_URL: nats.urlOf(services),
          REDIS_URL: redis.url,
          NATS_STAFF: `${staff}=dossier`,
          KEYCLOAK_URL: url,
          // As an administrator would for pages of elsewhere: beside Keycloak, this machine is not allowed unasked.
          CORS_ORIGINS: 'http://localhost:5173',
        },
      }),
  )
}

/** Gives Keycloak a second signing key, with which tests can sign what Keycloak never would. */
async function giveKey(admin: KeycloakAdmin): Promise<JsonWebKey & { kid: string }> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = await admin.addKey(privateKey, 50)
  return { ...privateKey.export({ format: 'jwk' }), kid }
}
