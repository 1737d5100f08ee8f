import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { Document } from '../../contracts/documents.ts'
import { type ErrorCode, errorCatalog } from '../../contracts/errors.ts'
import { type Route, routes } from '../../gateway/routes.ts'

/** What every answer of the hub must be like, whoever asks for whatever. */

export interface Reply<T = unknown> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Parsed when it is JSON; null otherwise. */
  readonly body: T
}

/** RFC 9457, written down here a second time on purpose: the hub's own schema must not vouch for itself. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(errorCatalog) as ErrorCode[]),
  detail: z.string().min(1).max(300).optional(),
  erreurs: z
    .array(
      z.strictObject({
        pointeur: z.string().regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'not an RFC 6901 pointer'),
        piece: z.string().optional(),
        message: z.string().min(3),
      }),
    )
    .min(1)
    .max(50)
    .optional(),
  transitionsPermises: z.array(z.string()).optional(),
  etapesPermises: z.array(z.string()).optional(),
  signalement: z
    .strictObject({ id: z.uuid(), reference: z.string().min(1), distanceMetres: z.int().min(0) })
    .optional(),
  creneaux: z
    .array(z.strictObject({ debut: z.iso.datetime(), fin: z.iso.datetime(), libres: z.int().min(1) }))
    .max(10)
    .optional(),
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
})
export type Problem = z.infer<typeof Problem>

/** What any route may answer, beside the refusals that its contract names. */
const general: readonly ErrorCode[] = [
  'requete-illisible',
  'cle-idempotence-requise',
  'cle-idempotence-reutilisee',
  'curseur-invalide',
  'jeton-requis',
  'jeton-invalide',
  'acces-refuse',
  'introuvable',
  'modifie-entre-temps',
  'corps-trop-grand',
  'type-non-pris-en-charge',
  'donnees-invalides',
  'trop-de-requetes',
]

/** Words that only our machine room says: code, SQL, names of libraries. */
const leak =
  /node_modules|\.[jt]s:\d|\n\s+at |\b(?:select|insert into|update|delete from) [\w.*]+|postgres|relation "|constraint|syntax error|invalid input|zod|moleculer|fastify|undefined|\[object/i

/** @throws Error that says what is wrong with this answer; a fault of the hub (5xx) always is */
export function checkReply(method: string, path: string, reply: Reply): void {
  const wrong = (what: string): never => {
    throw new Error(
      `${method} ${path.slice(0, 200)} answered ${reply.status}: ${what}\n${reply.text.slice(0, 2000)}`,
    )
  }
  const route = routeOf(method, path)
  if (!/^[0-9a-f]{32}$/.test(reply.headers.get('x-trace-id') ?? '')) wrong('no trace id')
  if (reply.headers.get('x-content-type-options') !== 'nosniff') wrong('no nosniff')
  if (method === 'HEAD') {
    if (reply.status >= 500) wrong('a fault')
    if (reply.text !== '') wrong('a body to HEAD')
  } else if (path.startsWith('/open311/')) checkOpen311(route, path, reply, wrong)
  else if (reply.status >= 400) checkProblem(route, reply, wrong)
  else if (route) checkSuccess(route, reply, wrong)
}

function checkProblem(route: Route | undefined, reply: Reply, wrong: (what: string) => never): void {
  if (reply.headers.get('content-type') !== 'application/problem+json; charset=utf-8')
    wrong('not problem+json')
  const parsed = Problem.safeParse(reply.body)
  if (!parsed.success) return wrong(z.prettifyError(parsed.error))
  const { code, status, title, type, traceId } = parsed.data
  const [catalogStatus, catalogTitle] = errorCatalog[code]
  if (reply.status >= 500) wrong('a fault')
  if (status !== reply.status || status !== catalogStatus)
    wrong(`status ${status}, catalogue ${catalogStatus}`)
  if (title !== catalogTitle) wrong('a title that is not the catalogue’s')
  if (type !== `urn:guichet:erreur:${code}`) wrong('a type that is not of its code')
  if (traceId !== reply.headers.get('x-trace-id')) wrong('two trace ids')
  if (leak.test(reply.text)) wrong(`machine room words: ${leak.exec(reply.text)?.[0]}`)
  if (route && !general.includes(code) && !route.action.errors.includes(code))
    wrong(`a refusal that ${route.action.name} does not announce`)
  const challenge = reply.headers.get('www-authenticate')
  if (status === 401 && !challenge?.startsWith('Bearer realm="malakoff"')) wrong('no challenge')
  if (status === 429 && !/^\d+$/.test(reply.headers.get('retry-after') ?? '')) wrong('no Retry-After')
}

