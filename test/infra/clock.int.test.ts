import { Writable } from 'node:stream'
import pino from 'pino'
import { Clock } from '../../infra/clock.ts'
import { createPool, type Sql } from '../../infra/db.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { log } from './essai.ts'

const dayMs = 24 * 3600 * 1000

let db: TestDatabase
let pool: Sql | undefined
beforeEach(async () => {
  db = await freshDatabase()
})
afterEach(async () => {
  await pool?.end({ timeout: 1 })
  pool = undefined
  await db.drop()
})

test('the hub’s time is the database’s', async () => {
  const clock = new Clock(db.sql, log)
  await clock.start()
  const [row] = await db.sql<{ at: Date }[]>`select clock_timestamp() as at`
  expect(Math.abs(clock.now().getTime() - row!.at.getTime())).toBeLessThan(500)
  await clock.stop()
})

test('a machine whose clock is another says so once, and the database’s counts', async () => {
  await db.sql`create function public.clock_timestamp() returns timestamptz language sql
    as $$ select pg_catalog.clock_timestamp() + interval '1 day' $$`
  await db.sql.unsafe(
    `alter database ${new URL(db.url).pathname.slice(1)} set search_path = public, pg_catalog`,
  )
  pool = createPool({ url: db.url, max: 1, name: 'test clock' })
  const lines: string[] = []
  const sink = new Writable({
    write(line: Buffer, _, done) {
      lines.push(line.toString())
      done()
    },
  })
  const clock = new Clock(pool, pino(sink))
  await clock.ask()
  await clock.ask()
  expect(Math.abs(clock.now().getTime() - Date.now() - dayMs)).toBeLessThan(500)
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 40, msg: expect.stringContaining('clock') as string })
})
