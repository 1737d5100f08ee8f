import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { eventually } from '../support/eventually.ts'
import { ask, type OwnHub, ownHub } from './own-hub.ts'

let sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets = []
})

/** A connection that says nothing, and keeps what it is told. */
async function open(hub: OwnHub, from: string): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect({ port: hub.port, host: '127.0.0.1', localAddress: from })
  sockets.push(socket)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return { socket, heard: () => text }
}

async function openMany(hub: OwnHub, from: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 200)
    await Promise.all(Array.from({ length: Math.min(200, count - n) }, () => open(hub, from)))
}

test('two thousand idle connections disturb nobody', async () => {
  await using hub = await ownHub()
  await openMany(hub, '127.0.0.2', 2_000)
  for (let n = 0; n < 20; n++) {
    const asked = performance.now()
    expect((await ask(hub, '/v1/demarches')).status).toBe(200)
    expect(performance.now() - asked).toBeLessThan(2_000)
  }
  const { heard } = await open(hub, '127.0.0.2') // half of all connections is what one address may hold
  await eventually(() => expect(heard()).toMatch(/^HTTP\/1\.1 503 /))
}, 60_000)

describe('with room for twenty', () => {
  let hub: OwnHub
  beforeAll(async () => {
    hub = await ownHub({ MAX_CONNECTIONS: '20', TRUSTED_PROXIES: '127.0.0.5' })
  }, 60_000)
  afterAll(() => hub[Symbol.asyncDispose]())

  /** Takes these connections afresh: those of another test may still be leaving. */
  async function holding(connections: Record<string, number>, check: () => Promise<void>): Promise<void> {
    await eventually(async () => {
      for (const socket of sockets.splice(0)) socket.destroy()
      for (const [from, count] of Object.entries(connections)) await openMany(hub, from, count)
      await check()
    })
  }

  test('a connection too many is told so and closed; when others leave there is room again', async () => {
    await holding({ '127.0.0.2': 10, '127.0.0.3': 10 }, async () => {
      const surplus = await open(hub, '127.0.0.4')
      await once(surplus.socket, 'end')
      const [head = '', body = ''] = surplus.heard().split('\r\n\r\n')
      expect(head).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/)
      expect(head).toMatch(/\r\nRetry-After: [1-4]\r\n/)
      expect(head).toMatch(/\r\nx-content-type-options: nosniff\r\n/)
      expect(head).toMatch(/\r\nConnection: close$/)
      expect(JSON.parse(body)).toMatchObject({ code: 'service-indisponible', status: 503 })
    })
    for (const socket of sockets.splice(0, 5)) socket.destroy()
    await eventually(async () =>
      expect((await ask(hub, '/health/live', { from: '127.0.0.4' })).status).toBe(200),
    )
  })

  test('one address may hold half of the connections', async () => {
    await holding({ '127.0.0.2': 10 }, async () => {
      const surplus = await open(hub, '127.0.0.2')
      await once(surplus.socket, 'end')
      expect(surplus.heard()).toMatch(/^HTTP\/1\.1 503 /)
      expect((await ask(hub, '/health/live', { from: '127.0.0.3' })).status).toBe(200)
    })
  })

  test('a trusted proxy may hold all of them', async () => {
    await holding({ '127.0.0.5': 18 }, async () => {
      expect((await ask(hub, '/health/live', { from: '127.0.0.5' })).status).toBe(200)
    })
  })
})
