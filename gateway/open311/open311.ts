import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as contract from '../../contracts/open311.ts'
import { Refusal } from '../../contracts/errors.ts'
import { methodsOf } from '../not-found.ts'
import { noteRefusal, problem, retryAfter } from '../problem.ts'
import type { Route } from '../routes.ts'
import { toXml } from './xml.ts'

/**
 * GeoReport v2 over the same actions as the rest of the API: what is its own is how requests are written (forms), how
 * answers are (JSON without a root, or XML), and how errors are.
 */
export const open311Prefix = '/open311/v2'

/** The outermost element in XML. */
const roots: Readonly<Record<string, string>> = {
  [contract.DecouvrirOpen311.name]: 'discovery',
  [contract.ListerServicesOpen311.name]: 'services',
  [contract.LireServiceOpen311.name]: 'service_definition',
  [contract.DeposerRequeteOpen311.name]: 'service_requests',
  [contract.LireJetonOpen311.name]: 'service_requests',
  [contract.ListerRequetesOpen311.name]: 'service_requests',
  [contract.LireRequeteOpen311.name]: 'service_requests',
}

/** What a part of the gateway needs to speak Open311: forms in, errors as it writes them. */
export function speakOpen311(scope: FastifyInstance): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, fromForm(new URLSearchParams(body as string))),
  )
  scope.setErrorHandler(sendOpen311Error)
  scope.setNotFoundHandler(async (request, reply) => {
    const allowed = methodsOf(request.url.split('?')[0] ?? '', request)
    if (allowed.length > 0) void reply.header('allow', allowed.join(', '))
    return await sendOpen311Error(
      new Refusal(allowed.length > 0 ? 'methode-non-permise' : 'introuvable'),
      request,
      reply,
    )
  })
}

/** `attribute[a]=1` and `attribute[a][]=1` are collected in `attribute`; a name given twice is a list. */
function fromForm(form: URLSearchParams): Record<string, unknown> {
  const attribute: Record<string, string | string[]> = Object.create(null) as Record<
    string,
    string | string[]
  >
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name)
    const [, code, many] = /^attribute\[([^[\]]{1,64})\](\[\])?$/.exec(name) ?? []
    if (code === undefined) fields[name] = values.length === 1 ? values[0] : values
    else attribute[code] = many || values.length > 1 ? values : values[0]!
  }
  return { ...fields, ...(Object.keys(attribute).length > 0 && { attribute: { ...attribute } }) }
}

/** Only what the contract knows: clients send fields of their own, and empty ones for what nobody filled in. */
export function knownParams(route: Route, given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) => Object.hasOwn(route.action.params.shape, name) && value !== '',
    ),
  )
}

export async function sendOpen311(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  result: unknown,
): Promise<FastifyReply> {
  return await send(request, reply.code(route.success), roots[route.action.name] ?? 'answer', result)
}

const typesAcceptes =
  'Envoyez application/x-www-form-urlencoded ou application/json, sans fichier: une photo se donne par media_url.'

/** An error as GeoReport v2 writes it. */
export async function sendOpen311Error(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const noted = noteRefusal(error, request, reply)
  const refusal = noted.code === 'type-non-pris-en-charge' ? new Refusal(noted.code, typesAcceptes) : noted
  const { status: usual, body } = problem(refusal)
  const status = statusOf(usual)
  if (status === 503 || status === 429)
    void reply.header('retry-after', refusal.extra.attendre ?? retryAfter())
  const sentence = [body.title, body.detail].filter(Boolean).join(' ')
  const errors = (body.erreurs as { pointeur: string; message: string }[] | undefined) ?? []
  const descriptions =
    errors.length > 0 ? errors.map(({ pointeur, message }) => `${pointeur.slice(1)}: ${message}`) : [sentence]
  return await send(
    request,
    reply.code(status),
    'errors',
    descriptions.map((description) => ({ code: status, description })),
  )
}

/** GeoReport v2 knows 404, 403 and 400; what says "later" or "not this method" keeps its status. */
function statusOf(status: number): number {
  if (status === 401) return 403
  return status >= 500 || [403, 404, 405, 429].includes(status) ? status : 400
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  root: string,
  value: unknown,
): Promise<FastifyReply> {
  if (/\.xml(?:\?|$)/.test(request.url))
    return await reply.type('text/xml; charset=utf-8').send(toXml(root, value))
  return await reply.type('application/json; charset=utf-8').send(JSON.stringify(value))
}
