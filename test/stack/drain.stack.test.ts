import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { startCluster } from '../faults/cluster.ts'
import { mintedSession } from '../faults/minted.ts'
import { full, seeded } from '../faults/scale.ts'
import { record } from '../faults/table.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'

/** How often each of the eight processes is told to stop: 56 times altogether in full; once each in short. */
const rounds = full ? 7 : 1
const workers = 6
/** A drain that takes longer is none. */
const drainMs = 10_000

let nats: NatsServers
beforeAll(async () => {
  nats = await startNatsServers(3)
}, 60_000)
afterAll(() => nats.close())

/** One request on a connection of its own, never repeated: its status, or the error of its line. */
function once(url: string, token: string, body?: object): Promise<{ outcome: number | string; id?: string }> {
  return new Promise((resolve) => {
    const payload = body && JSON.stringify(body)
    const outgoing = request(
      url,
      {
        method: body ? 'POST' : 'GET',
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(payload && {
            'content-type': 'application/json',
            'idempotency-key': randomUUID(),
            'content-length': Buffer.byteLength(payload),
          }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const { id } = JSON.parse(text) as { id?: string }
          const status = response.statusCode ?? 0
          resolve({ outcome: status < 300 ? status : `${status} ${text}`, ...(id && { id }) })
        })
        response.on('error', (error) => resolve({ outcome: String(error) }))
      },
    )
    outgoing.on('error', (error) => resolve({ outcome: String(error) }))
    outgoing.end(payload)
  })
}

test('each process told to stop under load ends in time with 0, and not one request fails', async () => {
  const started = Date.now()
  const cluster = await startCluster({ random: seeded(), nats })
  const failed: string[] = []
  let sent = 0
  let created = 0
  let stopped = false
  const work = async () => {
    const session = await mintedSession(cluster, 'amina')
    let id: string | undefined
    while (!stopped) {
      const token = await session.token()
      const answer = id
        ? await once(`${cluster.url}/v1/dossiers/${id}`, token)
        : await once(`${cluster.url}/v1/dossiers`, token, { demarche: 'acte-de-naissance' })
      sent++
      if (answer.outcome === 201) created++
      else if (answer.outcome !== 200) failed.push(`${new Date().toISOString()} ${answer.outcome}`)
      id = id ? undefined : answer.id
    }
  }
  const ends: { code: number | null; ms: number }[] = []
  try {
    const working = Promise.all(Array.from({ length: workers }, work))
    for (let round = 0; round < rounds; round++)
      for (const hub of cluster.hubs) {
        const at = performance.now()
        ends.push({ code: await hub.stop(), ms: performance.now() - at })
        await hub.start()
      }
    stopped = true
    await working
    const [row] = await cluster.database.sql<
      { n: number }[]
    >`select count(*)::int as n from demarches.dossier`
    const slowest = Math.max(...ends.map(({ ms }) => ms))
    record({
      fault: 'SIGTERM under load',
      sent: `${sent} requests`,
      kills: ends.length,
      acknowledged: created,
      effects: row!.n,
      lost: Math.max(0, created - row!.n),
      doubled: Math.max(0, row!.n - created),
      reordered: 0,
      unexpected: failed.length,
      wrongRanks: 0,
      seconds: (Date.now() - started) / 1000,
      note: `slowest drain ${Math.round(slowest)} ms`,
    })
    expect(failed).toEqual([])
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 0))
    expect(slowest).toBeLessThan(drainMs)
    expect(row!.n).toBe(created)
  } finally {
    stopped = true
    await cluster.close()
  }
}, 1_200_000)
