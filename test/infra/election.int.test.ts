import { Election } from '../../infra/election.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

let db: TestDatabase
let one: Election
let two: Election
beforeAll(async () => {
  db = await freshDatabase()
})
beforeEach(() => {
  one = new Election(db.url)
  two = new Election(db.url)
})
afterEach(() => Promise.all([one.close(), two.close()]))
afterAll(() => db.drop())

const holders = (office: string) => Promise.all([one.holds(office), two.holds(office)])

test('an office has one holder, however often it is asked', async () => {
  for (let n = 0; n < 5; n++) {
    const [first, second] = await holders('relay')
    expect(first).toBe(!second)
    expect(await holders('relay')).toEqual([first, second])
  }
})

test('offices are held apart from each other', async () => {
  expect(await one.holds('relay')).toBe(true)
  expect(await two.holds('relay')).toBe(false)
  expect(await two.holds('demarches.on-rien')).toBe(true)
})

test('a holder that closes gives all its offices back', async () => {
  await one.holds('relay')
  await one.holds('housekeeping')
  await one.close()
  expect([await two.holds('relay'), await two.holds('housekeeping')]).toEqual([true, true])
})

test('a holder whose line is cut no longer believes it holds, and may win again', async () => {
  await one.holds('relay')
  await db.sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and classid = 726871
    and database = (select oid from pg_database where datname = current_database())`
  await eventually(async () => expect(await two.holds('relay')).toBe(true))
  await eventually(async () => expect(await one.holds('relay')).toBe(false))
  await two.close()
  expect(await one.holds('relay')).toBe(true)
})
