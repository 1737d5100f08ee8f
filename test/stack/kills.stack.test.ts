import { setTimeout as delay } from 'node:timers/promises'
import { streamName } from '../../infra/stream.ts'
import { noFault } from '../faults/checkers.ts'
import { killAtRandom, settle, startCluster } from '../faults/cluster.ts'
import { playDossiers } from '../faults/load.ts'
import { type OwnServer, startOwnServer } from '../faults/own-server.ts'
import { watchReadiness } from '../faults/readiness.ts'
import { full, journeys, seeded } from '../faults/scale.ts'
import { lineOf, record } from '../faults/table.ts'
import type { HubProcess } from '../support/hub-process.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

/** Fourteen processes take half of a small machine to start every 45 s. How long each lives on average, and how often it dies at most; how often the servers are broken. */
const processes = full ? { everyMs: 45_000, atMost: Infinity } : { everyMs: 2_500, atMost: 1 }
const servers = full ? { everyMs: 6_000, atMost: Infinity } : { everyMs: 1_000, atMost: 9 }

interface Servers {
  readonly nats: NatsServers
  readonly postgres: OwnServer
  readonly redis: RedisServer
}

/** What befalls the servers, and what they and the processes suffer frozen, until told to stop; returns how often. */
async function breakAtRandom(
  { nats, postgres, redis }: Servers,
  hubs: readonly HubProcess[],
  random: () => number,
  stop: AbortSignal,
): Promise<number> {
  const any = () => Math.floor(random() * 3)
  let next = Math.floor(random() * hubs.length)
  const faults = [
    async () => {
      const leader = await nats.leaderOf(streamName)
      await nats.kill(leader)
      await delay(1_000)
      await nats.start(leader)
    },
    () => postgres.kill(),
    async () => {
      // Long enough for the others to miss it, and to take over what it was doing.
      const goOn = hubs[next++ % hubs.length]!.freeze()
      await delay(500 + random() * 4_500)
      goOn()
    },
    async () => {
      const goOn = nats.freeze(any())
      await delay(500 + random() * 2_500)
      goOn()
    },
    async () => {
      await nats.kill()
      await delay(500)
      await nats.start()
    },
    async () => {
      const goOn = await postgres.freeze()
      await delay(500 + random() * 2_500)
      goOn()
    },
    async () => {
      await redis.kill()
      await delay(500 + random() * 1_500)
      await redis.start()
    },
    async () => {
      const goOn = redis.freeze()
      await delay(500 + random() * 2_500)
      goOn()
    },
    async () => {
      await nats.kill()
      await nats.wipe()
      await nats.start()
    },
  ]
  let done = 0
  for (let n = 0; n < servers.atMost; n++) {
    await delay((0.25 + random() * 1.5) * servers.everyMs, undefined, { signal: stop }).catch(() => {})
    if (stop.aborted) break
    await faults[n % faults.length]!()
    done++
  }
  return done
}

test('two processes of each part, three NATS servers, PostgreSQL and Redis, all killed and frozen at random, lose, double and reorder nothing', async () => {
  const started = Date.now()
  const random = seeded()
  const [nats, postgres, redis] = await Promise.all([startNatsServers(3), startOwnServer(), startRedis()])
  const cluster = await startCluster({ random, database: postgres, nats, env: { REDIS_URL: redis.url } })
  const readiness = watchReadiness(cluster.hubs)
  const stop = new AbortController()
  try {
    const [history, kills, breaks] = await Promise.all([
      playDossiers(cluster.url, journeys, 16).finally(() => stop.abort()),
      killAtRandom(cluster.hubs, random, processes.everyMs, processes.atMost, stop.signal),
      breakAtRandom({ nats, postgres, redis }, cluster.hubs, random, stop.signal),
    ])
    const result = await settle(cluster, history)
    const seen = await readiness.stop()
    record(
      lineOf(result, {
        fault: 'parts and all servers killed',
        sent: `${journeys} journeys`,
        kills: kills + breaks,
        seconds: (Date.now() - started) / 1000,
        note: `${kills} of processes, ${breaks} of servers or frozen; probed ${seen.probes} times, slowest ${seen.slowestMs} ms`,
      }),
    )
    expect(result.verdict).toEqual(noFault)
    expect(result.counts.steps).toBe(journeys * 7)
    expect(kills).toBeGreaterThan(0)
    expect(breaks).toBeGreaterThan(0)
    expect(seen.statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
  } finally {
    stop.abort()
    await readiness.stop()
    await cluster.close()
    await Promise.all([nats.close(), redis.close()])
  }
}, 1_200_000)
