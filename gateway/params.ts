import type { FastifyRequest } from 'fastify'
import { Refusal } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import { idempotencyKey } from '../infra/idempotency.ts'
import { knownParams } from './open311/open311.ts'
import type { Route } from './routes.ts'
import { refuseUnstorable } from './storable.ts'

/**
 * The params of the action: path, then query (reads) or JSON body (writes), then `If-Match` as `siVersion`.
 * A body field that the path or a header already gives is refused like any unknown field.
 */
export function paramsOf(route: Route, request: FastifyRequest): Record<string, unknown> {
  refuseUnstorable(request.query)
  refuseUnstorable(request.body)
  const path = request.params as Record<string, string>
  const given = bodyOrQuery(route, request)
  if (route.transport === 'open311') return { ...knownParams(route, given), ...path }
  const clash = Object.keys(given).find(
    (name) => name in path || name === 'siVersion' || (name === 'nom' && route.transport === 'upload'),
  )
  if (clash !== undefined)
    throw new Refusal('donnees-invalides', undefined, {
      erreurs: [{ pointeur: `/${clash}`, message: 'Champ inconnu.' }],
    })
  const siVersion =
    'siVersion' in route.action.params.shape ? ifMatch(request.headers['if-match']) : undefined
  return { ...given, ...path, ...(siVersion !== undefined && { siVersion }) }
}

function bodyOrQuery(route: Route, request: FastifyRequest): Record<string, unknown> {
  if (route.method === 'GET' || route.method === 'DELETE' || route.transport === 'upload')
    return request.query as Record<string, unknown>
  if (request.isMultipart()) throw new Refusal('type-non-pris-en-charge')
  const body = request.body ?? {}
  if (typeof body !== 'object' || Array.isArray(body))
    throw new Refusal('donnees-invalides', undefined, {
      erreurs: [{ pointeur: '', message: 'Un objet JSON est attendu.' }],
    })
  return body as Record<string, unknown>
}

function ifMatch(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim())?.[1]
  if (version === undefined)
    throw new Refusal(
      'requete-illisible',
      'If-Match attend l’ETag reçu, guillemets compris, par exemple "3".',
    )
  if (Number(version) === 0) throw new Refusal('modifie-entre-temps')
  return Number(version)
}

/**
 * The `Idempotency-Key` of a request as the service stores it; required on every POST, welcome on PATCH and
 * DELETE. (IETF draft-ietf-httpapi-idempotency-key-header.)
 */
export function idempotencyOf(route: Route, request: FastifyRequest, principal: Principal) {
  const header = request.headers['idempotency-key']
  // Open311 knows no keys: its clients may bring one and need not.
  if (header === undefined && (route.method !== 'POST' || route.transport === 'open311')) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(header))
    throw new Refusal('cle-idempotence-requise')
  const { key, body } = idempotencyKey({
    // Without account the key alone says who asks: whoever does not know it finds nothing by it.
    acteurId: principal.kind === 'anonyme' ? anonymous(route, request) : principal.acteurId,
    // By what it means, not by how it is spelled: /v1/dossi%65rs is the same address.
    route: `${route.method} ${route.path} ${JSON.stringify(request.params).toLowerCase()}`,
    key: header,
    body: JSON.stringify(request.body ?? null),
  })
  return { key: key.toString('hex'), body: body.toString('hex') }
}

/** Systems that report by Open311 say who they are in the body, and may number their requests alike. */
function anonymous({ transport }: Route, { body }: FastifyRequest): string {
  const { api_key: key } = (transport === 'open311' ? (body ?? {}) : {}) as { api_key?: unknown }
  return key === undefined ? 'anonyme' : `open311 ${JSON.stringify(key)}`
}
