import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoSystem } from '../../infra/issuer/clients.ts'
import { Client } from '../demo/client.ts'
import { eventually } from '../support/eventually.ts'
import { noFault } from './checkers.ts'
import { type Cluster, settle, startCluster } from './cluster.ts'
import { draftWithPiece, playDossiers } from './load.ts'
import { mintedSession } from './minted.ts'
import { full, seeded } from './scale.ts'
import { lineOf, record } from './table.ts'

const journeys = full ? 200 : 8
const daySeconds = 24 * 3600

let cluster: Cluster
let folder: string

const hourly = (hours: number) => `${hours > 0 ? '+' : ''}${hours} h`

/** The process with the wrong clock, and the one whose clock is right. */
async function startBoth(): Promise<void> {
  await Promise.all(cluster.hubs.filter((hub) => !hub.running).map((hub) => hub.start()))
}

/** From here on only the process with the wrong clock is there, freshly started: whatever runs, it does. */
async function leaveCrookedAlone(): Promise<void> {
  await Promise.all(cluster.hubs.map((hub) => hub.kill()))
  await cluster.hubs[0]!.start()
}

const statusOf = async (url: string, token: string) =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status

test('the checkers catch a hub that goes by the clock of its process', async () => {
  folder = await mkdtemp(join(tmpdir(), 'guichet-clock-'))
  cluster = await startCluster({ random: seeded(), dataFolder: folder, shifts: [24, 0], plant: 'clock' })
  try {
    const usager = new Client(cluster.hubs[1]!.url, await mintedSession(cluster, 'amina'))
    const tomorrow = await deposited(usager)
    await setLegalDay(tomorrow, 1)
    const caught = await eventually(async () => expect(await decisions(tomorrow)).toBe(1)).then(
      () => true,
      () => false,
    )
    record({ plant: 'clock', caught })
    expect(caught).toBe(true)
  } finally {
    await cluster.close()
    await rm(folder, { recursive: true })
  }
}, 60_000)

