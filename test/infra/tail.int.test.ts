import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sql } from '../../infra/db.ts'
import { stamp, takeOver } from '../../infra/relay.ts'
import { Signal } from '../../infra/signal.ts'
import { type RankedEvent, Tail } from '../../infra/tail.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { create, dossier, emptyHub, log, ObjetChange, ObjetClos, prepareEssai, rankAll } from './essai.ts'

let db: TestDatabase
let service: Sql
let ranked: Signal
let tail: Tail
beforeAll(async () => {
  db = await freshDatabase()
  await prepareEssai(db.sql)
  service = db.role('demarches')
})
beforeEach(async () => {
  await emptyHub(db.sql)
  ranked = new Signal()
  tail = new Tail(db.sql, ranked, log)
})
afterEach(() => tail.stop())
afterAll(() => db.drop())

const types = [ObjetChange.type]
const fail = (error: unknown) => {
  throw error
}
const rangs = (events: readonly RankedEvent[]) => events.map((event) => event.rang)

/** A stream from `rang` on, as a front end would read it. */
function follow(usagers: readonly string[], rang: number, wanted = types) {
  const seen: RankedEvent[] = []
  const end = tail.follow(usagers, wanted, rang, (events) => seen.push(...events), fail)
  return { usagers, rang, wanted, seen, end }
}

/** That many events of a citizen, ranked. */
async function past(usager: string, count: number, data: Record<string, string> = {}): Promise<void> {
  await db.sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, usager_id, data)
    select ${ObjetChange.type}, 'demarches', ${dossier(usager)}, i, now(), 'horloge', ${usager}, ${db.sql.json(data)} from generate_series(1, ${count}::int) i`
  await rankAll(db.sql)
}

async function expected(
  stream: Pick<ReturnType<typeof follow>, 'usagers' | 'rang' | 'wanted'>,
): Promise<number[]> {
  const rows = await db.sql<{ rang: number }[]>`
    select rang from hub.event where usager_id = any(${stream.usagers as string[]}) and type = any(${stream.wanted})
      and rang > ${stream.rang} order by rang`
  return rows.map((row) => row.rang)
}

test('streams opened at any moment, from any rang, see each of their events once, in order, while events pour in', async () => {
  const usagers = Array.from({ length: 4 }, () => randomUUID())
  for (const usager of usagers) await past(usager, 100)
  const written = new AbortController()
  const writers = Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let n = 0; n < 60; n++)
        await create(service, undefined, {
          usagerId: usagers[randomInt(4)]!,
          event: randomInt(3) ? ObjetChange : ObjetClos,
        })
    }),
  ).finally(() => written.abort())
  const ranking = (async () => {
    const epoch = await takeOver(db.sql)
    for (;;) {
      const last = written.signal.aborted
      if ((await stamp(db.sql, epoch)) !== 0) ranked.notify()
      else if (last) return
      await delay(randomInt(4))
    }
  })()
  const streams: ReturnType<typeof follow>[] = []
  while (!written.signal.aborted) {
    const from = randomInt(2) ? await tail.head() : randomInt(400)
    const own = usagers.slice(0, randomInt(1, 4))
    const stream = follow(own, from, randomInt(2) ? types : [...types, ObjetClos.type])
    if (randomInt(3)) streams.push(stream)
    else stream.end() // so that at times nobody listens
    await delay(randomInt(6))
  }
  await Promise.all([writers, ranking])
  expect(streams.length).toBeGreaterThan(10)
  for (const stream of streams) {
    const all = await expected(stream)
    await eventually(() => expect(rangs(stream.seen)).toEqual(all))
    const foreign = stream.seen.filter(
      (event) => !stream.usagers.includes(event.usagerId!) || !stream.wanted.includes(event.type),
    )
    expect(foreign).toEqual([])
  }
})

test('a past longer than one page is read whole', async () => {
  const usager = randomUUID()
  await past(usager, 1203)
  const stream = follow([usager], 2)
  await eventually(() => expect(stream.seen).toHaveLength(1201))
  expect(rangs(stream.seen)).toEqual(await expected(stream))
})

test('what is ranked while the past is being read comes after it', async () => {
  const usager = randomUUID()
  await past(usager, 450, { poids: 'x'.repeat(60_000) }) // one page that takes a while to arrive
  follow([usager], await tail.head()) // keeps the tail awake
  for (let n = 0; n < 3; n++) {
    const stream = follow([usager], 0)
    for (let m = 0; m < 5; m++) {
      await create(service, undefined, { usagerId: usager })
      await rankAll(db.sql)
      ranked.notify()
    }
    const all = await expected(stream)
    await eventually(() => expect(rangs(stream.seen)).toEqual(all))
  }
})

test('an ended stream hears nothing more, the others go on', async () => {
  const usager = randomUUID()
  const [ended, open] = [follow([usager], 0), follow([usager], 0)]
  await create(service, undefined, { usagerId: usager })
  await rankAll(db.sql)
  await eventually(() => expect([rangs(ended.seen), rangs(open.seen)]).toEqual([[1], [1]]))
  ended.end()
  await create(service, undefined, { usagerId: usager })
  await rankAll(db.sql)
  await eventually(() => expect(rangs(open.seen)).toEqual([1, 2]))
  expect(rangs(ended.seen)).toEqual([1])
})

test('an event without a citizen comes to nobody', async () => {
  const usager = randomUUID()
  const stream = follow([usager], 0)
  await create(service)
  await create(service, undefined, { usagerId: usager })
  await rankAll(db.sql)
  await eventually(() => expect(rangs(stream.seen)).toEqual([2]))
})

test('a stream whose past cannot be read fails alone', async () => {
  const usager = randomUUID()
  const failure = Promise.withResolvers<unknown>()
  tail.follow(['no uuid'], types, 0, () => fail(new Error('nothing to hear')), failure.resolve)
  const stream = follow([usager], 0)
  expect(await failure.promise).toMatchObject({ code: '22P02' })
  await create(service, undefined, { usagerId: usager })
  await rankAll(db.sql)
  await eventually(() => expect(rangs(stream.seen)).toEqual([1]))
})

test('a listener that throws fails alone, in the past and live', async () => {
  const usager = randomUUID()
  const failures: unknown[] = []
  const throwing = (rang: number) =>
    tail.follow(
      [usager],
      types,
      rang,
      () => fail(new Error('reader gone')),
      (e) => failures.push(e),
    )
  await create(service, undefined, { usagerId: usager })
  await rankAll(db.sql)
  throwing(0)
  await eventually(() => expect(failures).toHaveLength(1))
  throwing(1)
  const stream = follow([usager], 0)
  await eventually(() => expect(rangs(stream.seen)).toEqual([1]))
  for (const _ of [2, 3]) {
    await create(service, undefined, { usagerId: usager })
    await rankAll(db.sql)
  }
  await eventually(() => expect(rangs(stream.seen)).toEqual([1, 2, 3]))
  expect(failures.map(String)).toEqual(['Error: reader gone', 'Error: reader gone'])
})
