import { Client, HttpError } from '../demo/client.ts'
import { actAtRandom, type BookingHistory, checkBookings, type Counter, openCounter } from './bookings.ts'
import { type Cluster, killAtRandom, startCluster } from './cluster.ts'
import { mintedStranger } from './minted.ts'
import { full, seeded } from './scale.ts'
import { record } from './table.ts'

const crowd = 500
/** Clients at random, and what each does. */
const [walkers, acts] = full ? [60, 200] : [24, 25]

interface Reply {
  readonly status: number
  readonly creneaux: { debut: string }[]
}

/** Asks until it is decided: 201 or 409; a client that is shed comes back. */
async function hold(client: Client, body: object): Promise<Reply> {
  try {
    await client.post('/v1/agenda/reservations', body)
    return { status: 201, creneaux: [] }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    return { status: error.status, creneaux: (error.body.creneaux ?? []) as { debut: string }[] }
  }
}

/** The same rush once PostgreSQL no longer forbids anything: the check must see what comes of it. */
async function overbook(cluster: Cluster, clients: readonly Client[], counter: Counter): Promise<number> {
  const { sql } = cluster.database
  await sql`alter table agenda.rendez_vous drop constraint rendez_vous_agent`
  await sql`drop index agenda.rendez_vous_place`
  const { motif, lieu, slots } = counter
  // Side by side, four by four: each slot is a chance.
  await Promise.all(
    clients.map((client, n) => hold(client, { motif, lieu, debut: slots[1 + Math.floor(n / 4)] })),
  )
  const { overfull } = await checkBookings(sql, [counter], { told: new Map(), done: {} })
  record({ plant: 'a table without its constraints', caught: overfull > 0 })
  return overfull
}

test(`${crowd} clients at once for one slot: one has it, the others are offered others`, async () => {
  const started = Date.now()
  const cluster = await startCluster({ random: seeded() })
  try {
    const agent = new Client(cluster.url, await mintedStranger(cluster, ['usager', 'agent:etat-civil']))
    const counter = await openCounter(agent, 1, 200)
    const [debut = ''] = counter.slots
    const clients = await Promise.all(
      Array.from({ length: crowd }, async (_, n) => {
        const hub = cluster.hubs[n % cluster.hubs.length]!
        const client = new Client(hub.url, await mintedStranger(cluster))
        await client.get('/v1/moi') // an account of their own
        return client
      }),
    )
    const replies = await Promise.all(
      clients.map((client) => hold(client, { motif: counter.motif, lieu: counter.lieu, debut })),
    )
    const [row] = await cluster.database.sql<{ taken: number }[]>`
      select count(*)::int as taken from agenda.rendez_vous where debut = ${debut}`
    const won = replies.filter(({ status }) => status === 201).length
    record({
      fault: 'one slot taken at once',
      sent: `${crowd} requests`,
      kills: 0,
      acknowledged: won,
      effects: row!.taken,
      lost: Math.max(0, won - row!.taken),
      doubled: row!.taken - 1,
      reordered: 0,
      unexpected: 0,
      wrongRanks: 0,
      seconds: (Date.now() - started) / 1000,
      note: `${crowd - won} refused, with other slots`,
    })
    expect({ won, taken: row!.taken }).toEqual({ won: 1, taken: 1 })
    const refused = replies.filter(({ status }) => status === 409)
    expect(refused).toHaveLength(crowd - 1)
    for (const { creneaux } of refused) {
      expect(creneaux).toHaveLength(5)
      expect(creneaux.map((one) => one.debut)).not.toContain(debut)
    }
    expect(await overbook(cluster, clients, counter)).toBeGreaterThan(0)
  } finally {
    await cluster.close()
  }
}, 300_000)

test('holds, bookings, moves and cancellations at random over 200 slots overfill none, and none that was told is lost', async () => {
  const started = Date.now()
  const random = seeded()
  const cluster = await startCluster({ random })
  const stop = new AbortController()
  try {
    const staff = async () =>
      new Client(cluster.url, await mintedStranger(cluster, ['usager', 'agent:etat-civil']))
    const counters = [await openCounter(await staff(), 1, 150), await openCounter(await staff(), 3, 50)]
    const history: BookingHistory = { told: new Map(), done: {} }
    const clients = await Promise.all(
      Array.from({ length: walkers }, async () => new Client(cluster.url, await mintedStranger(cluster))),
    )
    const [kills] = await Promise.all([
      killAtRandom(cluster.hubs, random, full ? 5_000 : 1_000, full ? Infinity : 1, stop.signal),
      Promise.all(clients.map((client) => actAtRandom(client, counters, acts, random, history))).finally(() =>
        stop.abort(),
      ),
    ])
    const verdict = await checkBookings(cluster.database.sql, counters, history)
    const { taken = 0, ...done } = history.done
    record({
      fault: 'bookings at random',
      sent: `${walkers * acts} acts`,
      kills,
      acknowledged: history.told.size,
      effects: Object.values(done).reduce((sum, n) => sum + n, 0),
      lost: verdict.lost,
      doubled: verdict.overfull,
      reordered: 0,
      unexpected: verdict.unexpected,
      wrongRanks: 0,
      seconds: (Date.now() - started) / 1000,
      note: Object.entries(history.done)
        .map(([name, n]) => `${n} ${name}`)
        .join(', '),
    })
    expect(verdict).toEqual({ lost: 0, unexpected: 0, overfull: 0 })
    expect(taken).toBeGreaterThan(0)
    for (const name of ['hold', 'book', 'confirm', 'release', 'cancel', 'move'])
      expect(history.done[name]).toBeGreaterThan(0)
  } finally {
    stop.abort()
    await cluster.close()
  }
}, 1_200_000)
