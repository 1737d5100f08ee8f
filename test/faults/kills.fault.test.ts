import { setTimeout as delay } from 'node:timers/promises'
import { noFault } from './checkers.ts'
import { killAtRandom, settle, startCluster } from './cluster.ts'
import { playDossiers } from './load.ts'
import { type OwnServer, startOwnServer } from './own-server.ts'
import { watchReadiness } from './readiness.ts'
import { full, journeys, seeded } from './scale.ts'
import { lineOf, record } from './table.ts'

/** How long each hub process and the database live on average, and how often they die at most. */
const hubs = full ? { everyMs: 5_000, atMost: Infinity } : { everyMs: 500, atMost: 1 }
const postgres = full ? { everyMs: 6_000, atMost: Infinity } : { everyMs: 1_500, atMost: 3 }

/** What befalls the database, again and again until told to stop; returns how often. */
async function breakAtRandom(server: OwnServer, random: () => number, stop: AbortSignal): Promise<number> {
  const faults = [
    () => server.kill(),
    () => server.killBackend(),
    async () => {
      const goOn = await server.freeze()
      await delay(500 + random() * 2_500)
      goOn()
    },
    () => server.stopAtOnce(),
  ]
  let done = 0
  for (let n = 0; n < postgres.atMost; n++) {
    const waitMs = n === 0 ? 0 : (0.25 + random() * 1.5) * postgres.everyMs
    await delay(waitMs, undefined, { signal: stop }).catch(() => {})
    if (stop.aborted) break
    // One that finds the server down already breaks nothing, and does not count.
    const broke = await faults[n % faults.length]!().then(
      () => true,
      () => false,
    )
    if (broke) done++
  }
  return done
}

test('hub processes and their database, killed at random, lose, double and reorder nothing', async () => {
  const started = Date.now()
  const random = seeded()
  const server = await startOwnServer()
  const cluster = await startCluster({ random, database: server })
  const readiness = watchReadiness(cluster.hubs)
  const stop = new AbortController()
  try {
    const [history, kills, breaks] = await Promise.all([
      playDossiers(cluster.url, journeys, 16).finally(() => stop.abort()),
      killAtRandom(cluster.hubs, random, hubs.everyMs, hubs.atMost, stop.signal),
      breakAtRandom(server, random, stop.signal),
    ])
    const result = await settle(cluster, history)
    const seen = await readiness.stop()
    record(
      lineOf(result, {
        fault: 'hubs and PostgreSQL killed',
        sent: `${journeys} journeys`,
        kills: kills + breaks,
        seconds: (Date.now() - started) / 1000,
        note: `${kills} of hubs, ${breaks} of PostgreSQL; probed ${seen.probes} times, slowest ${seen.slowestMs} ms`,
      }),
    )
    expect(result.verdict).toEqual(noFault)
    expect(result.counts.steps).toBe(journeys * 7)
    expect(kills).toBeGreaterThan(0)
    expect(breaks).toBeGreaterThan(0)
    expect(seen.statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
    expect(seen.slowestMs).toBeLessThan(10_000)
  } finally {
    stop.abort()
    await readiness.stop()
    await cluster.close()
  }
}, 1_200_000)
