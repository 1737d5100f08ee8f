import { randomBytes } from 'node:crypto'
import { listerTraces } from '../../infra/traces.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
})

afterAll(async () => await database.drop())

const failed = randomBytes(16).toString('hex')

test('the failures among thousands of good traces are found at once, before PostgreSQL has counted any of them', async () => {
  const { sql } = database
  await sql`insert into hub.trace_part
    select md5(trace::text), part::text, 'lire', now() - trace * interval '1 second', 1,
      case part when 1 then 'GET' end, '/v1/moi', 200, null, '[]'
    from generate_series(1, 10000) trace, generate_series(1, 2) part`
  for (const [part, error] of [
    ['1', null],
    ['2', 'PostgresError'],
    ['3', 'Error'],
  ] as const)
    await sql`insert into hub.trace_part values (${failed}, ${part}, 'lire',
      now() - interval '1 day' + ${part}::int * interval '1 second', 1, ${part === '1' ? 'GET' : null}, '/v1/moi',
      200, ${error}, '[]')`

  const started = performance.now()
  const failures = await listerTraces(sql, { limite: 20, erreur: 'true' })
  const good = await listerTraces(sql, { limite: 20, erreur: 'false' })
  expect(performance.now() - started).toBeLessThan(1000)

  expect(failures.elements).toMatchObject([{ traceId: failed, erreur: 'PostgresError' }])
  expect(good.elements).toHaveLength(20)
  expect(good.elements.every(({ erreur }) => erreur === null)).toBe(true)
})