function checkSuccess(route: Route, reply: Reply, wrong: (what: string) => never): void {
  if (route.transport === 'download' || route.transport === 'stream') return
  if (reply.status !== route.success) wrong(`${route.success} is what its route says`)
  if (reply.headers.get('cache-control') !== 'no-store') wrong('may be cached')
  if (route.success === 204) return reply.text === '' ? undefined : wrong('a body to 204')
  const type = route.type ?? 'application/json'
  if (reply.headers.get('content-type') !== `${type}; charset=utf-8`) wrong(`not ${type}`)
  const answered = checkStrictly(
    route.transport === 'upload' ? Document : route.action.returns,
    reply.body ?? reply.text,
    wrong,
  )
  const { id, version } = answered as { id?: string; version?: number }
  const etag = reply.headers.get('etag')
  if (etag !== (typeof version === 'number' && !isCatalogue(route) ? `"${version}"` : etag))
    wrong(`etag ${etag}`)
  if (
    reply.status === 201 &&
    !route.path.includes(':') &&
    reply.headers.get('location') !== `${route.path}/${id}`
  )
    wrong(`location ${reply.headers.get('location')}`)
}

const Open311Errors = z
  .array(z.strictObject({ code: z.int(), description: z.string().min(3).max(1000) }))
  .min(1)
const xmlErrors =
  /^<\?xml version="1\.0" encoding="utf-8"\?>\n<errors>(?:<error><code>(\d+)<\/code><description>[^<]{3,1000}<\/description><\/error>)+<\/errors>\n$/

/** GeoReport v2: JSON or XML by the ending of the address; errors are a list that repeats the status. */
function checkOpen311(
  route: Route | undefined,
  path: string,
  reply: Reply,
  wrong: (what: string) => never,
): void {
  const inXml = /\.xml(?:\?|$)/.test(path)
  const type = inXml ? 'text/xml' : 'application/json'
  if (reply.headers.get('content-type') !== `${type}; charset=utf-8`) wrong(`not ${type}`)
  if (reply.status < 400) {
    if (!route || reply.status !== route.success) wrong('no such route')
    else if (!inXml) checkStrictly(route.action.returns, reply.body, wrong)
    return
  }
  if (reply.status >= 500) wrong('a fault')
  if (![400, 403, 404, 405, 429].includes(reply.status)) wrong('a status that GeoReport v2 does not know')
  if (leak.test(reply.text)) wrong(`machine room words: ${leak.exec(reply.text)?.[0]}`)
  const codes = inXml
    ? [Number(xmlErrors.exec(reply.text)?.[1])]
    : (Open311Errors.safeParse(reply.body).data ?? []).map(({ code }) => code)
  if (codes.length === 0 || codes.some((code) => code !== reply.status)) wrong('not errors of Open311')
}

/** A demarche's version counts its texts, not its changes; nobody can edit it through the API. */
function isCatalogue(route: Route): boolean {
  return route.path === '/v1/demarches/:id'
}

/** Parses by the contract; a field that the contract does not know is as wrong as one that is missing. */
export function checkStrictly<S extends z.ZodType>(
  schema: S,
  body: unknown,
  wrong: (what: string) => never,
): z.output<S> {
  const parsed = schema.safeParse(body)
  if (!parsed.success) return wrong(z.prettifyError(parsed.error))
  if (!isDeepStrictEqual(parsed.data, body))
    wrong(`fields beyond its contract, which knows only ${JSON.stringify(parsed.data)}`)
  return parsed.data
}

/** The row of the route table that serves this request; HEAD is served as GET. */
export function routeOf(method: string, path: string): Route | undefined {
  const pathname = path.split('?')[0]!
  return routes.find(
    (route) =>
      route.method === (method === 'HEAD' ? 'GET' : method) &&
      new RegExp(`^${route.path.replaceAll('.', String.raw`\.`).replace(/:\w+/g, '[^/]+')}$`).test(pathname),
  )
}
