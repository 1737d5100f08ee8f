import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../demo/sign-in.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { HubProcess } from '../support/hub-process.ts'

/** A hub of one test file, to be looked at from outside: what it prints, counts and sends. */
export interface OwnHub {
  readonly url: string
  readonly process: HubProcess
  readonly database: TestDatabase
  metrics(): Promise<string>
  stop(): Promise<number | null>
}

/** From here on test/support/api.ts and people.ts, imported afterwards, speak to this hub. */
export async function startOwnHub(
  env: Record<string, string> = {},
  preload: readonly string[] = [],
): Promise<OwnHub> {
  const database = await freshDatabase()
  const dataFolder = await mkdtemp(join(tmpdir(), 'guichet-observe-'))
  const [port, metricsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const hub = new HubProcess({
    port,
    databaseUrl: database.url,
    dataFolder,
    publicUrl: url,
    preload,
    env: { METRICS_PORT: String(metricsPort), ...env },
    outputLimit: 10_000_000,
  })
  process.env.TEST_HUB_URL = url
  process.env.TEST_HUB_DATABASE_URL = database.url
  // Its issuer is its own, also where the common hub has Keycloak.
  delete process.env.TEST_ISSUER
  delete process.env.TEST_ISSUER_KEY
  await hub.start()
  return {
    url,
    process: hub,
    database,
    metrics: async () => await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    async stop() {
      const code = await hub.stop()
      await rm(dataFolder, { recursive: true, force: true })
      return code
    },
  }
}

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

/** What the hub logged, line by line. */
export function linesOf(hub: HubProcess): LogLine[] {
  return hub.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
}
