import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sql } from '../../infra/db.ts'
import { freePort } from '../demo/sign-in.ts'
import { Balancer } from '../support/balancer.ts'
import { freshDatabase } from '../support/database.ts'
import { HubProcess, inParts } from '../support/hub-process.ts'
import type { NatsServers } from '../stack/nats-servers.ts'
import { check } from './checkers.ts'
import type { History } from './load.ts'

/** Where a cluster keeps everything: a database of the run's server, or a server of its own. */
export interface Database {
  readonly url: string
  readonly sql: Sql
  drop(): Promise<void>
}

/** Processes with a probe in each, on one database, behind one address: two whole hubs, or two of each part. */
export interface Cluster {
  readonly url: string
  readonly database: Database
  readonly hubs: readonly HubProcess[]
  close(): Promise<void>
}

export interface ClusterOptions {
  readonly random: () => number
  /** The bug to plant in both processes (plant.ts). */
  readonly plant?: string
  /** Absent: a fresh database of the run's server. */
  readonly database?: Database
  /** Where documents go; absent: a temporary folder. */
  readonly dataFolder?: string
  /** Servers of NATS: the hub runs in parts, two processes of each, each part as its own user. */
  readonly nats?: Pick<NatsServers, 'urlOf'>
  /** With NATS, the parts of which there are two each; of the others that a hub cannot do without there is one. */
  readonly doubled?: readonly string[]
  /** Settings of every process beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>
  /** By how much the clock of each process is wrong, in hours (shift-clock.ts). */
  readonly shifts?: readonly number[]
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const database = options.database ?? (await freshDatabase())
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'guichet-cluster-')))
  const [port, ...ports] = await Promise.all([freePort(), freePort(), freePort()])
  const parts = options.nats ? partsOf(options.doubled) : [undefined, undefined]
  const url = `http://127.0.0.1:${port}`
  const hubs = parts.map((services, n) => {
    const own = ports[Math.floor((2 * n) / parts.length)]!
    const shift = options.shifts?.[n]
    const before = [
      ...(shift ? [`./test/faults/shift-clock.ts?${shift}`] : []),
      ...(options.plant ? [`./test/faults/plant.ts?${options.plant}`] : []),
    ]
    const preload = [...before, './test/faults/probe.ts']
    return new HubProcess({
      port: own,
      databaseUrl: database.url,
      dataFolder,
      publicUrl: url,
      preload: services === undefined || services === 'documents' ? preload : before,
      ...(services && { services }),
      env: {
        ...(services && {
          NATS_URL: options.nats!.urlOf(services),
          PROBE_NATS_URL: options.nats!.urlOf('essai'),
        }),
        ...options.env,
      },
    })
  })
  const balancer = new Balancer(ports, options.random)
  await balancer.listen(port)
  if (options.nats) balancer.askReadiness()
  const cluster = {
    url,
    database,
    hubs,
    async close() {
      await Promise.all(hubs.map((hub) => hub.kill()))
      await balancer.close()
      await database.drop()
      if (!options.dataFolder) await rm(dataFolder, { recursive: true })
    },
  }
  try {
    await prepareProbe(database.sql)
    await Promise.all(hubs.map((hub) => hub.start()))
  } catch (error) {
    await cluster.close()
    throw error
  }
  return cluster
}

function partsOf(doubled: readonly string[] = inParts): string[] {
  const single = ['hub', 'identity'].filter((part) => !doubled.includes(part))
  return [...doubled, ...single, ...doubled]
}

/** The table of the probe's effects (probe.ts). */
export async function prepareProbe(sql: Sql): Promise<void> {
  await sql`create schema if not exists probe`
  await sql`create table if not exists probe.effect (
    id bigint generated always as identity primary key, subject text, sequence int, type text)`
}

/**
 * Kills each of the processes at random moments, starts it again, and so on until told to stop; returns how often.
 * One that has ended by itself meanwhile is an error: that is what nobody may do to it.
 * A process that finds no database at its start ends, and is started again.
 * @param everyMs how long a process lives, on average
 * @param atMost how often each is killed
 */
export async function killAtRandom(
  hubs: readonly HubProcess[],
  random: () => number,
  everyMs: number,
  atMost: number,
  stop: AbortSignal,
): Promise<number> {
  const kills = hubs.map(async (hub) => {
    for (let n = 0; ; n++) {
      await delay(random() * 2 * everyMs, undefined, { signal: stop }).catch(() => {})
      if (stop.aborted || n === atMost) return n
      if (!hub.running) throw new Error(`a hub has ended by itself:\n${hub.output.slice(-4000)}`)
      await hub.kill()
      await startAgain(hub)
    }
  })
  return (await Promise.all(kills)).reduce((sum, n) => sum + n, 0)
}

const startPatienceMs = 60_000

/** Starts a process until it serves, as a supervisor does. */
export async function startAgain(hub: HubProcess): Promise<void> {
  const end = Date.now() + startPatienceMs
  for (;;) {
    try {
      return await hub.start()
    } catch (error) {
      if (Date.now() > end) throw error
      await delay(200)
    }
  }
}

/** The verdict once nothing changes any more: everything is done, or 30 s have passed. */
export async function settle(cluster: Cluster, history: History) {
  const end = Date.now() + 30_000
  for (;;) {
    try {
      const result = await check(cluster.database.sql, history)
      const waiting = result.verdict.lostEffects + result.verdict.lostInDocuments + result.verdict.wrongRanks
      if (waiting === 0 || Date.now() > end) return result
    } catch (error) {
      // The database that was broken may answer the hub and not yet this connection.
      if (Date.now() > end) throw error
    }
    await delay(200)
  }
}
