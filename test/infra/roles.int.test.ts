import { migrationSources } from '../../infra/hub.ts'
import { roleOf } from '../../infra/migrate.ts'
import type { Sql } from '../../infra/db.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { change, create, emptyHub, prepareEssai, rankAll } from './essai.ts'

let db: TestDatabase
let schemas: string[]
const pools = new Map<string, Sql>()
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  schemas = (await migrationSources()).map((source) => source.schema).filter((schema) => schema !== 'hub')
  for (const schema of schemas) pools.set(schema, db.role(schema))
})
beforeEach(() => emptyHub(db.sql))
afterAll(() => db.drop())

const as = (schema: string) => pools.get(schema)!
const denied = { code: '42501' }

/** The tables of a schema, from PostgreSQL itself: a new one is checked without being named here. */
async function tables(schema: string): Promise<string[]> {
  const rows = await db.sql<
    { name: string }[]
  >`select tablename as name from pg_tables where schemaname = ${schema}`
  return rows.map((row) => `${schema}.${row.name}`)
}

test('a service acts under its own role', async () => {
  for (const schema of schemas)
    expect(await as(schema)`select current_user as role`).toEqual([{ role: roleOf(schema) }])
})

test('a service reads and writes its own tables', async () => {
  for (const schema of schemas)
    for (const table of await tables(schema)) {
      await as(schema).unsafe(`select from ${table}`)
      await as(schema).unsafe(`delete from ${table} where false`)
      const [first] = await db.sql<{ name: string }[]>`select attname as name from pg_attribute
        where attrelid = ${table}::regclass and attnum > 0 and attgenerated = '' and attidentity = '' limit 1`
      await as(schema).unsafe(`update ${table} set ${first!.name} = ${first!.name} where false`)
      await as(schema).unsafe(
        `insert into ${table} (${first!.name}) select ${first!.name} from ${table} where false`,
      )
    }
})

test('a service reads no table of another', async () => {
  for (const schema of schemas)
    for (const other of schemas.filter((name) => name !== schema))
      for (const table of await tables(other)) {
        await expect(as(schema).unsafe(`select from ${table}`)).rejects.toMatchObject(denied)
        await expect(as(schema).unsafe(`delete from ${table}`)).rejects.toMatchObject(denied)
      }
  expect(schemas).toEqual(expect.arrayContaining(['demarches', 'identity', 'documents', 'issuer']))
})

test.each([
  'update hub.event set rang = 1',
  "update hub.event set data = '{}'",
  'delete from hub.event',
  'truncate hub.event',
  'update hub.relay set epoch = epoch + 1',
  'delete from hub.request',
  'update hub.journal set acte = acte',
  'delete from hub.journal',
  'delete from hub.cursor',
  'create table hub.mine (id int)',
  'create table public.mine (id int)',
  'select from public.guichet_migration',
  'create role guichet_intrus',
])('no service may `%s`', async (statement) => {
  for (const schema of schemas) await expect(as(schema).unsafe(statement)).rejects.toMatchObject(denied)
})

test('a service appends to the log, reads it, and keeps lanes, timers, cursors, requests and journal', async () => {
  const sql = as('demarches')
  const id = await create(sql, undefined, { timers: { 'essai.rappel': new Date() } })
  await change(sql, id, 1)
  await rankAll(db.sql)
  expect(await sql`select rang from hub.event order by rang`).toEqual([{ rang: 1 }, { rang: 2 }])
  expect(await sql`select last_rang from hub.relay`).toEqual([{ lastRang: 2 }])
  for (const schema of schemas) {
    const own = as(schema)
    await own`insert into hub.lane (consumer, subject) values (${schema}, 'dossier/1')`
    await own`update hub.lane set attempts = 1 where consumer = ${schema}`
    await own`insert into hub.timer (name, subject, due_at) values (${schema}, 'dossier/1', now())`
    await own`delete from hub.timer where name = ${schema}`
    await own`insert into hub.cursor (consumer, rang) values (${schema}, 1) on conflict (consumer) do update set rang = 2`
    await own`insert into hub.request (key, body) values (${Buffer.from(schema)}, '')`
    await own`insert into hub.journal (acte, objet) values ('essai', 'essai')`
  }
})
