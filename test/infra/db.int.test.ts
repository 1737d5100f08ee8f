import { createPool, type Db, type Sql, transaction, violates } from '../../infra/db.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { openDb } from './essai.ts'

let db: TestDatabase
let pool: Sql
let one: Db
let closed: number
beforeAll(async () => {
  db = await freshDatabase()
})
beforeEach(() => {
  closed = 0
  pool = createPool({ url: db.url, max: 1, name: 'test one', onclose: () => closed++ })
  one = openDb(pool)
})
afterEach(() => pool.end({ timeout: 1 }))
afterAll(() => db.drop())

const pidOf = async (sql: Pick<Sql, 'unsafe'>) =>
  (await sql.unsafe<{ pid: number }[]>('select pg_backend_pid() as pid'))[0]!.pid

/** Ends the one connection of the pool and returns when the pool has noticed. */
async function terminate(pid: number): Promise<void> {
  await db.sql`select pg_terminate_backend(${pid})`
  await eventually(() => expect(closed).toBe(1))
}

test('a bigint is read as a number, a date as its day', async () => {
  const [row] = await pool`select 12345678901::bigint as big_number, date '2026-03-29' as the_day`
  expect(row).toEqual({ bigNumber: 12345678901, theDay: '2026-03-29' })
})

test('a statement, a lock and an idle transaction have time limits', async () => {
  const rows =
    await pool`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
    current_setting('idle_in_transaction_session_timeout') as idle, current_setting('timezone') as zone`
  expect(rows[0]).toEqual({ statement: '10s', lock: '5s', idle: '15s', zone: 'UTC' })
})

test('a violated constraint is known by its name', async () => {
  await db.sql`insert into hub.request (key, body) values ('a', 'b')`
  const error = await db.sql`insert into hub.request (key, body) values ('a', 'c')`.catch(
    (error: unknown) => error,
  )
  expect(violates(error, 'request_pkey')).toBe(true)
  expect(violates(error, 'event_sequence')).toBe(false)
  expect(violates(new Error('request_pkey'), 'request_pkey')).toBe(false)
})

describe('a transaction', () => {
  test('wakes the relay after its commit, and not after a failure', async () => {
    await transaction(one, 'essai', async (tx) => {
      await tx`select 1`
      expect(one.committed.count).toBe(0)
    })
    expect(one.committed.count).toBe(1)
    const failure = transaction(one, 'essai', async () => {
      throw new Error('mine')
    })
    await expect(failure).rejects.toThrow('mine')
    expect(one.committed.count).toBe(1)
  })

  // postgres.js alone ends the process in each of these cases, or leaves the pool without a working connection.
  const losses: Record<string, (tx: Sql) => Promise<unknown>> = {
    'while a statement runs': async (tx) => {
      const pid = await pidOf(tx)
      const sleeping = tx`select pg_sleep(30)`.execute()
      await terminate(pid)
      return await sleeping
    },
    'before its next statement': async (tx) => {
      await terminate(await pidOf(tx))
      return await tx`select 1`
    },
    'and its work then fails by itself': async (tx) => {
      await terminate(await pidOf(tx))
      throw new Error('mine')
    },
    'and its work then ends well': async (tx) => await terminate(await pidOf(tx)),
    'and its work gives the error another face': async (tx) => {
      const pid = await pidOf(tx)
      const sleeping = tx`select pg_sleep(30)`.then(
        () => {},
        (cause: unknown) => {
          throw new Error('mine', { cause })
        },
      )
      await terminate(pid)
      return await sleeping
    },
  }
  test.each(Object.keys(losses))(
    'that loses its connection %s is rejected, and the pool goes on',
    async (name) => {
      await expect(transaction(one, 'essai', (tx) => losses[name]!(tx as unknown as Sql))).rejects.toThrow()
      await eventually(async () => expect(await pool`select 1 as alive`).toEqual([{ alive: 1 }]))
    },
  )
})
