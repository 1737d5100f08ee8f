import { randomUUID } from 'node:crypto'
import { Refusal } from '../../contracts/errors.ts'
import type { Sql } from '../../infra/db.ts'
import { idempotencyKey, once } from '../../infra/idempotency.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { change, create, emptyHub, prepareEssai } from './essai.ts'

let db: TestDatabase
let sql: Sql
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  sql = db.role('demarches')
})
beforeEach(() => emptyHub(db.sql))
afterAll(() => db.drop())

interface Answer {
  id: string
  version: number
}
const request = { acteurId: 'a-1', route: 'POST /objets', key: 'k-1', body: '{"n":1}' }
const read = async (id: string) =>
  (await sql<Answer[]>`select id, version from essai.objet where id = ${id}`)[0]!

/** `POST /objets`: a new object, every time it is really done. */
function post(overrides: Partial<typeof request> = {}, id: string = randomUUID()): Promise<Answer> {
  const idempotency = idempotencyKey({ ...request, ...overrides })
  return once(
    sql,
    idempotency,
    async () => {
      await create(sql, id, { idempotency })
      return { id, version: 1 }
    },
    read,
  )
}

/** `POST /objets/:id/cloture`: possible once, in version 1. */
function close(id: string, overrides: Partial<typeof request> = {}): Promise<Answer> {
  const idempotency = idempotencyKey({ ...request, route: `POST /objets/${id}/cloture`, ...overrides })
  return once(
    sql,
    idempotency,
    async () => {
      const done = await change(sql, id, 1, { idempotency })
      if (!done) throw new Refusal('transition-impossible')
      return done
    },
    read,
  )
}

const counts = async () =>
  (
    await db.sql`select (select count(*) from essai.objet) as objects, (select count(*) from hub.event) as events,
    (select count(*) from hub.request) as requests`
  )[0]

test('a request repeated after its end is answered again, not done again', async () => {
  const first = await post()
  expect(await post()).toEqual(first)
  expect(await counts()).toEqual({ objects: 1, events: 1, requests: 1 })
})

test('ten at once with one key have one effect and one answer', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => post()))
  expect(new Set(answers.map((answer) => answer.id)).size).toBe(1)
  expect(await counts()).toEqual({ objects: 1, events: 1, requests: 1 })
})

test('ten at once on one object: the first changes it, the others read its answer instead of a refusal', async () => {
  const id = await create(sql)
  const answers = await Promise.all(Array.from({ length: 10 }, () => close(id)))
  expect(answers).toEqual(Array.from({ length: 10 }, () => ({ id, version: 2 })))
  expect(await counts()).toEqual({ objects: 1, events: 2, requests: 1 })
})

test('the same key with another body is refused, whether the command would pass or not', async () => {
  await post()
  await expect(post({ body: '{"n":2}' })).rejects.toMatchObject({ code: 'cle-idempotence-reutilisee' })
  const id = await create(sql)
  await close(id)
  await expect(close(id, { body: '{}' })).rejects.toMatchObject({ code: 'cle-idempotence-reutilisee' })
  expect(await counts()).toEqual({ objects: 2, events: 3, requests: 2 })
})

test('a request that was refused is done when it is repeated and possible', async () => {
  const id = randomUUID()
  await expect(close(id)).rejects.toMatchObject({ code: 'transition-impossible' })
  await create(sql, id)
  expect(await close(id)).toEqual({ id, version: 2 })
})

test('another key, another person or another route is another request', async () => {
  await post()
  await post({ key: 'k-2' })
  await post({ acteurId: 'a-2' })
  await post({ route: 'POST /choses' })
  expect(await counts()).toEqual({ objects: 4, events: 4, requests: 4 })
})

test('without a key every request is done', async () => {
  const work = async () => ({ id: await create(sql), version: 1 })
  await once(sql, null, work, read)
  await once(sql, null, work, read)
  expect(await counts()).toEqual({ objects: 2, events: 2, requests: 0 })
})

test('a fault is not taken for a repetition', async () => {
  await post()
  const broken = once(
    sql,
    idempotencyKey(request),
    async () => {
      throw new Error('disk on fire')
    },
    read,
  )
  await expect(broken).rejects.toThrow('disk on fire')
})

test('nothing of the request can be read in what is stored', async () => {
  await post({ acteurId: 'person-1', key: 'secret-key', body: 'secret body' })
  const [stored] = await db.sql<
    [{ text: string }]
  >`select encode(key || body, 'escape') || key::text || body::text as text from hub.request`
  expect(stored.text).not.toMatch(/secret|person/)
})
