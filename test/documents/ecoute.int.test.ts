import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { OuvrirLecture, OuvrirTeleversement, tailleMaximale } from '../../contracts/documents.ts'
import { startListener } from '../../services/documents/listener.ts'
import { type Bench, startBench, unePersonne, until } from './bench.ts'
import { pdf } from './fixtures.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  await bench.stop()
})

const depot = { secteur: 'etat-civil', nom: 'piece.pdf' } as const

test('an upload cut half-way leaves nothing on disk nor in the table', async () => {
  const { url } = await bench.ask(OuvrirTeleversement, depot, unePersonne())
  const socket = await halfUpload(url)
  await until(async () => (await bench.files()).length === 1)
  socket.destroy()
  await until(async () => (await bench.files()).length === 0)
  await until(async () => bench.lines.some((line) => line.includes('interrupted')))
  expect(await bench.sql`select from documents.document`).toHaveLength(0)
  expect(bench.lines.join('')).not.toContain('failed')
})

test('an upload that stops moving is cut and leaves nothing', async () => {
  const listener = await startListener(bench.ground, 50)
  const { url } = await bench.ask(OuvrirTeleversement, depot, unePersonne())
  const socket = await halfUpload(url)
  await once(socket, 'close')
  await until(async () => (await bench.files()).length === 0)
  expect(await bench.sql`select from documents.document`).toHaveLength(0)
  await listener.stop()
})

test('after a refusal in the middle of an upload the connection still serves', async () => {
  const awa = unePersonne()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const put = async (octets: Buffer) => {
    const { url } = await bench.ask(OuvrirTeleversement, depot, awa)
    const outgoing = request(url, { method: 'PUT', agent })
    outgoing.end(octets)
    const [incoming] = await once(outgoing, 'response')
    await text(incoming)
    return { status: incoming.statusCode, port: outgoing.socket?.localPort }
  }
  const refused = await put(Buffer.alloc(2 * tailleMaximale))
  expect(refused.status).toBe(413)
  expect(await put(pdf())).toEqual({ status: 201, port: refused.port })
  agent.destroy()
})

test('a ticket serves once', async () => {
  const awa = unePersonne()
  const { id } = await bench.upload(awa, pdf())
  const upload = await bench.ask(OuvrirTeleversement, depot, awa)
  const reading = await bench.ask(OuvrirLecture, { id }, awa)
  expect((await put(upload.url)).status).toBe(201)
  expect((await put(upload.url)).status).toBe(404)
  expect((await fetch(reading.url, { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(reading.url)).status).toBe(404)
})

test('a ticket serves for a minute', async () => {
  const awa = unePersonne()
  const { url, expireLe } = await bench.ask(OuvrirTeleversement, depot, awa)
  expect(Date.parse(expireLe) - Date.now()).toBeLessThanOrEqual(60_000)
  bench.advance(60_000)
  expect((await put(url)).status).toBe(404)
})

test('a ticket serves for its own purpose only, and a misuse does not spend it', async () => {
  const awa = unePersonne()
  const { url } = await bench.ask(OuvrirTeleversement, depot, awa)
  expect((await fetch(url)).status).toBe(404)
  expect((await fetch(url.replace('depots', 'contenus'))).status).toBe(404)
  expect((await fetch(url, { method: 'POST', body: pdf() })).status).toBe(404)
  expect((await put(`${url}?a=1`)).status).toBe(404)
  expect((await put(url)).status).toBe(201)
})

test('no other path answers', async () => {
  const { url } = await bench.ask(OuvrirTeleversement, depot, unePersonne())
  for (const path of ['/', '/depots', '/depots/', '/contenus/../depots', '/depots/%2e%2e', '/health']) {
    const response = await fetch(new URL(path, url))
    expect([response.status, await response.json()]).toEqual([404, { code: 'introuvable', extra: {} }])
  }
})

test('it listens on loopback only', async () => {
  const { url } = await bench.ask(OuvrirTeleversement, depot, unePersonne())
  expect(new URL(url).hostname).toBe('127.0.0.1')
  const socket = connect(Number(new URL(url).port), '127.0.0.2')
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})

test('neither a ticket nor a file name enters the log', async () => {
  const awa = unePersonne()
  const nom = `secret-${randomUUID()}.pdf`
  const { url } = await bench.ask(OuvrirTeleversement, { ...depot, nom }, awa)
  await put(url)
  await put(url)
  expect(bench.lines.filter((line) => line.includes('PUT /depots/{billet}'))).toHaveLength(2)
  expect(bench.lines.join('')).not.toContain(url.split('/').at(-1))
  expect(bench.lines.join('')).not.toContain('secret-')
})

function put(url: string): Promise<Response> {
  return fetch(url, { method: 'PUT', body: pdf() })
}

/** Sends the head of an upload and one half of its announced bytes, then nothing more. */
async function halfUpload(url: string): Promise<Socket> {
  const { port, pathname } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
  await once(socket, 'connect')
  const octets = pdf()
  socket.write(`PUT ${pathname} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${octets.length}\r\n\r\n`)
  socket.write(octets.subarray(0, octets.length / 2))
  return socket
}
