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
const hours = [24, -24] as const

let cluster: Cluster
let folder: string

async function startCrooked(plant?: string): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'guichet-clock-'))
  cluster = await startCluster({
    random: seeded(),
    dataFolder: folder,
    shifts: hours,
    ...(plant && { plant }),
  })
}

async function closeCrooked(): Promise<void> {
  await cluster.close()
  await rm(folder, { recursive: true })
}

/** From here on only this process is there, freshly started: whatever runs, it does. */
async function leaveAlone(n: number): Promise<void> {
  await Promise.all(cluster.hubs.map((hub) => hub.kill()))
  await cluster.hubs[n]!.start()
}

test('the checkers catch a hub that goes by the clock of its process', async () => {
  await startCrooked('clock')
  try {
    // The gateway goes by it, too: what it takes for a true token is one of its own day.
    const ahead = new Client(cluster.hubs[0]!.url, await mintedSession(cluster, 'amina', 24))
    const tomorrow = await deposited(ahead)
    await setLegalDay(tomorrow, 1)
    const caught = await eventually(async () => expect(await decisions(tomorrow)).toBe(1)).then(
      () => true,
      () => false,
    )
    record({ plant: 'clock', caught })
    expect(caught).toBe(true)
  } finally {
    await closeCrooked()
  }
}, 60_000)

describe('with the clock of one process a day ahead and that of the other a day behind', () => {
  beforeAll(() => startCrooked(), 60_000)
  afterAll(closeCrooked)

  test('nothing is lost, doubled or reordered, and everything bears the true time', async () => {
    const started = Date.now()
    const history = await playDossiers(cluster.url, journeys, 4, (who) => mintedSession(cluster, who))
    const result = await settle(cluster, history)
    record(
      lineOf(result, {
        fault: 'clocks wrong by a day',
        sent: `${journeys} journeys`,
        kills: 0,
        seconds: (Date.now() - started) / 1000,
        note: 'one process 24 h ahead, one 24 h behind',
      }),
    )
    expect(result.verdict).toEqual(noFault)
    expect(result.counts.steps).toBe(journeys * 7)
    const wrong = await cluster.database.sql`
      select type, time from hub.event where abs(extract(epoch from time - now())) > 3600`
    expect(wrong).toEqual([])
  }, 600_000)

  test('both take the tokens of the true day and refuse those of another, their own included', async () => {
    const right = await (await mintedSession(cluster, 'amina')).token()
    const wrong = [
      await (await mintedSession(cluster, 'amina', 24)).token(),
      await (await mintedSession(cluster, 'amina', -24)).token(),
    ]
    // The issuer inside each process stamps by the clock it has.
    const own = await Promise.all(cluster.hubs.map((hub) => systemToken(hub.url)))
    for (const { url } of cluster.hubs) {
      expect(await statusOf(`${url}/v1/moi`, right)).toBe(200)
      for (const token of wrong) expect(await statusOf(`${url}/v1/moi`, token)).toBe(401)
      for (const token of own) expect(await statusOf(`${url}/v1/evenements`, token)).toBe(401)
    }
  })

  describe.each([
    ['ahead', 0],
    ['behind', 1],
  ])('the one that is %s, alone and just started,', (_, n) => {
    const key = randomUUID()
    const contents = { demarche: 'acte-de-naissance', formulaire: {} }
    let first: unknown
    let dueTomorrow: string
    let dueToday: string
    let dueLater: string
    let arriving: string

    beforeAll(async () => {
      arriving = join(folder, 'documents/arrivees')
      const usager = new Client(cluster.url, await mintedSession(cluster, 'amina'))
      dueTomorrow = await deposited(usager)
      dueToday = await deposited(usager)
      dueLater = await deposited(usager)
      await setLegalDay(dueTomorrow, 1)
      await setLegalDay(dueToday, 0)
      first = (await usager.post('/v1/dossiers', contents, key)).body
      await leaveThingsOfAllAges(arriving)
      await leaveAlone(n)
    }, 60_000)

    test('fires timers when they are due, once, neither a day early nor a day late', async () => {
      await eventually(async () => expect(await decisions(dueToday)).toBe(1))
      // Armed after that turn of the timers, this one fires in a later one: the first dossier had its chance.
      await setLegalDay(dueLater, 0)
      await eventually(async () => expect(await decisions(dueLater)).toBe(1))
      expect(await decisions(dueToday)).toBe(1)
      expect(await decisions(dueTomorrow)).toBe(0)
      // An agent does not come too late either.
      const agent = new Client(cluster.url, await mintedSession(cluster, 'fatou'))
      const { body } = await agent.post<{ etat: string }>(`/v1/dossiers/${dueTomorrow}/instruction`)
      expect(body.etat).toBe('en_instruction')
    }, 60_000)

    test('forgets nothing early: request keys, traces, files that no row names yet', async () => {
      const { sql } = cluster.database
      await eventually(async () => {
        expect(await sql`select from hub.request where key = 'old'`).toHaveLength(0)
        expect(await sql`select root_id from hub.trace_part where trace_id = 't'`).toEqual([
          { rootId: 'kept' },
        ])
        expect(await readdir(arriving)).toEqual(['kept'])
      })
      const usager = new Client(cluster.url, await mintedSession(cluster, 'amina'))
      expect((await usager.post('/v1/dossiers', contents, key)).body).toEqual(first)
    }, 60_000)
  })
})

async function statusOf(url: string, token: string): Promise<number> {
  return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
}

/** Request keys, traces and arriving files: `kept` not quite past their time, `old` past it. */
async function leaveThingsOfAllAges(arriving: string): Promise<void> {
  const { sql } = cluster.database
  await sql`update hub.request set created_at = now() - interval '13 days 23 hours'`
  await sql`insert into hub.request (key, body, created_at) values ('old', '', now() - interval '15 days')`
  for (const [id, age] of [
    ['kept', '6 days 23 hours'],
    ['old', '8 days'],
  ] as const)
    await sql`insert into hub.trace_part (trace_id, root_id, name, started_at, duration_ms, spans)
      values ('t', ${id}, 'essai', now() - ${age}::interval, 1, '[]') on conflict do nothing`
  await mkdir(arriving, { recursive: true })
  for (const [name, ageHours] of [
    ['kept', 1],
    ['old', 25],
  ] as const) {
    await writeFile(join(arriving, name), 'x')
    const at = new Date(Date.now() - ageHours * 3_600_000)
    await utimes(join(arriving, name), at, at)
  }
}

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
