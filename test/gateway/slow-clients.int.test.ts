import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { limits } from '../../gateway/limits.ts'
import { createProtection } from '../../gateway/protection.ts'
import { createHttpServer, type HttpServer } from '../../gateway/server.ts'
import { readConfig } from '../../infra/config.ts'
import { createLogger } from '../../infra/log.ts'
import { freePort } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'

/** The hub's own server with less patience, so that the tests need less, too. */
const short = { ...limits, headersMs: 400, bodyMs: 400, transferMs: 3_000, idleMs: 600 }

let server: HttpServer
let port: number
let sockets: Socket[] = []
let streamed: Readable | undefined

beforeAll(async () => {
  const log = createLogger({ logLevel: 'silent', logPretty: false })
  const { door, connections, bare, deadlines } = createProtection(readConfig({}), log, { limits: short })
  server = await createHttpServer({
    log,
    connections,
    bare,
    limits: short,
    receive: (request, response, serve) =>
      door.receive(request, response, { serve, issuer: undefined, knows: () => false }),
  })
  server.app.post('/json', async (request) => ({ lu: request.body }))
  server.app.post('/fichier', {
    onRequest: async (request) => deadlines.extend(request.raw, short.transferMs),
    handler: async (request) => {
      const file = await request.file()
      return { octets: (await file?.toBuffer())?.length }
    },
  })
  server.app.get('/gros', async () => {
    streamed = Readable.from(endless())
    return streamed
  })
  port = await freePort()
  await server.listen('localhost', port)
})
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets = []
})
afterAll(() => server.close())

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024)
}

function open(): { socket: Socket; heard: () => string; closed: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => {})
  return { socket, heard: () => text, closed: once(socket, 'close') }
}

/** Sends a character now and then, for as long as the connection lives. */
function drip(socket: Socket, text: string): void {
  let n = 0
  const timer = setInterval(() => socket.write(text[n++ % text.length]!), 40)
  socket.once('close', () => clearInterval(timer))
}

async function honest(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  })
  expect(await response.json()).toEqual({ lu: { a: 1 } })
}

test('who never ends its headers is told so and hung up on, fifty at once; others are served meanwhile', async () => {
  const slow = Array.from({ length: 50 }, () => open())
  for (const { socket } of slow) {
    socket.write('GET /json HTTP/1.1\r\nHost: x\r\nX-Lent: ')
    drip(socket, 'abc')
  }
  await honest()
  await Promise.all(slow.map(({ closed }) => closed))
  for (const { heard } of slow) {
    expect(heard()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(heard()).toContain('"code":"delai-depasse"')
    expect(heard()).toMatch(/\r\nx-content-type-options: nosniff\r\n/)
  }
})

test('who says nothing at all is hung up on', async () => {
  await open().closed
})

test('who never ends a JSON body is told so and hung up on; others are served meanwhile', async () => {
  const slow = Array.from({ length: 50 }, () => open())
  for (const { socket } of slow) {
    socket.write(
      'POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"a":"',
    )
    drip(socket, 'abc')
  }
  const begun = performance.now()
  await honest()
  await Promise.all(slow.map(({ closed }) => closed))
  for (const { heard } of slow) expect(heard()).toMatch(/^HTTP\/1\.1 408 /)
  expect(performance.now() - begun).toBeLessThan(short.transferMs)
})

test('a body to an address that does not exist gets no more time', async () => {
  const { socket, heard, closed } = open()
  socket.write(
    'POST /nulle-part HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{',
  )
  drip(socket, 'abc')
  await closed
  expect(heard()).toMatch(/^HTTP\/1\.1 4\d\d /)
})

test('a file may take longer than a JSON body, but not for ever', async () => {
  const slow = () => {
    const connection = open()
    connection.socket.write(
      'POST /fichier HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '49\r\n--b\r\nContent-Disposition: form-data; name="fichier"; filename="a.pdf"\r\n\r\n\r\n',
    )
    return connection
  }
  const patient = slow()
  const endless = slow()
  drip(endless.socket, '1\r\nx\r\n')
  const timer = setInterval(() => patient.socket.write('1\r\nx\r\n'), 100)
  const twice = 2 * short.bodyMs
  await eventually(() => expect(patient.socket.bytesWritten).toBeGreaterThan(220 + (twice / 100) * 6))
  clearInterval(timer)
  patient.socket.write('9\r\n\r\n--b--\r\n\r\n0\r\n\r\n')
  await eventually(() => expect(patient.heard()).toMatch(/^HTTP\/1\.1 200 /))
  await endless.closed
  expect(endless.heard()).not.toMatch(/ 200 /)
})

test('who asks for much and reads nothing does not hold it for ever', async () => {
  const { socket, closed } = open()
  socket.pause()
  socket.write('GET /gros HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => expect(streamed).toBeDefined())
  await eventually(() => expect(streamed?.destroyed).toBe(true))
  socket.resume()
  await closed
})

test('pipelined requests are answered in order', async () => {
  const { socket, heard } = open()
  const post = (body: string) =>
    `POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  socket.write(post('{"a":1}') + post('{"a":2}') + post('{"a":3}'))
  await eventually(() =>
    expect(heard().match(/\{"lu":\{"a":\d\}\}/g)).toEqual([
      '{"lu":{"a":1}}',
      '{"lu":{"a":2}}',
      '{"lu":{"a":3}}',
    ]),
  )
})
