import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OuvrirLecture, OuvrirTeleversement } from '../../contracts/documents.ts'
import { type Bench, startBench, unePersonne } from '../documents/bench.ts'
import { pdf } from '../documents/fixtures.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type Proxy, startProxy } from './proxy.ts'
import { closeLines, openLine } from './redis-lines.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

/** Two processes of the documents service on one database, one folder and one Redis. */
let server: RedisServer
let proxy: Proxy
let database: TestDatabase
let folder: string
let a: Bench
let b: Bench
beforeAll(async () => {
  server = await startRedis()
  proxy = await startProxy(server.port)
})
beforeEach(async () => {
  await server.client.flushall()
  database = await freshDatabase()
  folder = await mkdtemp(join(tmpdir(), 'guichet-billets-'))
  const documents = async () =>
    startBench(
      { HUB_DATA: folder },
      { database, redis: (await openLine(`redis://127.0.0.1:${proxy.port}`, 1_000)).redis },
    )
  a = await documents()
  b = await documents()
})
afterEach(async () => {
  proxy.heal()
  await Promise.all([a.stop(), b.stop()])
  await closeLines()
  await database.drop()
  await rm(folder, { recursive: true })
})
afterAll(async () => {
  await proxy.close()
  await server.close()
})

const depot = { secteur: 'etat-civil', nom: 'acte-de-naissance-de-camille.pdf' } as const
const someone = unePersonne()
const upload = (bench: Bench) => bench.ask(OuvrirTeleversement, depot, someone)
const put = async (url: string) => (await fetch(url, { method: 'PUT', body: pdf() })).status
const get = async (url: string) => (await fetch(url)).status

/** The same ticket at the door of the other process. */
async function at(bench: Bench, { url }: { url: string }): Promise<string> {
  const { port } = new URL((await upload(bench)).url)
  return Object.assign(new URL(url), { port }).href
}
const documents = async () => (await database.sql`select from documents.document`).length

test('a ticket of one process is honoured by the other, once', async () => {
  const ticket = await upload(a)
  const there = await at(b, ticket)
  expect([await put(there), await put(there), await put(ticket.url)]).toEqual([201, 503, 503])
  const { id } = await a.upload(someone, pdf())
  const reading = await a.ask(OuvrirLecture, { id }, someone)
  const readThere = await at(b, reading)
  expect([await get(readThere), await get(reading.url)]).toEqual([200, 503])
})

test('of forty who come with one ticket at the same time to two processes, one is let in', async () => {
  for (let round = 0; round < 5; round++) {
    const before = await documents()
    const { url } = await upload(a)
    const doors = [url, await at(b, { url })]
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, n) => put(doors[n % 2]!)))
    expect(statuses.toSorted((one, other) => one - other)).toEqual([
      201,
      ...Array.from({ length: 39 }, () => 503),
    ])
    expect(await documents()).toBe(before + 1)
  }
})

test('a ticket of one room opens no other, and a misuse does not spend it', async () => {
  const { url } = await upload(a)
  expect(await get(url.replace('depots', 'contenus'))).toBe(503)
  expect(await put(url)).toBe(201)
})

test('who reads Redis finds neither the ticket nor what it stands for, and it is gone after a minute', async () => {
  const { url } = await upload(a)
  const keys = await server.client.keys('*')
  expect(keys).toHaveLength(1)
  expect(keys[0]).toMatch(/^guichet:billet:depots:[0-9a-f]{40}:[\w-]{43}$/)
  const content = await server.client.getBuffer(keys[0]!)
  const ticket = url.split('/').at(-1)!
  const secrets = [ticket, someone.acteurId, someone.usagers['etat-civil'], 'camille', 'etat-civil']
  for (const secret of secrets) expect(`${keys[0]} ${content!.toString('latin1')}`).not.toContain(secret)
  expect(await put(url.replace(ticket, keys[0]!.slice(-43)))).toBe(503)
  const left = await server.client.pttl(keys[0]!)
  expect(left).toBeGreaterThan(50_000)
  expect(left).toBeLessThanOrEqual(60_000)
})

test('what somebody else wrote in the place of a ticket is not honoured', async () => {
  const { url } = await upload(a)
  const [key] = await server.client.keys('*')
  const content = (await server.client.getBuffer(key!))!
  content[0]! ^= 1
  await server.client.set(key!, content)
  expect(await put(url)).toBe(500)
  expect(await documents()).toBe(0)
})

test('without Redis a process honours what it issued itself, once', async () => {
  await server.kill()
  try {
    const { url } = await upload(a)
    const there = url.replace(new URL(url).port, new URL((await upload(b)).url).port)
    expect([await put(there), await put(url), await put(url)]).toEqual([503, 201, 503])
  } finally {
    await server.start()
  }
})

test('a ticket that was issued before Redis went is never honoured, and the next one is', async () => {
  const { url } = await upload(a)
  await server.kill()
  try {
    expect(await put(url)).toBe(503)
    expect(await put((await upload(a)).url)).toBe(201)
  } finally {
    await server.start()
  }
  expect(await put(url)).toBe(503)
  expect(await documents()).toBe(1)
})

test('when nobody knows whether a ticket has been taken, it has', async () => {
  const { url } = await upload(a)
  proxy.mute('server')
  expect(await put(url)).toBe(503)
  proxy.heal()
  expect(await server.client.dbsize()).toBe(0)
  await eventually(async () => {
    await upload(b)
    expect(await server.client.dbsize()).toBe(1)
  })
  expect([await put(url), await put(await at(b, { url }))]).toEqual([503, 503])
  expect(await documents()).toBe(0)
})

test('when nobody knows whether a ticket has been stored, another one is given', async () => {
  proxy.mute('server')
  const { url } = await upload(a)
  proxy.heal()
  // It does lie there, under a name that nobody was told.
  expect(await server.client.dbsize()).toBe(1)
  expect([await put(await at(b, { url })), await put(url), await put(url)]).toEqual([503, 201, 503])
})

test('a Redis that was started again from an old copy gives no ticket back that was used since', async () => {
  const { url } = await upload(a)
  await server.client.save()
  expect(await put(url)).toBe(201)
  await server.kill()
  await server.start()
  expect(await server.client.dbsize()).toBe(1)
  await eventually(async () => {
    await upload(a)
    expect(await server.client.dbsize()).toBe(2)
  })
  expect([await put(url), await put(await at(b, { url }))]).toEqual([503, 503])
  expect(await documents()).toBe(1)
})
