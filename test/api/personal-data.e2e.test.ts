import { events } from '../../contracts/catalog.ts'
import { ListerEvenements } from '../../contracts/hub.ts'
import { canaries, liveOneLife } from '../support/canaries.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { stranger, system } from '../support/people.ts'

/** Every row of these tables, as text, that holds one of the words; binary columns are text in hexadecimal. */
async function rowsWith(words: string | readonly string[], tables: readonly string[]): Promise<string[]> {
  const patterns = [words].flat().flatMap((word) => [word, Buffer.from(word).toString('hex')])
  const found = []
  for (const table of tables) {
    const rows = await hubDatabase().unsafe<{ row: string }[]>(
      `select r::text as row from ${table} r where lower(r::text) like any ($1::text[])`,
      [patterns.map((pattern) => `%${pattern.toLowerCase()}%`)],
    )
    found.push(...rows.map(({ row }) => `${table}: ${row}`))
  }
  return found
}

const tablesOfTheHub = [
  'hub.event',
  'hub.lane',
  'hub.timer',
  'hub.request',
  'hub.journal',
  'hub.cursor',
  'hub.trace_part',
]

test('nothing that a person said of themselves is in what the hub keeps of events, lanes, timers, requests and acts', async () => {
  const id = await liveOneLife()
  const [row] = await hubDatabase()<
    { n: number }[]
  >`select count(*)::int as n from hub.event where subject = ${`dossier/${id}`}`
  expect(row!.n).toBe(9)
  expect(canaries.size).toBeGreaterThan(25)
  expect(await rowsWith([...canaries.values()], tablesOfTheHub)).toEqual([])
})

test('the search for these words finds them where they belong, so it would find them elsewhere', async () => {
  const stored: [string, string][] = [
    ['profile: nom', 'identity.compte'],
    ['profile: telephone', 'identity.compte'],
    ['form, changed: nom', 'demarches.dossier'],
    ['answer to a correction', 'demarches.message'],
    ['name of a file', 'documents.document'],
    ['report: description', 'signalements.signalement'],
    ['report: the same again', 'signalements.temoignage'],
  ]
  for (const [where, table] of stored)
    expect([where, (await rowsWith(canaries.get(where)!, [table])).length]).toEqual([where, 1])
})

test('the account and the issuer’s subject stay within identity: no other schema holds them', async () => {
  const [compte] = await hubDatabase()<{ id: string; sujet: string }[]>`
    select id, sujet from identity.compte where sujet = ${canaries.get('subject of the token')!}`
  const tables = await hubDatabase()<{ name: string }[]>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema in ('hub', 'demarches', 'documents', 'signalements', 'agenda') and table_type = 'BASE TABLE'`
  expect(tables.length).toBeGreaterThan(8)
  for (const word of [compte!.id, compte!.sujet])
    expect(
      await rowsWith(
        word,
        tables.map((table) => table.name),
      ),
    ).toEqual([])
})

test('two sectors know one person by two identifiers', async () => {
  const usager = stranger()
  const demarches = [
    'acte-de-naissance',
    'stationnement-residentiel',
    'accompagnement-numerique',
    'inscription-scolaire',
  ]
  const ids = []
  for (const demarche of demarches) {
    const { body } = await usager.send<{ id: string }>('POST', '/v1/dossiers', { body: { demarche } })
    const [event] = await hubDatabase()<{ usagerId: string; actorId: string }[]>`
      select usager_id, actor_id from hub.event where subject = ${`dossier/${body.id}`}`
    expect(event!.actorId).toBe(event!.usagerId)
    ids.push(event!.usagerId)
  }
  expect(new Set(ids).size).toBe(4)
})

test('no event that was ever written here holds a field that its contract does not know', async () => {
  const all = await hubDatabase()<{ type: string; data: Record<string, unknown> }[]>`
    select type, data from hub.event where type like 'guichet.%'`
  const fields = new Map<string, Set<string>>()
  for (const { type, data } of all)
    fields.set(type, new Set([...(fields.get(type) ?? []), ...Object.keys(data)]))
  for (const [type, names] of fields) {
    const known = Object.keys(events.get(type)?.data.shape ?? {})
    expect([type, [...names].filter((name) => !known.includes(name))]).toEqual([type, []])
  }
  expect(fields.size).toBeGreaterThan(8)
})

test('the feed for staff systems holds none of these words', async () => {
  let feed = ''
  for (let apres = 0; ; ) {
    const page = await system().ok(ListerEvenements, { apres, limite: 500 })
    feed += JSON.stringify(page.elements)
    if (page.elements.length === 0) break
    apres = page.apres
  }
  expect(feed.length).toBeGreaterThan(1000)
  for (const [where, word] of canaries) expect([where, feed.includes(word)]).toEqual([where, false])
})
