import { z } from 'zod'
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import { Pagination } from '../contracts/define.ts'
import { type ErrorCode, errorCatalog } from '../contracts/errors.ts'
import type { Route } from './routes.ts'
import { typeset } from '../infra/typography.ts'

export const errorCodes = Object.keys(errorCatalog) as ErrorCode[]

/** Every refusal's body, as `problem.ts` writes it. */
export const Problem = z
  .object({
    type: z.string().describe('`urn:guichet:erreur:<code>`'),
    title: z.string().describe('Phrase à montrer à la personne'),
    status: z.int().min(400).max(599),
    code: z.enum(errorCodes).describe('Code stable: c’est lui que l’application teste'),
    detail: z.string().optional().describe('Précision sur ce refus'),
    erreurs: z
      .array(
        z.object({
          pointeur: z.string().describe('Pointeur JSON (RFC 6901) vers le champ'),
          piece: z.string().optional().describe('Code de la pièce qui manque, comme dans la démarche'),
          message: z.string(),
        }),
      )
      .optional()
      .describe('Champs à corriger'),
    transitionsPermises: z
      .array(z.string())
      .optional()
      .describe('Actions qui restent possibles dans l’état actuel'),
    etapesPermises: z
      .array(z.string())
      .optional()
      .describe('Étapes où l’agent peut mener le signalement à la place'),
    signalement: z
      .object({ id: z.string(), reference: z.string(), distanceMetres: z.int() })
      .optional()
      .describe('Signalement déjà connu du même problème'),
    creneaux: z
      .array(z.object({ debut: z.string(), fin: z.string(), libres: z.int() }))
      .optional()
      .describe('Créneaux libres à proposer à la place, le plus proche d’abord'),
    traceId: z.string().optional().describe('À donner à l’assistance'),
  })
  .describe('Refus, au format problem+json (RFC 9457)')

/** One example of a problem per code, to be referred to. */
export const problemExamples = Object.fromEntries(
  errorCodes.map((code) => {
    const [status, title] = errorCatalog[code]
    const value = { type: `urn:guichet:erreur:${code}`, title: typeset(title), status, code }
    return [code, { summary: value.title, value }]
  }),
)

/** The refusals of a route, by status: those its contract names and those that any route of its kind can give. */
export function errorResponses(route: Route): ZodOpenApiResponsesObject {
  const codes = new Set([...route.action.errors, ...ofItsKind(route)])
  const byStatus = Map.groupBy(
    errorCodes.filter((code) => codes.has(code)),
    (code) => String(errorCatalog[code][0]),
  )
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, response(status, ofStatus)]))
}

/** GeoReport v2 has errors of its own: a list, in the format that was asked for. */
const Open311Errors = z
  .array(z.object({ code: z.int(), description: z.string() }))
  .describe('Refus, à la manière d’Open311')

export function open311Errors({ method }: Route): ZodOpenApiResponsesObject {
  const content = {
    'application/json': { schema: Open311Errors },
    'text/xml': { schema: { type: 'string' as const } },
  }
  return {
    400: { description: 'Paramètre manquant ou incorrect', content },
    ...(method === 'POST' && { 403: { description: 'Clé absente ou inconnue', content } }),
    404: {
      description: 'Inconnu: jurisdiction_id, service_code, service_request_id, token ou adresse',
      content,
    },
    429: { description: 'Trop de requêtes: attendez `Retry-After` secondes', content },
    503: { description: 'Plus tard: attendez `Retry-After` secondes', content },
  }
}

function ofItsKind({ action, method, path, transport }: Route): ErrorCode[] {
  const { shape } = action.params
  const hasBody = method === 'POST' || method === 'PATCH'
  const takesCursor = shape.apres === Pagination.apres || transport === 'stream'
  return [
    ...when(!action.access.includes('public'), 'jeton-requis', 'acces-refuse'),
    ...when(hasBody, 'requete-illisible', 'delai-depasse', 'corps-trop-grand', 'type-non-pris-en-charge'),
    ...when(method !== 'GET', 'cle-idempotence-requise', 'cle-idempotence-reutilisee'),
    ...when(path.includes(':'), 'introuvable'),
    ...when(takesCursor, 'curseur-invalide'),
    ...when('siVersion' in shape, 'modifie-entre-temps'),
    ...when(transport === 'download', 'plage-invalide'),
    'jeton-invalide',
    'donnees-invalides',
    'trop-de-requetes',
    'erreur-interne',
    'service-indisponible',
  ]
}

function when(condition: boolean, ...codes: ErrorCode[]): ErrorCode[] {
  return condition ? codes : []
}

const headers: Readonly<Record<string, NonNullable<ZodOpenApiResponseObject['headers']>>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  429: {
    'Retry-After': { $ref: '#/components/headers/Retry-After' },
    RateLimit: { $ref: '#/components/headers/RateLimit' },
  },
  503: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
}

const responses = new Map<string, ZodOpenApiResponseObject>()

/** One component per set of codes: most routes share theirs. */
function response(status: string, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const id = codes.join('.')
  const known = responses.get(id)
  if (known) return known
  const made: ZodOpenApiResponseObject = {
    id,
    description: codes.map((code) => `- \`${code}\` : ${errorCatalog[code][1]}`).join('\n'),
    ...(headers[status] && { headers: headers[status] }),
    content: {
      'application/problem+json': {
        schema: Problem,
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  }
  responses.set(id, made)
  return made
}
