import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'

/** The account the server runs as: never root, PostgreSQL refuses that. Null: the account of this process. */
export type ServerUser = { readonly uid: number; readonly gid: number } | null

export interface ServerOptions {
  readonly binary: string
  /** Its data folder, initialised. */
  readonly data: string
  readonly port: number
  readonly user: ServerUser
  /** Where it answers; the database is made when it is missing. */
  readonly url: string
  /** Told each time it has died or could not be started again, with its last fatal words. */
  readonly onDeath: (error: Error) => void
}

const restartPauseMs = 250
const maxRestartPauseMs = 8_000

/**
 * Runs one PostgreSQL server and starts it again on the same port whenever it dies: killed, out of memory, or
 * stopped by its own hand because the disk was full. A server that another process left behind is ended first.
 * @throws Error when it cannot be started the first time
 */
export async function keepServer(options: ServerOptions): Promise<{ stop(): Promise<void> }> {
  const said: Tail = { text: '' }
  const stopping = new AbortController()
  const start = async () => {
    const survivor = await findSurvivor(options.data)
    if (survivor !== null) await end(survivor)
    return await launch(options, said)
  }
  let server = await start()
  const watch = async () => {
    let failures = 0
    for (;;) {
      if (server.exitCode === null && server.signalCode === null) {
        failures = 0
        await once(server, 'exit')
      }
      if (stopping.signal.aborted) return
      options.onDeath(new Error(lastWords(said.text)))
      said.text = ''
      const pause = Math.min(maxRestartPauseMs, restartPauseMs * 2 ** failures++)
      await delay(pause, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      // It may take several tries: the dead server's own processes must be gone, the disk must have room.
      server = await start().catch(() => server)
    }
  }
  const watching = watch()
  return {
    async stop() {
      stopping.abort()
      server.stdin?.end()
      await Promise.race([watching, delay(20_000, undefined, { ref: false })])
      server.stdin?.end()
      const left = await findSurvivor(options.data)
      if (left !== null) await end(left)
    },
  }
}

/** Why it died, as far as it says so. */
function lastWords(said: string): string {
  const fatal = said.split('\n').filter((line) => /(FATAL|PANIC):/.test(line))
  return fatal.slice(-2).join(' ') || 'PostgreSQL ended without a word'
}

/** The end of what the server said. */
interface Tail {
  text: string
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

/**
 * Starts it and waits until it answers.
 * @throws Error with the end of its own words when it ends first, or answers nothing for half a minute
 */
async function launch({ binary, data, port, user, url }: ServerOptions, said: Tail): Promise<ChildProcess> {
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
  const command = [binary, '-D', data, '-p', String(port), ...options]
  const [file, ...rest] = process.platform === 'win32' ? command : ['/bin/sh', '-c', keeper, ...command]
  const child = spawn(file!, rest, {
    ...user,
    detached: true, // a Ctrl-C reaches the whole process group: the hub must end first
    stdio: ['pipe', 'ignore', 'pipe'],
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.text = (said.text + text).slice(-4000)
  })
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null || child.signalCode !== null) break
    if (await answers(url)) return child
    await delay(50)
  }
  child.stdin.end()
  throw new Error(`The embedded PostgreSQL did not start:\n${said.text}`)
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
