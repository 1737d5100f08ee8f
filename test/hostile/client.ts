import { Agent, type IncomingMessage, request } from 'node:http'
import { hubUrl } from '../support/api.ts'
import { checkReply, type Reply } from '../support/conformity.ts'
import type { Shot } from './cases.ts'

/** Sends what `fetch` would mend, over connections kept alive. */

export interface TimedReply extends Reply {
  readonly ms: number
}

export class HostileClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 24 })

  /**
   * Sends it as it is; what is a stream is closed as soon as it has answered.
   * @throws Error when the answer is not what every answer must be like (see conformity.ts)
   */
  async send(method: string, shot: Shot, headers: Record<string, string>): Promise<TimedReply> {
    const { hostname, port } = new URL(hubUrl)
    const started = performance.now()
    const reply = await new Promise<Omit<TimedReply, 'ms'>>((resolve, reject) => {
      const outgoing = request({
        agent: this.#agent,
        hostname,
        port,
        method,
        path: shot.path,
        headers: {
          ...headers,
          ...(shot.body !== undefined && { 'content-length': Buffer.byteLength(shot.body) }),
          ...shot.headers,
        },
      })
      outgoing.once('error', reject)
      outgoing.once('response', (response) => {
        if (/event-stream/.test(response.headers['content-type'] ?? '')) {
          outgoing.destroy()
          resolve(toReply(response, ''))
        } else collect(response).then((text) => resolve(toReply(response, text)), reject)
      })
      outgoing.end(shot.body)
    })
    checkReply(method, shot.path, reply)
    return { ...reply, ms: performance.now() - started }
  }

  close(): void {
    this.#agent.destroy()
  }
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function toReply(response: IncomingMessage, text: string): Reply {
  const headers = new Headers()
  for (let n = 0; n < response.rawHeaders.length; n += 2)
    headers.append(response.rawHeaders[n]!, response.rawHeaders[n + 1]!)
  const isJson = text !== '' && /json/.test(headers.get('content-type') ?? '')
  return { status: response.statusCode ?? 0, headers, text, body: isJson ? JSON.parse(text) : null }
}
