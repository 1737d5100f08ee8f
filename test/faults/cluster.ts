import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../demo/sign-in.ts'
import { Balancer } from '../support/balancer.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { HubProcess } from '../support/hub-process.ts'
import { check } from './checkers.ts'
import type { History } from './load.ts'

/** Two hub processes with a probe in each, on one database, behind one address. */
export interface Cluster {
  readonly url: string
  readonly database: TestDatabase
  readonly hubs: readonly HubProcess[]
  close(): Promise<void>
}

export async function startCluster(random: () => number, plant?: string): Promise<Cluster> {
  const database = await freshDatabase()
  await database.sql`create schema probe`
  await database.sql`create table probe.effect (
    id bigint generated always as identity primary key, subject text, sequence int, type text)`
  const dataFolder = await mkdtemp(join(tmpdir(), 'guichet-cluster-'))
  const [port, ...ports] = await Promise.all([freePort(), freePort(), freePort()])
  const url = `http://127.0.0.1:${port}`
  const preload = [...(plant ? [`./test/faults/plant.ts?${plant}`] : []), './test/faults/probe.ts']
  const hubs = ports.map(
    (own) => new HubProcess({ port: own, databaseUrl: database.url, dataFolder, publicUrl: url, preload }),
  )
  const balancer = new Balancer(ports, random)
  await balancer.listen(port)
  await Promise.all(hubs.map((hub) => hub.start()))
  return {
    url,
    database,
    hubs,
    async close() {
      await Promise.all(hubs.map((hub) => hub.kill()))
      await balancer.close()
      await database.drop()
      await rm(dataFolder, { recursive: true })
    },
  }
}

/** Kills each of the processes at random moments, starts it again, and so on until told to stop; returns how often. */
export async function killAtRandom(
  hubs: readonly HubProcess[],
  random: () => number,
  stop: AbortSignal,
): Promise<number> {
  const kills = hubs.map(async (hub) => {
    for (let n = 0; ; n++) {
      await delay(random() * 800, undefined, { signal: stop }).catch(() => {})
      if (stop.aborted) return n
      await hub.kill()
      await hub.start()
    }
  })
  return (await Promise.all(kills)).reduce((sum, n) => sum + n, 0)
}

/** The verdict once nothing changes any more: everything is done, or 20 s have passed. */
export async function settle(cluster: Cluster, history: History) {
  const end = Date.now() + 20_000
  for (;;) {
    const result = await check(cluster.database.sql, history)
    const waiting = result.verdict.lostEffects + result.verdict.lostInDocuments + result.verdict.wrongRanks
    if (waiting === 0 || Date.now() > end) return result
    await delay(200)
  }
}

/** Random numbers that a printed seed brings back (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
