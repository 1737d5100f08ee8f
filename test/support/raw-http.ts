import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { hubUrl } from './api.ts'

/** Requests that no polite client makes: `fetch` would repair or refuse them. */

export interface RawReply {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly bytes: Buffer
}

/** Opens a request of which the caller writes the body, in its own time. */
export function openRequest(method: string, path: string, headers: Record<string, string>): ClientRequest {
  const { hostname, port } = new URL(hubUrl)
  return request({ hostname, port, method, path, headers, agent: false })
}

/** The whole answer; a server may give it before it has read the request. */
export async function replyTo(outgoing: ClientRequest): Promise<RawReply> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  outgoing.on('error', () => {}) // after the answer the rest of the request may be cut
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  outgoing.destroy()
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }
}

/**
 * Sends this on a bare connection; resolves to everything that came back until the server closed it.
 * @param hangUp says at once that nothing follows; Node then answers only what it knows at once
 */
export async function speak(text: string | Buffer, hangUp = true): Promise<string> {
  const socket: Socket = connect(Number(new URL(hubUrl).port), new URL(hubUrl).hostname)
  socket.setTimeout(5000, () => socket.destroy(new Error('the server neither answered nor closed')))
  if (hangUp) socket.end(text)
  else socket.write(text)
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
