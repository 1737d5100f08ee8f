import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, type Sql } from '../../infra/db.ts'
import { migrationSources } from '../../infra/hub.ts'
import { migrate, type MigrationSource } from '../../infra/migrate.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let server: TestDatabase
let folder: string
let pools: Sql[]
let name: string
beforeAll(async () => {
  server = await freshDatabase()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guichet-migrations-'))
  pools = []
  name = `test_${randomBytes(8).toString('hex')}`
  await server.sql.unsafe(`create database ${name} template template0`)
})
afterEach(async () => {
  await Promise.all(pools.map((sql) => sql.end({ timeout: 1 })))
  await server.sql.unsafe(`drop database ${name}`)
  await rm(folder, { recursive: true })
})
afterAll(() => server.drop())

/** A process of its own on the empty database. */
function connect(login?: { user: string; password: string }, role?: string): Sql {
  const url = new URL(server.url)
  url.pathname = `/${name}`
  if (login) Object.assign(url, { username: login.user, password: login.password })
  const sql = createPool({ url: url.href, max: 3, name: 'test migrate', ...(role && { role }) })
  pools.push(sql)
  return sql
}

/** The real hub schema, and a service `essai` with these files. */
async function sources(files: Record<string, string>): Promise<MigrationSource[]> {
  const essai = join(folder, 'essai')
  await mkdir(essai, { recursive: true })
  for (const [file, content] of Object.entries(files)) await writeFile(join(essai, file), content)
  const [hub] = await migrationSources()
  return [hub!, { schema: 'essai', folder: essai }]
}
const first = { '001-essai.sql': 'create schema essai; create table essai.a (id int);' }
const second = { '002-b.sql': 'create table essai.b (id int); insert into essai.b values (1);' }
const applied = async (sql: Sql) =>
  (
    await sql<
      { file: string }[]
    >`select file from public.guichet_migration where schema = 'essai' order by file`
  ).map((r) => r.file)

test('two processes that start together on an empty database bring it up to date once', async () => {
  const all = await migrationSources()
  const processes = [connect(), connect(), connect()]
  await Promise.all(processes.map((sql) => migrate(sql, all)))
  const rows = await processes[0]!`select schema from public.guichet_migration`
  expect(rows.length).toBeGreaterThanOrEqual(all.length)
  expect(await processes[0]!`select last_rang from hub.relay`).toEqual([{ lastRang: 0 }])
})

test('run again it does nothing, and a new file is applied alone', async () => {
  const sql = connect()
  await migrate(sql, await sources(first))
  await migrate(sql, await sources(first))
  expect(await applied(sql)).toEqual(['001-essai.sql'])
  await migrate(sql, await sources(second))
  await migrate(sql, await sources(second))
  expect(await applied(sql)).toEqual(['001-essai.sql', '002-b.sql'])
  expect(await sql`select id from essai.b`).toEqual([{ id: 1 }])
})

test('a file that changed after it was applied is refused, and nothing after it is applied', async () => {
  const sql = connect()
  await migrate(sql, await sources(first))
  const changed = await sources({ '001-essai.sql': 'create schema essai;', ...second })
  await expect(migrate(sql, changed)).rejects.toThrow(
    'Migration essai/001-essai.sql changed after it was applied.',
  )
  expect(await applied(sql)).toEqual(['001-essai.sql'])
})

test('a file that fails leaves nothing, says why, and can be mended', async () => {
  const sql = connect()
  const broken = { '002-b.sql': 'create table essai.b (id int);\ncreate table essai.c (id nonsense);' }
  await expect(migrate(sql, await sources({ ...first, ...broken }))).rejects.toThrow(
    'type "nonsense" does not exist',
  )
  expect(await applied(sql)).toEqual(['001-essai.sql'])
  expect(await sql`select to_regclass('essai.b') as b`).toEqual([{ b: null }])
  await migrate(sql, await sources(second))
  expect(await applied(sql)).toEqual(['001-essai.sql', '002-b.sql'])
})

test('a file and the note that it was applied are stored together', async () => {
  const sql = connect()
  await migrate(sql, await sources(first))
  await sql.unsafe(`create function public.refuse() returns trigger language plpgsql as 'begin raise exception ''no room left''; end';
    create trigger refuse before insert on public.guichet_migration execute function public.refuse()`)
  await expect(migrate(sql, await sources(second))).rejects.toThrow('no room left')
  expect(await sql`select to_regclass('essai.b') as b`).toEqual([{ b: null }])
})

test('the time limits of the pool hold again afterwards', async () => {
  const sql = connect()
  await migrate(sql, await sources(first))
  const limits = await Promise.all(
    [0, 1, 2].map(
      () => sql`select current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock, pg_sleep(0.05)::text as slept`,
    ),
  )
  expect(limits.flat()).toEqual(
    Array.from({ length: 3 }, () => ({ statement: '10s', lock: '5s', slept: '' })),
  )
})

test('an ordinary owner of the database, who may create roles, is enough', async () => {
  const user = `owner_${randomBytes(4).toString('hex')}`
  const suffix = randomBytes(4).toString('hex')
  await server.sql
    .unsafe(`create role ${user} login createrole password 'essai'; alter database ${name} owner to ${user}`)
    .simple()
  try {
    const sql = connect({ user, password: 'essai' })
    const schema = `essai_${suffix}`
    const own = join(folder, schema)
    await mkdir(own)
    await writeFile(join(own, '001.sql'), `create schema ${schema}; create table ${schema}.a (id int);`)
    const hub = { schema: `hub`, folder: (await migrationSources())[0]!.folder }
    // The role of the schema `hub` belongs to the superuser who made the template: here it must be granted too.
    await server.sql.unsafe(`grant guichet_hub to ${user} with admin option`)
    await migrate(sql, [hub, { schema, folder: own }])
    const service = connect({ user, password: 'essai' }, `guichet_${schema}`)
    expect(await service.unsafe(`select id from ${schema}.a`)).toEqual([])
    expect(await service`select current_user as role`).toEqual([{ role: `guichet_${schema}` }])
  } finally {
    await Promise.all(pools.splice(0).map((sql) => sql.end({ timeout: 1 })))
    const rest = createPool({ url: server.url.replace(/[^/]+$/, name), max: 1, name: 'test cleanup' })
    await rest.unsafe(`drop owned by ${user} cascade; drop role if exists guichet_essai_${suffix}`).simple()
    await rest.end({ timeout: 1 })
    await server.sql.unsafe(`alter database ${name} owner to current_user; drop role ${user}`).simple()
  }
})
