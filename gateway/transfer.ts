import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServiceBroker } from 'moleculer'
import type { z } from 'zod'
import type { Action } from '../contracts/define.ts'
import { Billet, type Document, OuvrirPhoto, OuvrirTeleversement } from '../contracts/documents.ts'
import { type ErrorCode, errorCatalog, Refusal, type RefusalExtra } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import { call } from '../infra/call.ts'
import { isAway } from '../infra/passing.ts'
import { currentTraceparent } from '../infra/telemetry.ts'
import { limits } from './limits.ts'
import { type SoleFile, soleFile } from './sole-file.ts'

/** Bytes between the outside and the documents service, never held in memory: each side waits for the other. */

/** Milliseconds: longer than a file waits for its turn and its verdict. */
const idleMs = 45_000

/** Sends the one file of a multipart request to the documents service; answers the stored document. */
export async function upload(
  broker: ServiceBroker,
  request: FastifyRequest,
  params: Record<string, unknown>,
  options: { principal: Principal; idempotency: { key: string; body: string } },
): Promise<z.output<typeof Document>> {
  const file = await soleFile(request)
  const wanted = { ...params, nom: file.name } as z.input<typeof OuvrirTeleversement.params>
  const response = await withTicket(
    () => call(broker, OuvrirTeleversement, wanted, options),
    (url) => send(url, file),
  )
  const answer = (await readJson(response)) as z.output<typeof Document>
  if (response.statusCode === 201) return answer
  throw refusalOf(answer)
}

const passedOn = ['range', 'if-range', 'if-none-match'] as const
const passedBack = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-length',
  'content-range',
  'content-security-policy',
  'content-type',
  'etag',
  'x-content-type-options',
] as const

/**
 * Streams a document's bytes, or a part of them, to the caller.
 * @param action opens them, if the caller may read them
 */
export async function download(
  broker: ServiceBroker,
  request: FastifyRequest,
  reply: FastifyReply,
  action: Action,
  id: string,
  principal: Principal,
): Promise<FastifyReply> {
  const headers = Object.fromEntries(
    passedOn.flatMap((name) =>
      typeof request.headers[name] === 'string' ? [[name, request.headers[name]]] : [],
    ),
  )
  const { response, outgoing } = await withTicket(
    async () => Billet.parse(await call(broker, action, { id }, { principal })),
    (url) => fetchContent(url, request.method, headers),
  )
  const status = response.statusCode ?? 500
  for (const name of passedBack) if (response.headers[name]) void reply.header(name, response.headers[name])
  // Pages of every origin show what is public.
  if (action === OuvrirPhoto) void reply.header('cross-origin-resource-policy', 'cross-origin')
  if (status === 416) {
    response.resume()
    throw new Refusal('plage-invalide')
  }
  if (status >= 400) throw refusalOf(await readJson(response))
  const tooSlow = setTimeout(() => reply.raw.destroy(), limits.transferMs)
  reply.raw.once('close', () => {
    clearTimeout(tooSlow)
    outgoing.destroy()
  })
  return await reply.code(status).send(response)
}

/** How often a door is knocked at, each time with another ticket. */
const attempts = 3

/** Why a door stayed shut: nothing was sent, so the next one may be tried. */
class NotLetIn extends Error {}

/**
 * Uses a ticket. When the process that gave it has gone since, or nobody knows it any more, another one is asked for.
 * @param use throws `NotLetIn` when nothing has happened yet
 */
async function withTicket<T>(
  ask: () => Promise<{ url: string }>,
  use: (url: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const { url } = await ask()
    try {
      return await use(url)
    } catch (error) {
      if (!(error instanceof NotLetIn)) throw error
      if (attempt === attempts) throw error.cause
      await delay(attempt * 50)
    }
  }
}

/** Sends the bytes once the other side has said that it takes them. */
async function send(url: string, file: SoleFile): Promise<IncomingMessage> {
  const { outgoing, answered } = begin(url, 'PUT', { expect: '100-continue' })
  outgoing.flushHeaders()
  const letIn = new Promise<null>((resolve) => outgoing.once('continue', () => resolve(null)))
  const refused = await knock(Promise.race([letIn, answered]))
  if (refused) {
    const refusal = refusalOf(await readJson(refused))
    outgoing.destroy()
    throw refusal
  }
  // The other side may refuse before it has read everything: its answer counts, not the broken pipe.
  const sent = pipeline(file.bytes(), outgoing)
  const response = await Promise.race([answered, sent.then(() => answered)])
  void sent.catch(() => file.discard())
  return response
}

async function fetchContent(
  url: string,
  method: string,
  headers: Record<string, string>,
): Promise<{ response: IncomingMessage; outgoing: ClientRequest }> {
  const { outgoing, answered } = begin(url, method, headers)
  outgoing.end()
  return { response: await knock(answered), outgoing }
}

function begin(url: string, method: string, headers: Record<string, string>) {
  const traceparent = currentTraceparent()
  const outgoing = httpRequest(url, {
    method,
    headers: { ...headers, ...(traceparent && { traceparent }) },
    timeout: idleMs,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
    outgoing.once('timeout', () => outgoing.destroy(new Error('the documents service stopped answering')))
  })
  return { outgoing, answered }
}

/**
 * What the other side says first.
 * @throws NotLetIn when it has gone, or does not know the ticket
 */
async function knock<T extends IncomingMessage | null>(first: Promise<T>): Promise<T> {
  const answer = await first.catch((cause: unknown) => {
    throw isAway(cause) ? new NotLetIn('gone', { cause }) : cause
  })
  if (answer?.statusCode !== 503) return answer
  throw new NotLetIn('refused', { cause: refusalOf(await readJson(answer)) })
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > 65_536) throw new Error('the documents service answered too much')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

function refusalOf(answer: unknown): Error {
  const { code, detail, extra } = answer as { code?: string; detail?: string; extra?: RefusalExtra }
  if (code && Object.hasOwn(errorCatalog, code)) return new Refusal(code as ErrorCode, detail, extra)
  return new Error('the documents service refused without a code')
}
