import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { addressKey, type Proxies } from './address.ts'
import type { Limits } from './limits.ts'

export interface ConnectionsOptions {
  readonly max: number
  /** For an address that is no trusted proxy. */
  readonly maxPerAddress: number
  readonly proxies: Proxies
  /** Says the last word to a connection that is one too many. */
  readonly turnAway: (socket: Socket) => void
}

/** The connections of all servers of this process together. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #perAddress = new Map<string, number>()
  readonly #open = new Set<Socket>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#open.size
  }

  /** Counts this connection until it closes; turns it away when it is one too many, of all or of its address. */
  admit(socket: Socket): boolean {
    const { max, maxPerAddress, proxies } = this.#options
    const address = socket.remoteAddress ?? ''
    const key = proxies.trusts(address) ? undefined : addressKey(address)
    const own = key === undefined ? 0 : (this.#perAddress.get(key) ?? 0)
    if (this.#open.size >= max || own >= maxPerAddress) {
      socket.on('error', () => {}).resume()
      this.#options.turnAway(socket)
      return false
    }
    this.#open.add(socket)
    if (key !== undefined) this.#perAddress.set(key, own + 1)
    socket.once('close', () => {
      this.#open.delete(socket)
      if (key === undefined) return
      const left = (this.#perAddress.get(key) ?? 1) - 1
      if (left > 0) this.#perAddress.set(key, left)
      else this.#perAddress.delete(key)
    })
    return true
  }

  /** Hangs up on who has not said a word: Node counts such a connection as busy, and a stop would wait for it. */
  hangUpOnSilent(): void {
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy()
  }
}

/** An HTTP server that hangs up on who is slow, and on who is one too many after saying so. */
export function createLimitedServer(
  connections: Connections,
  limits: Limits,
  answer: RequestListener,
): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      // The most that any request may take to arrive; `body-deadline.ts` has less patience with most.
      requestTimeout: limits.transferMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headerBytes,
      // Node would drop a second Authorization or Content-Type without a word; a proxy may have read that one.
      joinDuplicateHeaders: true,
      requireHostHeader: false, // server.ts refuses it, as a problem
      noDelay: true,
    },
    answer,
  )
  server.timeout = limits.idleMs
  server.maxRequestsPerSocket = limits.requestsPerConnection
  // What else a client expects beside 100-continue need not be met (RFC 9110, 10.1.1).
  server.on('checkExpectation', answer)
  // Node would close the surplus without a word, and only by the number of one server's connections.
  const [serve] = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (connections.admit(socket)) serve!.call(server, socket)
  })
  return server
}
