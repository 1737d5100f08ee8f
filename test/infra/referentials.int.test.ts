import type { z } from 'zod'
import { LireDemarche, ListerDemarches } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { Referentials } from '../../infra/referentials.ts'
import { Signal } from '../../infra/signal.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { log } from './essai.ts'

type Liste = z.output<typeof ListerDemarches.returns>

let db: TestDatabase
let referentials: Referentials
const ranked = new Signal()
let sequence = 0
beforeAll(async () => {
  db = await freshDatabase()
})
beforeEach(async () => {
  referentials = new Referentials({ sql: db.sql, ranked, log })
  await counting().known()
})
afterEach(() => referentials.stop())
afterAll(() => db.drop())

/** Something happens to the catalogue, or to something else. */
async function happens(subject = 'catalogue/demarches', signal = ranked): Promise<void> {
  sequence += 1
  await db.sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, data)
    values ('test', 'test', ${subject}, ${sequence}, now(), 'systeme', '{}')`
  signal.notify()
}

/** A service that counts how often it is asked. */
function counting(ask = async (n: number): Promise<Liste> => liste(n)) {
  let asked = 0
  const read = (params: object = {}) => referentials.read(ListerDemarches, params, () => ask(++asked))
  return {
    read,
    asked: () => asked,
    /** Until answers are kept. */
    known: () =>
      eventually(async () => {
        await read()
        const before = asked
        await read()
        expect(asked).toBe(before)
      }),
  }
}
const liste = (version: number): Liste => ({
  elements: [{ id: 'a', version, titre: '', description: '', secteur: 'education' }],
})

test('an answer is asked for once, however many want it at the same time, and kept', async () => {
  await happens()
  const slow = counting(async (n) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return liste(n)
  })
  await eventually(async () => {
    await slow.read()
    expect(slow.asked()).toBe(1)
  })
  const answers = await Promise.all(Array.from({ length: 200 }, () => slow.read()))
  expect(slow.asked()).toBe(1)
  expect(new Set(answers).size).toBe(1)
})

test('each question has its own answer', async () => {
  const one = counting()
  const answers = [await one.read({ id: 'a' }), await one.read({ id: 'b' }), await one.read({ id: 'a' })]
  expect(answers).toEqual([liste(1), liste(2), liste(1)])
  const other = await referentials.read(LireDemarche, { id: 'a' }, async () => liste(9) as never)
  expect(other).toEqual(liste(9))
})

test('after an event of the catalogue it is asked for again, after another event it is not', async () => {
  const one = counting()
  expect(await one.read({ x: 1 })).toEqual(liste(1))
  await happens('dossier/1')
  await happens('catalogue/autre')
  await happens()
  await eventually(async () => expect(await one.read({ x: 1 })).toEqual(liste(2)))
  expect(await one.read({ x: 1 })).toEqual(liste(2))
})

test('an event is found without any signal', async () => {
  const one = counting()
  await one.read({ x: 2 })
  await happens('catalogue/demarches', new Signal())
  await eventually(async () => expect(await one.read({ x: 2 })).toEqual(liste(2)))
})

test('an answer that was under way when the event became known is not kept', async () => {
  const answers = Array.from({ length: 2 }, () => Promise.withResolvers<Liste>())
  const one = counting((n) => answers[n - 1]!.promise)
  const early = one.read({ x: 3 })
  await happens()
  await eventually(async () => {
    void one.read({ x: 3 })
    expect(one.asked()).toBe(2)
  })
  answers[1]!.resolve(liste(2))
  answers[0]!.resolve(liste(1))
  expect(await early).toEqual(liste(1))
  expect(await one.read({ x: 3 })).toEqual(liste(2))
})

test('neither a refusal nor a fault is kept', async () => {
  const moody = counting(async (n) => {
    if (n === 1) throw new Refusal('introuvable')
    if (n === 2) throw new Error('now and then')
    return liste(n)
  })
  await expect(moody.read({ x: 4 })).rejects.toThrow(Refusal)
  await expect(moody.read({ x: 4 })).rejects.toThrow('now and then')
  expect(await moody.read({ x: 4 })).toEqual(liste(3))
  expect(await moody.read({ x: 4 })).toEqual(liste(3))
})
