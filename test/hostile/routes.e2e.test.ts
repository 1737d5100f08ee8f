import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Access } from '../../contracts/define.ts'
import { type Route, routes } from '../../gateway/routes.ts'
import { anonyme } from '../support/people.ts'
import { type Case, casesOf, type Shot, shotOf } from './cases.ts'
import { HostileClient, type TimedReply } from './client.ts'
import { type Ground, grounds } from './grounds.ts'

/**
 * Every route under hostile input: each of its params in the path, the query, the body and the headers, for each
 * rule of its access. `HOSTILE_ALL=1` sends all cases, else each run draws its own; `HOSTILE_SEED` repeats a run.
 */
const all = process.env.HOSTILE_ALL === '1'
const seed = Number(process.env.HOSTILE_SEED ?? randomInt(2 ** 31))
/** The share of the cases of a place, beside its first. */
const share = { usual: 0.05, deep: 0.01 }
const always = 1
/** Nothing that can be asked for takes longer, milliseconds, on a machine that is busy with tests. */
const bound = 1000

const client = new HostileClient()
afterAll(() => client.close())

const nameOf = (route: Route) => `${route.method} ${route.path}`

interface Front {
  readonly route: Route
  readonly rule: Access
  readonly ground: Ground
}

const fronts: readonly Front[] = routes.flatMap((route) =>
  route.action.access.flatMap((rule) => {
    const ground = grounds[nameOf(route)]?.[rule]
    return ground ? [{ route, rule, ground }] : []
  }),
)

test('every route can be attacked, by everyone whom its rule lets in', () => {
  const uncovered = (table: readonly Route[]) =>
    table.flatMap((route) =>
      route.action.access
        .filter((rule) => !grounds[nameOf(route)]?.[rule])
        .map((rule) => `${nameOf(route)}, ${rule}`),
    )
  expect(uncovered(routes)).toEqual([])
  expect(uncovered([{ ...routes[0]!, path: '/v1/nouvelle' }])).toEqual(['GET /v1/nouvelle, compte'])
})

test('every param of every route is attacked where it stands', () => {
  for (const { route, ground } of fronts) {
    const places = new Set(casesOf(route, () => ({ id: 'x', ...ground.sample })).map(({ place }) => place))
    for (const param of Object.keys(route.action.params.shape))
      expect([...places].filter((place) => placesOf(param).includes(place))).toHaveLength(1)
  }
})

function placesOf(param: string): string[] {
  // A file's name comes in the multipart head, which has tests of its own.
  if (param === 'nom') return ['query nom', 'body /nom']
  return [
    `path /${param}`,
    `query ${param}`,
    `body /${param}`,
    ...(param === 'siVersion' ? ['header if-match'] : []),
  ]
}

describe('whatever is sent, the hub answers a refusal in French or does what was asked, at once', () => {
  test('thousands of requests', async () => {
    const failures: string[] = []
    const slow: Slow[] = []
    const counts = await Promise.all(fronts.map((front) => attack(front, failures, slow)))
    // On a busy machine any request may wait for others; what is slow by itself is so when it is alone.
    for (const { name, again } of slow) {
      const { ms } = [await again(), await again()].toSorted((a, b) => a.ms - b.ms)[0]!
      if (ms > bound) failures.push(`${name}: ${Math.round(ms)} ms`)
    }
    const wrong = failures.toSorted().slice(0, 20).join('\n\n')
    if (wrong) throw new Error(`${failures.length} wrong, HOSTILE_SEED=${seed}:\n${wrong}`)
    expect(Math.min(...counts)).toBeGreaterThan(20)
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(1500)
  }, 300_000)

  test('afterwards it is well, and nothing that happened was unforeseen', async () => {
    expect((await anonyme.send('GET', '/health/ready')).status).toBe(200)
    const log = await readFile(process.env.TEST_HUB_LOG ?? '', 'utf8')
    expect(
      log
        .split('\n')
        .filter((line) => line.includes('"level":50') && /"msg":"(request|live stream failed)"/.test(line)),
    ).toEqual([])
  })
})

interface Slow {
  readonly name: string
  readonly again: () => Promise<TimedReply>
}

/** Sends the cases of one route one after the other; resolves to their number. */
async function attack({ route, rule, ground }: Front, failures: string[], slow: Slow[]): Promise<number> {
  let id = (await ground.object?.()) ?? ''
  const sample = () => ({ id, ...ground.sample })
  const fire = async (shot: Shot): Promise<TimedReply> => {
    const reply = await client.send(route.method, shot, await ground.caller().headers(route.method, {}))
    if (reply.status < 300 && route.method !== 'GET' && ground.object) id = await ground.object()
    return reply
  }
  const drawn = draw(casesOf(route, sample))
  for (const { place, what, shot } of drawn)
    try {
      const { ms } = await fire(shot())
      if (ms > bound) slow.push({ name: `${nameOf(route)}, ${place}: ${what}`, again: () => fire(shot()) })
    } catch (error) {
      failures.push(`${nameOf(route)}, ${rule}, ${place}: ${what}: ${(error as Error).message}`)
    }
  const sound = await fire(shotOf(route, sample()))
  if (sound.status !== route.success)
    failures.push(`${nameOf(route)}, ${rule}, as it should be: ${sound.status} ${sound.text}`)
  return drawn.length
}

function draw(cases: readonly Case[]): readonly Case[] {
  const random = randomFrom(seed)
  const seen = new Map<string, number>()
  return cases.filter(({ place, deep }) => {
    const count = seen.get(place) ?? 0
    seen.set(place, count + 1)
    return all || random() < share[deep ? 'deep' : 'usual'] || (!deep && count < always)
  })
}

/** Numbers from 0 to 1 that a seed gives again (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
