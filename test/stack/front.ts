import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What stands before Keycloak, as a proxy does in production; here it can be away, or say something else. */
export interface Front {
  /** For KEYCLOAK_URL: Keycloak signs under the address by which it is asked. */
  readonly url: string
  /** How often the key set has been asked for. */
  readonly certs: number
  /** Connections are refused, as when Keycloak is stopped. */
  away(): Promise<void>
  /** Every answer is a page with status 200, as of a proxy whose Keycloak is being replaced. */
  maintain(): void
  heal(): Promise<void>
  close(): Promise<void>
}

/** @param keycloak where Keycloak is: `http://127.0.0.1:<port>` */
export async function startFront(keycloak: string): Promise<Front> {
  let certs = 0
  let maintained = false
  const server = createServer((incoming, outgoing) => {
    if (incoming.url?.endsWith('/certs')) certs++
    if (maintained)
      outgoing
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>Maintenance</title>')
    else pass(keycloak, incoming, outgoing)
  })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(port, '127.0.0.1', () => resolve()),
    )
  await listen(0)
  const { port } = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://127.0.0.1:${port}`,
    get certs() {
      return certs
    },
    away: close,
    maintain() {
      maintained = true
    },
    async heal() {
      maintained = false
      if (!server.listening) await listen(port)
    },
    close,
  }
}

/** As it is, `Host` included. */
function pass(keycloak: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers, url } = incoming
  const onward = request(`${keycloak}${url}`, { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  onward.once('error', () => outgoing.destroy())
  incoming.pipe(onward)
}
