import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from './sign-in.ts'

/** A front end that never gives up: the same request, under the same key, until the hub has answered it. */

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
  readonly traceId: string
}

export class HttpError extends Error {
  readonly status: number
  readonly body: Record<string, unknown>

  constructor(method: string, path: string, status: number, body: Record<string, unknown>) {
    super(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
    this.status = status
    this.body = body
  }
}

const patienceMs = 120_000

/** Repeats `work` while the hub is away; anything that it says is final. */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  const end = Date.now() + patienceMs
  for (let pause = 50; ; pause = Math.min(250, pause * 2)) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > end || !isAway(error)) throw error
      await delay(pause)
    }
  }
}

function isAway(error: unknown): boolean {
  if (error instanceof HttpError) return error.status === 503 || error.status === 429
  if ((error as { error?: unknown }).error === 'temporarily_unavailable') return true // the issuer's 503
  const text = error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error)
  return /fetch failed|terminated|ECONN|socket|other side closed|something went wrong|timed? ?out|unexpected HTTP response|is not a conform|sign-in stopped/i.test(
    text,
  )
}

export class Client {
  readonly #baseUrl: string
  readonly #session: Session

  constructor(baseUrl: string, session: Session) {
    this.#baseUrl = baseUrl
    this.#session = session
  }

  async get<T>(path: string): Promise<Answer<T>> {
    return await this.#send<T>('GET', path, {})
  }

  async post<T>(path: string, body?: unknown, key: string = randomUUID()): Promise<Answer<T>> {
    return await this.#send<T>('POST', path, { ...json(body), key })
  }

  async patch<T>(path: string, body: unknown, key: string = randomUUID()): Promise<Answer<T>> {
    return await this.#send<T>('PATCH', path, { ...json(body), key })
  }

  async delete(path: string, key: string = randomUUID()): Promise<Answer<null>> {
    return await this.#send<null>('DELETE', path, { key })
  }

  async upload<T>(
    path: string,
    name: string,
    bytes: Uint8Array,
    key: string = randomUUID(),
  ): Promise<Answer<T>> {
    const form = new FormData()
    form.append('fichier', new Blob([bytes as Uint8Array<ArrayBuffer>]), name)
    return await this.#send<T>('POST', path, { body: form, key })
  }

  async download(path: string): Promise<{ bytes: Buffer; headers: Headers; traceId: string }> {
    return await persist(async () => {
      const response = await fetch(`${this.#baseUrl}${path}`, { headers: await this.#headers() })
      const bytes = Buffer.from(await response.arrayBuffer())
      if (!response.ok) throw new HttpError('GET', path, response.status, JSON.parse(bytes.toString()))
      return { bytes, headers: response.headers, traceId: response.headers.get('x-trace-id') ?? '' }
    })
  }

  /** Follows the live timeline, coming back with the last id whenever it is cut, until `stop`. */
  async follow(
    lastId: string,
    stop: AbortSignal,
    onEvent: (event: { id: number; data: Record<string, unknown> }) => void,
  ) {
    let last = lastId
    while (!stop.aborted) {
      try {
        const headers = { ...(await this.#headers()), 'last-event-id': last }
        const response = await fetch(`${this.#baseUrl}/v1/moi/suivi/flux`, { headers, signal: stop })
        if (!response.ok || !response.body) throw new Error(`stream: ${response.status}`)
        let text = ''
        for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
          text += chunk
          const blocks = text.split('\n\n')
          text = blocks.pop() ?? ''
          for (const block of blocks) {
            const id = /^id: (\d+)$/m.exec(block)?.[1]
            const data = /^data: (.*)$/m.exec(block)?.[1]
            if (!id || !data) continue
            last = id
            onEvent({ id: Number(id), data: JSON.parse(data) as Record<string, unknown> })
          }
        }
      } catch {
        if (!stop.aborted) await delay(100) // cut: come back with the last id
      }
    }
  }

  async #send<T>(
    method: string,
    path: string,
    request: { body?: string | FormData; type?: string; key?: string },
  ): Promise<Answer<T>> {
    return await persist(async () => {
      const response = await fetch(`${this.#baseUrl}${path}`, {
        method,
        ...(request.body !== undefined && { body: request.body }),
        headers: {
          ...(await this.#headers()),
          ...(request.type && { 'content-type': request.type }),
          ...(request.key && { 'idempotency-key': request.key }),
        },
      })
      const text = await response.text()
      const body = text === '' ? null : (JSON.parse(text) as unknown)
      if (!response.ok) throw new HttpError(method, path, response.status, body as Record<string, unknown>)
      return {
        status: response.status,
        body: body as T,
        headers: response.headers,
        traceId: response.headers.get('x-trace-id') ?? '',
      }
    })
  }

  async #headers(): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await this.#session.token()}` }
  }
}

function json(body: unknown): { body?: string; type?: string } {
  return body === undefined ? {} : { body: JSON.stringify(body), type: 'application/json' }
}
