import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '../../infra/db.ts'
import { demoRealm, readRealm } from '../../infra/keycloak/demo-realm.ts'
import { findJava, findProgram } from '../../infra/stack/programs.ts'
import { freePort } from '../demo/sign-in.ts'
import { KeycloakAdmin } from './keycloak-admin.ts'

/** The first start on a database makes its tables. */
const patienceMs = 240_000

/** A Keycloak of a test run, with the demonstration realm, as its own process. */
export interface KeycloakServer {
  /** For KEYCLOAK_URL; by whatever other address it is reached, that is the issuer of its tokens then. */
  readonly url: string
  readonly admin: KeycloakAdmin
  close(): Promise<void>
}

/**
 * Starts Keycloak on a database of its own, with the configuration and the realm file of production and what makes
 * that a demonstration.
 * @param options.postgresUrl a server on which the database `keycloak` can be made
 * @param options.hubUrl where the hub will be
 */
export async function startKeycloak(options: {
  postgresUrl: string
  hubUrl: string
}): Promise<KeycloakServer> {
  const [kc, java] = await Promise.all([findProgram('keycloak'), findJava()])
  const folder = await mkdtemp(join(tmpdir(), 'guichet-keycloak-'))
  const [port, managementPort] = await Promise.all([freePort(), freePort()])
  const secret = randomBytes(24).toString('base64url')
  await prepare(folder, join(kc, '../..'))
  const sql = createPool({ url: options.postgresUrl, max: 1, name: 'test setup' })
  await sql`create database keycloak`
  await sql.end()
  const { hostname, port: postgresPort, username, password } = new URL(options.postgresUrl)

  const child = spawn(kc, ['start', '--optimized', '--import-realm', `-Dkc.home.dir=${folder}`], {
    // A group of its own: kc.sh starts Java beside itself.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      JAVA: java,
      JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1', // half the time to start
      GUICHET_URL: options.hubUrl,
      KC_DB_URL: `jdbc:postgresql://${hostname}:${postgresPort}/keycloak`,
      KC_DB_USERNAME: username,
      KC_DB_PASSWORD: password,
      KC_HTTP_HOST: '127.0.0.1',
      KC_HTTP_PORT: String(port),
      KC_HTTP_MANAGEMENT_PORT: String(managementPort),
      KC_HTTP_MANAGEMENT_HOST: '127.0.0.1',
      // Tests reach it through lines that they cut: each of them is an issuer of its own.
      KC_HOSTNAME_STRICT: 'false',
      KC_BOOTSTRAP_ADMIN_CLIENT_ID: 'essai',
      KC_BOOTSTRAP_ADMIN_CLIENT_SECRET: secret,
    },
  })
  const logFile = join(folder, 'keycloak.log')
  const log = createWriteStream(logFile)
  child.stdout.pipe(log)
  child.stderr.pipe(log)
  const close = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await ready(`http://127.0.0.1:${managementPort}/health/ready`, child)
  } catch (error) {
    const output = await readFile(logFile, 'utf8')
    await close()
    throw new Error(`Keycloak did not get ready:\n${output.slice(-4000)}`, { cause: error })
  }
  const url = `http://127.0.0.1:${port}`
  return { url, admin: new KeycloakAdmin(url, secret), close }
}

/** A home of its own beside the shared distribution: settings, realm and data are not those of another run. */
async function prepare(folder: string, home: string): Promise<void> {
  const infra = join(import.meta.dirname, '../../infra/keycloak')
  for (const name of ['conf', 'data/import']) await mkdir(join(folder, name), { recursive: true })
  await Promise.all([
    ...['lib', 'providers', 'themes'].map((name) => symlink(join(home, name), join(folder, name))),
    copyFile(join(infra, 'keycloak.conf'), join(folder, 'conf/keycloak.conf')),
    writeFile(join(folder, 'data/import/malakoff-realm.json'), JSON.stringify(demoRealm(readRealm()))),
  ])
}

async function ready(address: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const answered = await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    )
    if (answered) return
    if (performance.now() > giveUpAt) throw new Error('it takes too long')
    await delay(200)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}
