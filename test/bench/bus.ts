import { setTimeout as delay } from 'node:timers/promises'
import { AckPolicy, connect, type NatsConnection } from 'nats'
import { createPool, type Sql } from '../../infra/db.ts'
import { migrationSources } from '../../infra/hub.ts'
import { migrate, roleOf } from '../../infra/migrate.ts'
import { natsLogin } from '../../infra/nats.ts'
import { durableOf, ignoreMissing, streamName } from '../../infra/stream.ts'
import { auditEffects, create, emptyHub, ObjetChange, prepareEssai, recorder } from '../infra/essai.ts'
import { type BusProcess, startBus } from '../stack/bus-process.ts'
import { type NatsServers, startNatsServers } from '../stack/nats-servers.ts'
import { columns, median, print, quantile } from './figures.ts'
import { cpuOfServers, type Database, startDatabase } from './servers.ts'

const rounds = Number(process.env.ROUNDS ?? 3)
const seconds = Number(process.env.SECONDS ?? 4)
const count = Number(process.env.EVENTS ?? 20_000)
const pace = Number(process.env.PACE ?? 500)

interface Ground {
  readonly database: Database
  readonly sql: Sql
  readonly service: Sql
  readonly servers: NatsServers
  readonly nc: NatsConnection
}

/** One round: events a second, and CPU for each in microseconds, of Node, NATS and PostgreSQL. */
interface Round {
  readonly perSecond: number
  readonly cpu: readonly number[]
}

const consumer = recorder('essai.a')

/**
 * Events a second from the log to their committed effects, by relay, publisher, JetStream (three servers, fsync
 * always) and lanes, each of an aggregate of its own, beside a raw publish and consume of as many messages of the same
 * size on the same servers. Then how long an event takes at a steady pace, and how long nothing arrives when the
 * stream's leader is killed. EVENTS and PACE (a second) may be set.
 */
export async function benchBus(): Promise<void> {
  const database = await startDatabase({ pin: false })
  const sql = createPool({ url: database.url, max: 4, name: 'bench' })
  const service = createPool({ url: database.url, max: 10, name: 'bench', role: roleOf('demarches') })
  const servers = await startNatsServers(3)
  const nc = await connect({ ...natsLogin(servers.urlOf('essai')), noAsyncTraces: true })
  const ground: Ground = { database, sql, service, servers, nc }
  try {
    await migrate(sql, await migrationSources())
    await prepareEssai(sql)
    await throughput(ground)
    await latency(ground)
    await failover(ground)
  } finally {
    await nc.close()
    await servers.close()
    await sql.end({ timeout: 1 })
    await service.end({ timeout: 1 })
    await database.stop()
  }
}

async function throughput(ground: Ground): Promise<void> {
  print(`${rounds} rounds of ${count} events\n`)
  const raw: Round[] = []
  const hub: Round[] = []
  for (let round = 0; round <= rounds; round++) {
    const before = await rawRound(ground)
    const after = await hubRound(ground)
    if (round === 0) continue // until the code is warm
    raw.push(before)
    hub.push(after)
  }
  const of = (result: readonly Round[]) => median(result.map(({ perSecond }) => perSecond))
  const rows: [string, readonly Round[]][] = [
    ['raw JetStream', raw],
    ['the hub’s bus', hub],
  ]
  print(columns(['', '', 'per second', 'of raw', 'µs node', 'µs nats', 'µs pg']))
  for (const [name, result] of rows) {
    const cpu = [0, 1, 2].map((n) => median(result.map((one) => one.cpu[n]!)).toFixed(0))
    print(columns([name, '', of(result).toFixed(0), (of(result) / of(raw)).toFixed(2), ...cpu]))
  }
}

async function measured({ database }: Ground, work: () => Promise<void>): Promise<Round> {
  const cpu = () => [process.cpuUsage(), cpuOfServers('nats-server'), database.cpu()] as const
  const [node, nats, pg] = cpu()
  const started = performance.now()
  await work()
  const perSecond = count / ((performance.now() - started) / 1000)
  const [nodeAfter, natsAfter, pgAfter] = cpu()
  const ownCpu = nodeAfter.user + nodeAfter.system - node.user - node.system
  return { perSecond, cpu: [ownCpu, natsAfter - nats, pgAfter - pg].map((used) => used / count) }
}

/** 256 in flight, then pulled and acknowledged, as fast as it goes. */
async function rawRound(ground: Ground): Promise<Round> {
  const manager = await ground.nc.jetstreamManager()
  const streams = ground.nc.jetstream()
  await manager.streams.add({ name: 'RAW', subjects: ['raw.>'], num_replicas: 3 })
  const policy = { ack_policy: AckPolicy.Explicit, max_ack_pending: 512 }
  await manager.consumers.add('RAW', { durable_name: 'raw', ...policy })
  const messages = await (await streams.consumers.get('RAW', 'raw')).consume({ max_messages: 256 })
  const consume = async () => {
    let n = 0
    for await (const message of messages) {
      message.ack()
      if (++n === count) break
    }
  }
  const payload = new Uint8Array(await sizeOfMessage(ground))
  const result = await measured(ground, async () => {
    const consuming = consume()
    for (let n = 0; n < count; n += 256)
      await Promise.all(
        Array.from({ length: Math.min(256, count - n) }, () => streams.publish('raw.a', payload)),
      )
    await consuming
  })
  messages.stop()
  await manager.streams.delete('RAW')
  return result
}

