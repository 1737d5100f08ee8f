import { randomInt } from 'node:crypto'
import { killAtRandom, seeded, settle, startCluster } from './cluster.ts'
import type { Verdict } from './checkers.ts'
import { playDossiers } from './load.ts'

/** 200 journeys by `npm run test:faults`; a short form within `npm test`. */
const journeys = process.env.TIERS === 'fault' ? 200 : 16
const seed = Number(process.env.SEED ?? randomInt(2 ** 31))

const nothingWrong: Verdict = {
  lostSteps: 0,
  unexpected: 0,
  lostEffects: 0,
  doubledEffects: 0,
  reorderedEffects: 0,
  lostInDocuments: 0,
  doubledInDocuments: 0,
  wrongRanks: 0,
}

test('two processes killed at random lose, double and reorder nothing', async () => {
  const random = seeded(seed)
  const cluster = await startCluster(random)
  const stop = new AbortController()
  try {
    const killing = killAtRandom(cluster.hubs, random, stop.signal)
    const history = await playDossiers(cluster.url, journeys, 4)
    stop.abort()
    const kills = await killing
    const { verdict, counts } = await settle(cluster, history)
    process.stdout.write(
      `\n  seed ${seed}: ${journeys} journeys, ${kills} kills; ${JSON.stringify(counts)}\n  ${JSON.stringify(verdict)}\n`,
    )
    expect(verdict).toEqual(nothingWrong)
    expect(counts.steps).toBe(journeys * 7)
    expect(kills).toBeGreaterThan(0)
  } finally {
    stop.abort()
    await cluster.close()
  }
}, 900_000)
