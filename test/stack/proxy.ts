import { connect, createServer, type Socket } from 'node:net'

/** A TCP line with faults: cut, slow, or silent while it seems open. */
export interface Proxy {
  readonly port: number
  /** Closes every line that is open; new ones pass. */
  cut(): void
  /** What is said arrives so much later. */
  delay(ms: number): void
  /** Nothing passes, either way, and nobody is told. */
  freeze(): void
  /** What this side says is lost; what it is told arrives. */
  mute(side: 'client' | 'server'): void
  /** Nothing passes on the lines that are open now, for ever, and nobody is told; new ones pass. */
  lose(): void
  heal(): void
  close(): Promise<void>
}

export async function startProxy(to: number): Promise<Proxy> {
  const open = new Set<Socket>()
  const dead = new WeakSet<Socket>()
  let delayMs = 0
  const lost = new Set<'client' | 'server'>()
  const pass = (from: Socket, on: Socket, side: 'client' | 'server') => {
    from.on('data', (chunk: Buffer) => {
      if (lost.has(side) || dead.has(from)) return // the line is half open until somebody gives it up
      if (delayMs === 0) on.write(chunk)
      else setTimeout(() => on.write(chunk), delayMs)
    })
    from.once('close', () => on.destroy())
  }
  const server = createServer((client) => {
    const target = connect(to, '127.0.0.1')
    for (const socket of [client, target]) {
      open.add(socket)
      socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket))
    }
    pass(client, target, 'client')
    pass(target, client, 'server')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    cut,
    delay(ms) {
      delayMs = ms
    },
    freeze() {
      lost.add('client').add('server')
    },
    mute(side) {
      lost.add(side)
    },
    lose() {
      for (const socket of open) dead.add(socket)
    },
    heal() {
      // Lines that lost bytes cannot be used again, as after a network that came back with other routes.
      if (lost.size > 0) cut()
      lost.clear()
      delayMs = 0
    },
    async close() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
