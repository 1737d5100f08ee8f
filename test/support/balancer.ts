import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP load balancer for tests: each connection goes to a backend that answers, tried in random order. */
export class Balancer {
  readonly #backends: readonly number[]
  readonly #random: () => number
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null

  constructor(backends: readonly number[], random: () => number) {
    this.#backends = backends
    this.#random = random
  }

  async listen(port: number): Promise<void> {
    const server = createServer((client) => this.#forward(client))
    this.#server = server
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
  }

  #forward(client: Socket): void {
    const order = this.#backends.toSorted(() => this.#random() - 0.5)
    const attempt = (n: number) => {
      const port = order[n]
      if (port === undefined) return client.destroy()
      const backend = connect(port, '127.0.0.1')
      this.#track(backend)
      backend.once('connect', () => {
        client.pipe(backend).pipe(client)
        backend.once('close', () => client.destroy())
        client.once('close', () => backend.destroy())
        backend.removeAllListeners('error').on('error', () => client.destroy())
      })
      backend.once('error', () => attempt(n + 1))
    }
    this.#track(client)
    client.on('error', () => client.destroy())
    attempt(0)
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
  }
}
