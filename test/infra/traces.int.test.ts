import { randomBytes } from 'node:crypto'
import { lireTrace, listerTraces } from '../../infra/traces.ts'
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

test('who knows the id of another’s trace adds to it, but pushes nothing of its beginning out of the view', async () => {
  const { sql } = database
  const id = randomBytes(16).toString('hex')
  const begun = Date.now()
  const part = (root: string, name: string, delayMs: number) => {
    const le = new Date(begun + delayMs).toISOString()
    const spans = [{ id: root, parent: null, nom: name, genre: 'server', le, dureeMs: 1, erreur: null }]
    return sql`insert into hub.trace_part values (${id}, ${root}, ${name}, ${le}, 1, 'GET', '/v1/moi', 200, null,
      ${sql.json(spans)})`
  }
  for (let n = 0; n < 300; n++) await part(`a${n}`, 'etranger', 1000)
  await part('x', 'depot', 0)
  await part('y', 'reaction', 500)
  const { segments } = await lireTrace(sql, id)
  expect(segments.slice(0, 3).map(({ nom }) => nom)).toEqual(['depot', 'reaction', 'etranger'])
})
