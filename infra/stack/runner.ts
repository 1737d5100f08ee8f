import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError } from '../config.ts'
import { alone } from './lock.ts'
import { isRunning, launch, type Launch, type Process, stop, workerOf } from './processes.ts'
import type { Server } from './server.ts'
import { jaegerServer } from './servers/jaeger.ts'
import { keycloakServer } from './servers/keycloak.ts'
import { natsServer } from './servers/nats.ts'
import { postgresServer } from './servers/postgres.ts'
import { redisServer } from './servers/redis.ts'
import { readJson, type Site, writeWhole } from './site.ts'

/** The first start of Keycloak makes its tables, perhaps on a busy machine. */
const startPatienceMs = 480_000
const logLimit = 10_000_000

/** What was started, by name of the server. */
type Book = Record<string, Started>
interface Started extends Process {
  /** Of the way it was started, configuration included. */
  readonly mark: string
}

/** In the order in which they are started; those of one group at the same time. */
function groupsOf(site: Site): readonly (readonly Server[])[] {
  const nats = [1, 2, 3].map((n) => natsServer(site, n))
  return [[postgresServer(site), redisServer(site), ...nats, jaegerServer(site)], [keycloakServer(site)]]
}

/** `nats` stands for all three; Jaeger is there when it is asked for by name. */
function isWanted({ name }: Server, names: readonly string[]): boolean {
  if (names.length === 0) return name !== 'jaeger'
  return names.some((wanted) => name === wanted || name.startsWith(`${wanted}-`))
}

/** @throws ConfigError for a name that is none */
function chosen(groups: readonly (readonly Server[])[], names: readonly string[]): Set<Server> {
  const servers = groups.flat()
  const unknown = names.filter((name) => !servers.some((server) => isWanted(server, [name])))
  if (unknown.length > 0)
    throw new ConfigError(`${unknown.join(', ')}: there are ${servers.map(({ name }) => name).join(', ')}.`)
  return new Set(servers.filter((server) => isWanted(server, names)))
}

export interface State {
  readonly server: Server
  /** Null: it does not run, or what runs there is none of ours. */
  readonly pid: number | null
  readonly answers: boolean
}

/** What runs of this stack. */
export async function readState(site: Site): Promise<State[]> {
  const book = readBook(site)
  return await Promise.all(
    groupsOf(site)
      .flat()
      .map(async (server) => {
        const known = book[server.name]
        const pid = known && isRunning(known) ? known.pid : null
        return { server, pid, answers: pid !== null && (await server.answers()) }
      }),
  )
}

/** Does this server run, or, without one, anything of the stack? */
export function isUp(site: Site, server?: Server): boolean {
  return Object.entries(readBook(site)).some(
    ([name, started]) => (!server || name === server.name) && isRunning(started),
  )
}

/**
 * Starts what does not run yet, and what would now be started in another way, such as with new users of NATS. Comes
 * back when everything answers.
 * @param names of servers; none: all but Jaeger
 * @throws ConfigError when a port is taken or a tool missing; Error with the end of its log when a server does not start
 */
export async function startStack(site: Site, names: readonly string[]): Promise<void> {
  await alone(`stack-${site.key}`, async () => {
    const groups = groupsOf(site)
    const wanted = chosen(groups, names)
    mkdirSync(site.at('log'), { recursive: true })
    const launches = new Map(
      await Promise.all([...wanted].map(async (server) => [server, await server.prepare()] as const)),
    )
    await allOf([...launches].map(([server, how]) => stopOutdated(site, server, markOf(how))))
    for (const server of wanted)
      if (!isUp(site, server)) for (const port of server.ports) await refuseTaken(port, server.name)
    for (const group of groups)
      await allOf(
        group
          .filter((server) => wanted.has(server))
          .map((server) => bringUp(site, server, launches.get(server)!)),
      )
  })
}

async function stopOutdated(site: Site, server: Server, mark: string): Promise<void> {
  const known = readBook(site)[server.name]
  if (!known || known.mark === mark || !isRunning(known)) return
  process.stderr.write(`${server.name} has another configuration now: it is started again.\n`)
  await stop(known, server.signal)
}

function markOf({ command, env, configuration }: Launch): string {
  const sum = createHash('sha256').update(JSON.stringify([command, env]))
  for (const file of configuration) sum.update(readFileSync(file))
  return sum.digest('hex').slice(0, 12)
}

/** Waits for all of them, even when one fails: nothing goes on behind the back of who reads the error. */
async function allOf(starts: readonly Promise<void>[]): Promise<void> {
  const failures = (await Promise.allSettled(starts)).flatMap((end) =>
    end.status === 'rejected' ? [end.reason] : [],
  )
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new Error(failures.map(String).join('\n\n'))
}

async function bringUp(site: Site, server: Server, how: Launch): Promise<void> {
  const starts = !isUp(site, server)
  const record = (started: Process) => enter(site, server, { ...started, mark: markOf(how) })
  if (starts) record(await launch(how, logOf(site, server)))
  const started = readBook(site)[server.name]!
  const giveUpAt = performance.now() + startPatienceMs
  while (!(await server.answers())) {
    if (!isRunning(started)) {
      enter(site, server, null)
      throw new Error(`${server.name} has ended at its start:\n${endOfLog(site, server)}`)
    }
    if (performance.now() > giveUpAt)
      throw new Error(`${server.name} does not answer:\n${endOfLog(site, server)}`)
    await delay(200)
  }
  if (starts && server.script) record(workerOf(started))
  await server.settle?.()
}

/**
 * Ends what this stack has started, in order, and nothing else. Data stay.
 * @returns the names of the servers that were ended
 */
export async function stopStack(site: Site, names: readonly string[]): Promise<string[]> {
  return await alone(`stack-${site.key}`, async () => {
    const groups = groupsOf(site)
    const all = names.length === 0 ? new Set(groups.flat()) : chosen(groups, names)
    const ended: string[] = []
    for (const group of groups.toReversed())
      await Promise.all(
        group
          .filter((server) => all.has(server))
          .map(async (server) => {
            const known = readBook(site)[server.name]
            if (!known) return
            if (isRunning(known)) ended.push(server.name)
            await stop(known, server.signal)
            enter(site, server, null)
          }),
      )
    return ended
  })
}

function readBook(site: Site): Book {
  return (readJson(site.at('running.json')) ?? {}) as Book
}

function enter(site: Site, { name }: Server, started: Started | null): void {
  const { [name]: _, ...others } = readBook(site)
  writeWhole(
    site.at('running.json'),
    JSON.stringify(started ? { ...others, [name]: started } : others, null, 2),
  )
}

/** Its log, with the one before beside it once it has grown too large. */
function logOf(site: Site, { name }: Server): string {
  const file = site.at('log', `${name}.log`)
  if (existsSync(file) && statSync(file).size > logLimit) renameSync(file, `${file}.1`)
  return file
}

function endOfLog(site: Site, { name }: Server): string {
  const lines = readFileSync(site.at('log', `${name}.log`), 'utf8')
    .trimEnd()
    .split('\n')
  return `${lines.slice(-25).join('\n')}\n(${site.tell('log', `${name}.log`)})`
}

async function refuseTaken(port: number, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError(
              `Port ${port}, of ${name}, is taken: stop what listens there, or move all ports: npm run stack -- --shift 20000`,
            )
          : error,
      ),
    )
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()))
  })
}