describe.each([24, -24])('with the clock of one process at %i hours', (hours) => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guichet-clock-'))
    cluster = await startCluster({ random: seeded(), dataFolder: folder, shifts: [hours, 0] })
  }, 60_000)
  afterAll(async () => {
    await cluster.close()
    await rm(folder, { recursive: true })
  })

  test('nothing is lost, doubled or reordered, and every deposit bears the true day', async () => {
    const started = Date.now()
    await startBoth()
    const history = await playDossiers(cluster.url, journeys, 4, (who) => mintedSession(cluster, who))
    const result = await settle(cluster, history)
    record(
      lineOf(result, {
        fault: `clock of one process ${hourly(hours)}`,
        sent: `${journeys} journeys`,
        kills: 0,
        seconds: (Date.now() - started) / 1000,
        note: 'half of the requests to it',
      }),
    )
    expect(result.verdict).toEqual(noFault)
    expect(result.counts.steps).toBe(journeys * 7)
    const [times] = await cluster.database.sql`
      select count(*) filter (where abs(extract(epoch from time - now())) > 3600)::int as wrong from hub.event`
    expect(times).toEqual({ wrong: 0 })
  }, 600_000)

  test('timers fire when they are due, once, neither a day early nor a day late', async () => {
    const usager = new Client(cluster.url, await mintedSession(cluster, 'amina'))
    const [tomorrow, today, later] = [
      await deposited(usager),
      await deposited(usager),
      await deposited(usager),
    ]
    await setLegalDay(tomorrow, 1)
    await setLegalDay(today, 0)
    await leaveCrookedAlone()
    await eventually(async () => expect(await decisions(today)).toBe(1))
    // Armed after that turn of the timers, this one fires in a later one: the first dossier had its chance.
    await setLegalDay(later, 0)
    await eventually(async () => expect(await decisions(later)).toBe(1))
    expect(await decisions(today)).toBe(1)
    expect(await decisions(tomorrow)).toBe(0)
    // An agent is not too late either.
    const agent = new Client(cluster.hubs[0]!.url, await mintedSession(cluster, 'fatou'))
    const { body } = await agent.post<{ etat: string }>(`/v1/dossiers/${tomorrow}/instruction`)
    expect(body.etat).toBe('en_instruction')
  }, 60_000)

  test('tokens of the wrong day are refused by both processes, those of the true day by none', async () => {
    await startBoth()
    const right = await (await mintedSession(cluster, 'amina')).token()
    const wrong = await (await mintedSession(cluster, 'amina', (hours / 24) * daySeconds)).token()
    for (const { url } of cluster.hubs) {
      expect(await statusOf(`${url}/v1/moi`, right)).toBe(200)
      expect(await statusOf(`${url}/v1/moi`, wrong)).toBe(401)
    }
    // The issuer inside each process stamps by the clock it has.
    const expected = [401, 200]
    for (const [n, hub] of cluster.hubs.entries()) {
      const token = await systemToken(hub.url)
      for (const { url } of cluster.hubs)
        expect(await statusOf(`${url}/v1/evenements`, token)).toBe(expected[n])
    }
  }, 60_000)

  test('nothing is forgotten early: request keys, traces, files that no row names yet', async () => {
    const usager = new Client(cluster.url, await mintedSession(cluster, 'amina'))
    const key = randomUUID()
    const dossier = { demarche: 'acte-de-naissance', formulaire: {} }
    const { body: first } = await usager.post('/v1/dossiers', dossier, key)
    const { sql } = cluster.database
    await sql`update hub.request set created_at = now() - interval '13 days 23 hours'`
    await sql`insert into hub.request (key, body, created_at) values ('old', '', now() - interval '15 days')`
    for (const [id, age] of [
      ['kept', '6 days 23 hours'],
      ['old', '8 days'],
    ] as const)
      await sql`insert into hub.span (trace_id, span_id, name, kind, started_at, duration_ms, entry, attributes)
        values ('t', ${id}, 'essai', 'server', now() - ${age}::interval, 1, false, '{}')`
    const arriving = join(folder, 'documents/arrivees')
    await mkdir(arriving, { recursive: true })
    for (const [name, ageHours] of [
      ['kept', 1],
      ['old', 25],
    ] as const) {
      await writeFile(join(arriving, name), 'x')
      const at = new Date(Date.now() - ageHours * 3_600_000)
      await utimes(join(arriving, name), at, at)
    }
    await leaveCrookedAlone()
    await eventually(async () => {
      expect(await sql`select from hub.request where key = 'old'`).toHaveLength(0)
      expect(await sql`select span_id from hub.span where trace_id = 't'`).toEqual([{ spanId: 'kept' }])
      expect(await readdir(arriving)).toEqual(['kept'])
    })
    const { body: again } = await new Client(
      cluster.hubs[0]!.url,
      await mintedSession(cluster, 'amina'),
    ).post('/v1/dossiers', dossier, key)
    expect(again).toEqual(first)
  }, 60_000)
})

async function deposited(usager: Client): Promise<string> {
  const { id } = await draftWithPiece(usager)
  await usager.post(`/v1/dossiers/${id}/depot`)
  return id
}

/** Moves the day on which silence decides to that many days from today in Paris, its timer with it. */
async function setLegalDay(dossierId: string, days: number): Promise<void> {
  await cluster.database.sql.begin(async (tx) => {
    const [row] = await tx<{ day: string }[]>`
      update demarches.dossier set echeance_le = (now() at time zone 'Europe/Paris')::date + ${days}::int
      where id = ${dossierId} returning echeance_le as day`
    await tx`update hub.timer set due_at = ${row!.day}::date::timestamp at time zone 'Europe/Paris'
      where name = 'demarches.decision-implicite' and subject = ${`dossier/${dossierId}`}`
  })
}

async function decisions(dossierId: string): Promise<number> {
  const rows = await cluster.database.sql`
    select from hub.event where subject = ${`dossier/${dossierId}`} and type = 'guichet.dossier.decide.v1'`
  return rows.length
}

async function systemToken(url: string): Promise<string> {
  const response = await fetch(`${url}/realms/malakoff/protocol/openid-connect/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${demoSystem.clientId}:${demoSystem.secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