let knownSize = 0

/** What one of the hub's messages weighs, headers included. */
async function sizeOfMessage(ground: Ground): Promise<number> {
  if (knownSize > 0) return knownSize
  const bus = await startEmpty(ground)
  await create(ground.service)
  await done(ground, 1)
  const { state } = await (await ground.nc.jetstreamManager()).streams.info(streamName)
  await bus.stop()
  return (knownSize = state.bytes)
}

/** Events that were committed at once, until the effect of each is committed. */
async function hubRound(ground: Ground): Promise<Round> {
  const { sql } = ground
  const bus = await startEmpty(ground)
  await sql`
    insert into hub.event (type, source, subject, sequence, time, actor_kind, data)
    select ${ObjetChange.type}, 'demarches', 'dossier/' || gen_random_uuid(), 1, now(), 'horloge', '{"n":1}'
    from generate_series(1, ${count})`
  const result = await measured(ground, async () => {
    bus.db.committed.notify()
    await done(ground, count)
  })
  await bus.stop()
  await audit(sql)
  return result
}

/** A bus on an empty log and a stream of its own, ready to read. */
async function startEmpty({ sql, nc, database, servers }: Ground): Promise<BusProcess> {
  await emptyHub(sql)
  const manager = await nc.jetstreamManager()
  await manager.streams.delete(streamName).catch(ignoreMissing)
  const bus = await startBus(database, servers.urlOf('essai'), [consumer])
  while (!(await manager.consumers.info(streamName, durableOf(consumer)).catch(ignoreMissing)))
    await delay(20)
  await delay(500) // it looks for its consumer four times a second
  return bus
}

async function done({ sql }: Ground, wanted: number): Promise<void> {
  for (;;) {
    const [row] = await sql<[{ n: number }]>`select count(*)::int as n from essai.effet`
    if (row.n >= wanted) return
    await delay(Math.min(100, 10 + (wanted - row.n) / 50))
  }
}

async function audit(sql: Sql): Promise<void> {
  const wrong = await auditEffects(sql, consumer)
  if (Object.values(wrong).some((n) => n > 0)) throw new Error(`wrong effects: ${JSON.stringify(wrong)}`)
}

/** Appends that many events a second, whether the earlier ones are stored or not. */
async function write({ service }: Ground, bus: BusProcess, total: number): Promise<void> {
  const writing: Promise<unknown>[] = []
  const started = performance.now()
  for (let n = 0; n < total; n++) {
    const due = started + (n * 1000) / pace - performance.now()
    if (due > 0) await delay(due)
    writing.push(create(service).then(() => bus.db.committed.notify()))
  }
  await Promise.all(writing)
}

/** From the commit of an event to that of its effect, by PostgreSQL's own commit timestamps. */
async function latency(ground: Ground): Promise<void> {
  const bus = await startEmpty(ground)
  const total = pace * seconds
  await write(ground, bus, pace) // until the code is warm
  await write(ground, bus, total)
  await done(ground, pace + total)
  const rows = await ground.sql<{ ms: number }[]>`
    select extract(epoch from pg_xact_commit_timestamp(effet.xmin) - pg_xact_commit_timestamp(objet.xmin))::float8 * 1000 as ms
    from essai.effet join essai.objet on 'dossier/' || objet.id = effet.subject order by effet.n desc limit ${total}`
  const waits = rows.map(({ ms }) => ms)
  const at = (share: number) => quantile(waits, share).toFixed(1)
  print(`\ncommit -> reaction at ${pace} a second: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (N = ${total})`)
  await bus.stop()
}

/** How long no effect is committed after the stream's leader was killed, at a steady pace. */
async function failover(ground: Ground): Promise<void> {
  const silences: number[] = []
  for (let round = 0; round < rounds; round++) {
    const bus = await startEmpty(ground)
    await write(ground, bus, pace)
    const stop = new AbortController()
    const writing = (async () => {
      while (!stop.signal.aborted) await write(ground, bus, pace / 10)
    })()
    const leader = await ground.servers.leaderOf(streamName)
    await ground.servers.kill(leader)
    const killedAt = Date.now()
    await delay(10_000)
    stop.abort()
    await writing
    await ground.servers.start(leader)
    const [row] = await ground.sql<[{ n: number }]>`select count(*)::int as n from hub.event`
    await done(ground, row.n)
    silences.push(await longestSilence(ground.sql, killedAt))
    await bus.stop()
    await audit(ground.sql)
  }
  print(
    `leader killed -> deliveries go on: median ${median(silences).toFixed(0)} ms, longest ${Math.max(...silences).toFixed(0)} ms (N = ${rounds})`,
  )
}

async function longestSilence(sql: Sql, since: number): Promise<number> {
  const [row] = await sql<[{ ms: number }]>`
    with commits as (select distinct pg_xact_commit_timestamp(xmin) as at from essai.effet)
    select max(extract(epoch from at - previous))::float8 * 1000 as ms
    from (select at, lag(at) over (order by at) as previous from commits) pairs
    where at > ${new Date(since)}`
  return row.ms
}
