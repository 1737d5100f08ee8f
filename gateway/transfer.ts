import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServiceBroker } from 'moleculer'
import type { z } from 'zod'
import { type Document, type OuvrirLecture, OuvrirTeleversement } from '../contracts/documents.ts'
import { type ErrorCode, errorCatalog, Refusal, type RefusalExtra } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import { call } from '../infra/call.ts'
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
  const billet = await call(
    broker,
    OuvrirTeleversement,
    { ...params, nom: file.name } as z.input<typeof OuvrirTeleversement.params>,
    options,
  )
  const { response } = await exchange(billet.url, { method: 'PUT' }, file)
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

/** Streams a document's bytes, or a part of them, to the caller. */
export async function download(
  broker: ServiceBroker,
  request: FastifyRequest,
  reply: FastifyReply,
  { action, id }: { action: typeof OuvrirLecture; id: string },
  principal: Principal,
): Promise<FastifyReply> {
  const billet = await call(broker, action, { id }, { principal })
  const headers = Object.fromEntries(
    passedOn.flatMap((name) =>
      typeof request.headers[name] === 'string' ? [[name, request.headers[name]]] : [],
    ),
  )
  const { response, outgoing } = await exchange(billet.url, { method: request.method, headers })
  const status = response.statusCode ?? 500
  for (const name of passedBack) if (response.headers[name]) void reply.header(name, response.headers[name])
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

async function exchange(
  url: string,
  options: { method: string; headers?: Record<string, string> },
  body?: SoleFile,
): Promise<{ response: IncomingMessage; outgoing: ClientRequest }> {
  const traceparent = currentTraceparent()
  const outgoing = httpRequest(url, {
    method: options.method,
    headers: { ...options.headers, ...(traceparent && { traceparent }) },
    timeout: idleMs,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
    outgoing.once('timeout', () => outgoing.destroy(new Error('the documents service stopped answering')))
  })
  if (!body) {
    outgoing.end()
    return { response: await answered, outgoing }
  }
  // The other side may refuse before it has read everything: its answer counts, not the broken pipe.
  const sent = pipeline(body.bytes(), outgoing)
  const response = await Promise.race([answered, sent.then(() => answered)])
  void sent.catch(() => body.discard())
  return { response, outgoing }
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
