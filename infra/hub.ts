import { join, resolve } from 'node:path'
import type { ServiceBroker } from 'moleculer'
import { createBroker } from './broker.ts'
import { JetStreamBus } from './bus-jetstream.ts'
import { LogBus } from './bus-log.ts'
import { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { createPool, type Db } from './db.ts'
import { Election } from './election.ts'
import { keepHouse } from './housekeeping.ts'
import { hubService } from './hub.service.ts'
import type { Logger } from './log.ts'
import { migrate, type MigrationSource, roleOf } from './migrate.ts'
import { connectNats, nodeName, shareSignal, warnOfStorage } from './nats.ts'
import { requirePermissions, watchPermissions } from './nats/check.ts'
import { hints, neededBy } from './nats/permissions.ts'
import { allParts, loadServices, serviceNames } from './parts.ts'
import { Publisher } from './publisher.ts'
import { Redis } from './redis.ts'
import { Referentials } from './referentials.ts'
import { Relay } from './relay.ts'
import { type Ground, toMoleculerSchema } from './service.ts'
import { Signal } from './signal.ts'
import { Tail } from './tail.ts'
import { keepSpans } from './tracing.ts'
import { Timers } from './timers.ts'

const root = resolve(import.meta.dirname, '..')

/** The HTTP face, started last and stopped first; it lives in gateway/ and is found by name. */
export interface Gateway {
  /** The address it listens on. */
  readonly url: string
  stop(): Promise<void>
}

export interface GatewayOptions {
  readonly broker: ServiceBroker
  readonly config: Config
  readonly log: Logger
  readonly tail: Tail
  readonly now: () => Date
  readonly databaseUrl: string
  readonly redis: Redis | undefined
  readonly referentials: Referentials
}

export interface Hub {
  /** Where the gateway is; undefined in a process without one. */
  readonly url: string | undefined
  readonly broker: ServiceBroker
  /** Ends in order: no new request, running ones finished, then loops, services, pools. */
  stop(): Promise<void>
}

/** Every schema of the hub, in the order in which they are made. */
export async function migrationSources(): Promise<MigrationSource[]> {
  const services = await serviceNames()
  return [
    { schema: 'hub', folder: join(root, 'infra/migrations') },
    { schema: 'issuer', folder: join(root, 'infra/issuer/migrations') },
    ...services.map((name) => ({ schema: name, folder: join(root, 'services', name, 'migrations') })),
  ]
}

/**
 * Starts the chosen services and loops, and the gateway, on one PostgreSQL; brings its schemas up to date first.
 * @param parts what runs here, of `readParts`
 */
export async function startHub(
  config: Config,
  databaseUrl: string,
  log: Logger,
  parts: ReadonlySet<string>,
): Promise<Hub> {
  const closing: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  }
  try {
    const pool = (name: string, max: number, role?: string) => {
      const sql = createPool({ url: databaseUrl, name, max, ...(role && { role }) })
      closing.push(() => sql.end({ timeout: 5 }))
      return sql
    }
    const hubSql = pool('hub', 6)
    await migrate(hubSql, await migrationSources())

    const clock = new Clock(hubSql, log)
    await clock.start()
    closing.push(() => clock.stop())
    const now = () => clock.now()

    closing.push(keepSpans(hubSql, log))

    const committed = new Signal()
    const ranked = new Signal()
    const election = new Election(databaseUrl)
    closing.push(() => election.close())
    const nodeId = nodeName(config)
    const known = await allParts()
    const services = await loadServices()
    const consumers = services.flatMap((service) => service.consumers ?? [])
    const nats = config.natsUrl ? await connectNats(config.natsUrl, nodeId, log) : null
    if (nats) {
      closing.push(() => nats.close())
      const needed = neededBy(nodeId, [...parts], services, known)
      await requirePermissions(nats, needed, log)
      const watch = watchPermissions(nats, needed, log)
      closing.push(() => watch.stop())
      // The relay, of the part `hub`, waits for what others commit; everybody waits for what it has ranked.
      const relays = parts.has('hub')
      const commits = services.some(({ name }) => parts.has(name)) || relays
      shareSignal(nats, hints.committed, committed, { hears: relays, tells: commits })
      shareSignal(nats, hints.ranked, ranked, { hears: true, tells: relays })
    }
    const redis = config.redisUrl ? new Redis(config.redisUrl, nodeId, log) : undefined
    if (redis) {
      closing.push(() => redis.close())
      await redis.open()
    }
    if (parts.has('hub')) {
      const relay = new Relay({ sql: hubSql, election, committed, ranked, log })
      closing.push(() => relay.stop())
      if (nats) {
        void warnOfStorage(nats, log)
        const publisher = new Publisher({
          sql: hubSql,
          nats,
          election,
          ranked,
          consumers,
          staff: config.natsStaff,
          log,
        })
        closing.push(() => publisher.stop())
      }
      const housekeeping = keepHouse(hubSql, election, log)
      closing.push(() => housekeeping.stop())
    }

    const broker = createBroker(nodeId, config.natsUrl, known)
    const hubDb: Db = { sql: hubSql, committed }
    const ground = (db: Db, service: string): Ground => ({
      db,
      now,
      config,
      redis,
      log: log.child({ service }),
    })
    if (parts.has('hub')) broker.createService(toMoleculerSchema(hubService, ground(hubDb, 'hub')))
    const loops: (() => void)[] = []
    for (const definition of services.filter(({ name }) => parts.has(name))) {
      const role = roleOf(definition.name)
      const db: Db = { sql: pool(definition.name, 10, role), committed }
      broker.createService(toMoleculerSchema(definition, ground(db, definition.name)))
      loops.push(() => {
        // Reactions and timers have connections of their own: a flood of events cannot starve requests.
        const background: Db = { sql: pool(`${definition.name} reactions`, 4, role), committed }
        const common = {
          db: background,
          now,
          log: log.child({ service: definition.name }),
          config,
          retryBaseMs: config.retryBaseMs,
        }
        const own = definition.consumers ?? []
        const reading = { sql: hubSql, election, ranked, subscription: common }
        const bus = nats ? new JetStreamBus({ ...reading, nats }, own) : new LogBus(reading, own)
        closing.push(() => bus.stop())
        const timers = new Timers(common, definition.timers ?? [])
        closing.push(() => timers.stop())
      })
    }
    if (config.metricsPort || config.otlpEndpoint) {
      const { startMetrics } = await import('./metrics-export.ts')
      closing.push(await startMetrics({ config, databaseUrl, consumers, log }))
    }
    closing.push(() => broker.stop())
    await broker.start()
    for (const start of loops) start()

    if (!parts.has('gateway')) return { url: undefined, broker, stop }
    const tail = new Tail(hubSql, ranked, log)
    closing.push(() => tail.stop())
    const referentials = new Referentials({ sql: hubSql, ranked, log, redis })
    closing.push(() => referentials.stop())
    const { startGateway } = (await import(join(root, 'gateway/gateway.service.ts'))) as {
      startGateway(options: GatewayOptions): Promise<Gateway>
    }
    const gateway = await startGateway({ broker, config, log, tail, now, databaseUrl, redis, referentials })
    closing.push(() => gateway.stop())
    return { url: gateway.url, broker, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
