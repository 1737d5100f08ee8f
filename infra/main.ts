import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import { banner } from './banner.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { type Hub, startHub } from './hub.ts'
import { createLogger } from './log.ts'
import { readParts } from './parts.ts'
import { isAway } from './passing.ts'

/** An orderly stop that takes longer (a database away, a client that never reads) is cut short. */
const stopDeadlineMs = 25_000

/** Starts the hub, says where it is, and stops it in order on Ctrl-C or SIGTERM. */
async function main(): Promise<void> {
  const startedAt = Date.now()
  const config = readConfig()
  const log = createLogger(config)
  const parts = await readParts(readOptions().services, config)
  if (parts.has('gateway')) await refuseTakenPort(config)
  const closing: (() => Promise<unknown>)[] = []
  let stopping = false
  const stop = async (code: number) => {
    if (stopping) return
    stopping = true
    setTimeout(() => {
      process.stderr.write(
        `\nGuichet did not stop within ${stopDeadlineMs / 1000} s: it ends now. What was acknowledged is stored.\n`,
      )
      process.exit(1)
    }, stopDeadlineMs).unref()
    try {
      for (const close of closing.toReversed()) await close()
    } catch (error) {
      log.error({ err: error }, 'stop failed')
      process.exitCode = 1
    }
    process.exit(process.exitCode ?? code)
  }
  process.once('SIGINT', () => void stop(0))
  process.once('SIGTERM', () => void stop(0))
  process.once('SIGHUP', () => void stop(0))

  try {
    let databaseUrl = config.databaseUrl
    let databaseHome: string | undefined
    if (!databaseUrl) {
      closing.push(await lockFolder(config))
      const embedded = await startEmbeddedPostgres(config.dataFolder, config.dataKey, (err) =>
        log.error({ err }, 'the embedded PostgreSQL has died: it is started again'),
      )
      closing.push(() => embedded.stop())
      databaseUrl = embedded.url
      databaseHome = embedded.home
    }
    if (stopping) return
    const hub: Hub = await startHub(config, databaseUrl, log, parts)
    closing.push(() => hub.stop())
    if (hub.url) process.stdout.write(banner(config, hub.url, databaseHome, Date.now() - startedAt))
    else process.stdout.write(`Guichet (${[...parts].join(', ')}) is ready.\n`)
  } catch (error) {
    report(error)
    process.exitCode = 1
    await stop(1)
  }
}

function readOptions(): { services?: string } {
  try {
    return parseArgs({ options: { services: { type: 'string' } } }).values
  } catch (error) {
    throw new ConfigError((error as Error).message)
  }
}

/** One clear line when something else listens where the hub should. */
async function refuseTakenPort(config: Config): Promise<void> {
  for (const host of config.listen === 'localhost' ? ['127.0.0.1', '::1'] : [config.listen])
    await probePort(config, host)
}

async function probePort(config: Config, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return resolve()
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError(
              `Port ${config.port} is taken: stop what listens there, or choose another with PORT=3001 npm start.`,
            )
          : error,
      )
    })
    probe.listen(config.port, host, () => probe.close(() => resolve()))
  })
}

/** One hub per data folder: a socket that vanishes with its process, however that ends. */
async function lockFolder(config: Config): Promise<() => Promise<void>> {
  const path = join(tmpdir(), `guichet-${config.dataKey}.lock`)
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })
  if (alive)
    throw new ConfigError(
      `Another hub is running on ${config.dataFolder}: stop it, or choose another folder with HUB_DATA.`,
    )
  await rm(path, { force: true })
  const lock = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => lock.once('error', reject).listen(path, resolve))
  lock.unref()
  return async () => {
    lock.close()
  }
}

function report(error: unknown): void {
  process.stderr.write(`\nGuichet cannot start. ${explain(error)}\n\n`)
}

/** What an administrator can act on is one line; anything else is a fault of ours, with its stack. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  if (code.startsWith('53') || code === 'ENOSPC')
    return `The disk, the memory or the connections of PostgreSQL are used up (${code}): make room.`
  if (isAway(error))
    return `The PostgreSQL of DATABASE_URL does not answer (${code}): start it, or correct the variable.`
  if (code === '28P01' || code === '28000' || code === '3D000')
    return `The PostgreSQL of DATABASE_URL refuses (${error.message}): correct the variable.`
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES')
    return `It cannot listen there (${error.message}): correct LISTEN or PORT.`
  return error.stack ?? error.message
}

main().catch((error: unknown) => {
  report(error)
  process.exit(1)
})
