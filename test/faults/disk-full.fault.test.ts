import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { pdf } from '../demo/journey.ts'
import type { Session } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { noFault } from './checkers.ts'
import { type Cluster, settle, startCluster } from './cluster.ts'
import { playDossiers } from './load.ts'
import { mintedSession } from './minted.ts'
import { type OwnServer, startOwnServer } from './own-server.ts'
import { watchReadiness } from './readiness.ts'
import { full, seeded } from './scale.ts'
import { SmallDisk } from './small-disk.ts'
import { lineOf, record } from './table.ts'

const journeys = full ? 400 : 16
const rounds = full ? 4 : 1
const fullForMs = full ? 8_000 : 2_000

const mountable = SmallDisk.mount(1)
mountable?.unmount()
if (!mountable) process.stderr.write('disk full: skipped, it takes root and the right to mount a tmpfs\n')
const testOnSmallDisks = mountable ? test : test.skip

/** A request that is sent once, whatever comes back: its status. */
async function send(
  cluster: Cluster,
  session: Session,
  path: string,
  body: FormData | string,
): Promise<number> {
  const response = await fetch(`${cluster.url}${path}`, {
    method: typeof body === 'string' ? 'PATCH' : 'POST',
    headers: {
      authorization: `Bearer ${await session.token()}`,
      'idempotency-key': randomUUID(),
      ...(typeof body === 'string' && { 'content-type': 'application/json' }),
    },
    body,
  })
  await response.body?.cancel()
  return response.status
}

function piece(): FormData {
  const form = new FormData()
  form.append('fichier', new Blob([pdf('Piece') as Uint8Array<ArrayBuffer>]), 'piece.pdf')
  return form
}

/** Keeps the database's disk full, its write-ahead log included, for that long. */
async function keepFull(disk: SmallDisk, { sql }: OwnServer, ms: number): Promise<void> {
  const end = Date.now() + ms
  while (Date.now() < end) {
    disk.fill()
    // A new segment needs room that is not there: PostgreSQL panics, and may not even start again.
    await sql`select pg_switch_wal()`.catch(() => {})
    await delay(100)
  }
}

testOnSmallDisks(
  'full disks, of the database and of the documents, lose nothing and mend by themselves',
  async () => {
    const started = Date.now()
    const [base, papers] = [SmallDisk.mount(512)!, SmallDisk.mount(64)!]
    const server = await startOwnServer(base.folder)
    // Its write-ahead log would keep a gigabyte before it lets go of any: more than there is.
    await server.sql`alter system set max_wal_size = '64MB'`
    await server.sql`select pg_reload_conf()`
    const cluster = await startCluster({ random: seeded(), database: server, dataFolder: papers.folder })
    const readiness = watchReadiness(cluster.hubs)
    const statuses: number[] = []
    try {
      const people = ['amina', 'bastien', 'fatou'] as const
      const sessions = new Map<string, Session>()
      for (const who of people) sessions.set(who, await mintedSession(cluster, who))
      const amina = sessions.get('amina')!
      const upload = () => send(cluster, amina, '/v1/documents?secteur=espace-public&emisPar=usager', piece())
      const write = () =>
        send(cluster, amina, '/v1/moi', JSON.stringify({ telephone: `06 ${10_000_000 + randomInt(1e6)}` }))
      const playing = playDossiers(cluster.url, journeys, 4, async (who) => sessions.get(who)!)
      for (let round = 0; round < rounds; round++) {
        const filling = keepFull(base, server, fullForMs)
        await eventually(async () => {
          statuses.push(await write())
          expect(statuses.at(-1)).toBe(503)
        })
        await filling
        base.free()
        await eventually(async () => {
          statuses.push(await write())
          expect(statuses.at(-1)).toBe(200)
        })
        papers.fill()
        await eventually(async () => {
          statuses.push(await upload())
          expect(statuses.at(-1)).toBe(503)
        })
        expect(await write()).toBe(200)
        papers.free()
        await eventually(async () => {
          statuses.push(await upload())
          expect(statuses.at(-1)).toBe(201)
        })
      }
      const result = await settle(cluster, await playing)
      const seen = await readiness.stop()
      record(
        lineOf(result, {
          fault: 'disks full',
          sent: `${journeys} journeys`,
          kills: 0,
          seconds: (Date.now() - started) / 1000,
          note: `${rounds} times each; PostgreSQL stopped by itself ${server.deaths()} times; slowest probe ${seen.slowestMs} ms`,
        }),
      )
      expect(result.verdict).toEqual(noFault)
      expect(result.counts.steps).toBe(journeys * 7)
      expect(cluster.hubs.map((hub) => hub.running)).toEqual([true, true])
      expect(new Set(statuses)).toEqual(new Set([200, 201, 503]))
      expect(seen.statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
    } catch (error) {
      // A process that has ended says why; what its clients saw of it does not.
      const [ended] = cluster.hubs.filter((hub) => !hub.running)
      throw ended ? new Error(`a hub has ended:\n${ended.output.slice(-4000)}`, { cause: error }) : error
    } finally {
      await readiness.stop()
      await cluster.close()
      base.unmount()
      papers.unmount()
    }
  },
  600_000,
)
