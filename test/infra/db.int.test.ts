import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
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

test('an instant is read as it was written, in the first century, too', async () => {
  for (const instant of [
    '0050-01-01T00:00:00.000Z',
    '2026-03-29T01:30:00.123Z',
    '9999-12-31T23:59:59.999Z',
  ]) {
    const [row] = await pool`select ${instant}::timestamptz as given, ${new Date(instant)} as date`
    expect(row).toEqual({ given: new Date(instant), date: new Date(instant) })
  }
})

test('a list is sent as an array, whatever its texts hold', async () => {
  const texts = ['plain', '', 'null', 'a,b', '"quoted"', 'back\\slash', '{brace}', 'é\n']
  const [row] = await pool`select to_json(${texts}::text[]) as texts, to_json(${[1, -2]}::int[]) as numbers,
    to_json(${['2026-03-01T12:00:00.000Z', null]}::timestamptz[]) as times, cardinality(${[]}::uuid[]) as none`
  expect(row).toEqual({ texts, numbers: [1, -2], times: ['2026-03-01T12:00:00+00:00', null], none: 0 })
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
      let ended: Promise<unknown> = Promise.resolve()
      const lost = transaction(
        one,
        'essai',
        async (tx) => await (ended = losses[name]!(tx as unknown as Sql)),
      )
      await expect(lost).rejects.toThrow()
      await Promise.allSettled([ended])
      for (let n = 0; n < 3; n++) await turn() // whatever was to be sent on the dead connection is sent now
      await eventually(async () => expect(await pool`select 1 as alive`).toEqual([{ alive: 1 }]))
    },
  )
})

test('a transaction of one statement, whose connection is ended while it runs, is rejected, and the pool goes on', async () => {
  const lost = transaction(one, 'essai', (tx) => tx`select pg_sleep(30)`)
  await eventually(async () => {
    const ended =
      await db.sql`select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(30)'`
    expect(ended).toHaveLength(1)
  })
  await expect(lost).rejects.toThrow()
  for (let n = 0; n < 3; n++) await turn()
  await eventually(async () => expect(await pool`select 1 as alive`).toEqual([{ alive: 1 }]))
})

describe('when the line is reset while a statement runs', () => {
  let line: Awaited<ReturnType<typeof openLine>>
  let through: Sql
  beforeEach(async () => {
    line = await openLine(db.url)
    through = createPool({ url: line.url, max: 1, name: 'test line' })
    await through`select 1`
  })
  afterEach(async () => {
    await through.end({ timeout: 1 })
    await line.close()
  })

  async function reset(): Promise<void> {
    await eventually(async () => expect(await sleeping()).toHaveLength(1))
    line.reset()
    await db.sql`select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(30)'`
  }
  const sleeping = () =>
    db.sql`select from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'`
  const alive = () => eventually(async () => expect(await through`select 1 as alive`).toEqual([{ alive: 1 }]))

  test('its transaction is rejected, and the pool goes on', async () => {
    const lost = transaction(openDb(through), 'essai', async (tx) => {
      const statement = tx`select pg_sleep(30)`.execute()
      await reset()
      return await statement
    })
    await expect(lost).rejects.toThrow()
    for (let n = 0; n < 3; n++) await turn()
    await alive()
  })

  // The driver alone forgets it: whoever waits for it, a loop of the relay perhaps, waits for ever.
  test('a statement sent at once by who learned of it is answered, one way or the other', async () => {
    const again = through`select pg_sleep(30)`.then(
      () => 'done',
      () =>
        through`select 2 as two`.then(
          () => 'done again',
          () => 'failed again',
        ),
    )
    await reset()
    expect(await again).toMatch(/again$/)
    await alive()
  })
})

/** A TCP line to the server that can be reset, as a failing network does. */
async function openLine(url: string) {
  const { hostname, port } = new URL(url)
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    clients.add(client.on('error', () => {}).on('close', () => upstream.destroy()))
    client.pipe(upstream.on('error', () => {})).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = new URL(url)
  own.port = String((server.address() as AddressInfo).port)
  return {
    url: own.href,
    reset: () => {
      for (const client of clients) client.resetAndDestroy()
      clients.clear()
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
