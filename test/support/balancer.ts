import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A TCP load balancer for tests: each connection goes to a backend that answers, tried in random order; those that
 * said last that they are ready come first.
 */
export class Balancer {
  readonly #backends: readonly number[]
  readonly #random: () => number
  readonly #sockets = new Set<Socket>()
  readonly #ready = new Map<number, boolean>()
  #asking: NodeJS.Timeout | undefined
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

  /** As a load balancer does, each second. */
  askReadiness(): void {
    this.#asking = setInterval(() => {
      for (const port of this.#backends)
        void fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(900) }).then(
          ({ ok }) => this.#ready.set(port, ok),
          () => this.#ready.set(port, false),
        )
    }, 1_000)
  }

  #forward(client: Socket): void {
    const order = this.#backends
      .toSorted(() => this.#random() - 0.5)
      .toSorted((a, b) => Number(this.#ready.get(b) ?? true) - Number(this.#ready.get(a) ?? true))
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
    clearInterval(this.#asking)
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
  }
}
