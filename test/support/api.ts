import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Action } from '../../contracts/define.ts'
import type { Document } from '../../contracts/documents.ts'
import type { ErrorCode } from '../../contracts/errors.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { routes } from '../../gateway/routes.ts'
import { checkReply, type Problem, type Reply } from './conformity.ts'

/** A caller of the hub's API for tests: every answer is checked against its contract before a test sees it. */

export const hubUrl = process.env.TEST_HUB_URL ?? ''

export interface Options {
  /** An object is sent as JSON; a string, bytes or a form as they are. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
  /** Idempotency-Key: by default a new one on each POST; null sends none. */
  readonly key?: string | null
  readonly ifMatch?: string
}

export class Api {
  readonly #token: () => Promise<string | null>

  /** @param token what to send as Bearer; null sends nothing */
  constructor(token: () => Promise<string | null>) {
    this.#token = token
  }

  /**
   * Sends any request, right or wrong.
   * @throws Error when the answer is not what every answer must be like (see conformity.ts)
   */
  async send<T = unknown>(method: string, path: string, options: Options = {}): Promise<Reply<T>> {
    const response = await fetch(`${hubUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: await this.headers(method, options),
      ...(options.body !== undefined && { body: raw(options.body) }),
    })
    return await toReply<T>(method, path, response)
  }

  /** Opens a stream and closes it as soon as it has answered; a refusal is read whole. */
  async open(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(`${hubUrl}${path}`, { headers: await this.headers('GET', { headers }) })
    if (!response.ok) return await toReply('GET', path, response)
    await response.body?.cancel()
    return { status: response.status, headers: response.headers, text: '', body: null }
  }

  /** The answer of an action that must succeed, its params spread over path, query, body and `If-Match`. */
  async ok<A extends Action>(
    action: A,
    params: z.input<A['params']>,
    options: Options = {},
  ): Promise<z.output<A['returns']>> {
    const { method, path, success } = routes.find((route) => route.action === action)!
    const rest = new Map(Object.entries(params))
    const take = (name: string) => {
      const value = rest.get(name)
      rest.delete(name)
      return value
    }
    const address = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(take(name))))
    const version = take('siVersion')
    const given = [...rest].filter(([, value]) => value !== undefined)
    const inQuery = method === 'GET' || method === 'DELETE'
    const query =
      inQuery && given.length > 0
        ? `?${new URLSearchParams(given.map(([n, v]): [string, string] => [n, String(v)])).toString()}`
        : ''
    const reply = await this.send(method, `${address}${query}`, {
      ...(!inQuery && given.length > 0 && { body: Object.fromEntries(given) }),
      ...(version !== undefined && { ifMatch: `"${Number(version)}"` }),
      ...options,
    })
    if (reply.status !== success) throw new Error(`${method} ${address}: ${reply.status} ${reply.text}`)
    return reply.body as z.output<A['returns']>
  }

  /** Sends one file as a front end does. */
  async upload(
    query: string,
    bytes: Uint8Array<ArrayBuffer>,
    name = 'piece.pdf',
    options: Omit<Options, 'body'> = {},
  ): Promise<Reply<Document>> {
    const form = new FormData()
    form.append('fichier', new Blob([bytes]), name)
    return await this.send<Document>('POST', `/v1/documents?${query}`, { ...options, body: form })
  }

  /** A document that must be taken. */
  async uploaded(
    secteur: Secteur,
    bytes: Uint8Array<ArrayBuffer>,
    name?: string,
    emisPar: 'usager' | 'agent' = 'usager',
  ): Promise<Document> {
    const reply = await this.upload(`secteur=${secteur}&emisPar=${emisPar}`, bytes, name)
    if (reply.status !== 201) throw new Error(`upload: ${reply.status} ${reply.text}`)
    return reply.body
  }

  /** The headers that a request with these options carries. */
  async headers(method: string, { body, headers, key, ifMatch }: Options): Promise<Record<string, string>> {
    const token = await this.#token()
    const sent = key === undefined && method === 'POST' ? randomUUID() : key
    return {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(isJson(body) && { 'content-type': 'application/json' }),
      ...(sent && { 'idempotency-key': sent }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...headers,
    }
  }
}

async function toReply<T>(method: string, path: string, response: Response): Promise<Reply<T>> {
  const text = await response.text()
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '')
  const body = (isJson ? JSON.parse(text) : null) as T
  const reply = { status: response.status, headers: response.headers, text, body }
  checkReply(method, path, reply)
  return reply
}

/** The problem of an answer that must be this refusal. */
export function refusal(reply: Reply, code: ErrorCode): Problem {
  const problem = reply.body as Problem
  if (problem?.code !== code)
    throw new Error(`expected ${code}: ${reply.status} ${reply.text.slice(0, 2000)}`)
  return problem
}

function isJson(body: unknown): boolean {
  return (
    body !== undefined &&
    typeof body !== 'string' &&
    !(body instanceof Uint8Array) &&
    !(body instanceof FormData)
  )
}

function raw(body: unknown): string | Uint8Array<ArrayBuffer> | FormData {
  return isJson(body) ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer> | FormData)
}
