import { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiParameterObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiRequestBodyObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import { Document, TypeDocument } from '../contracts/documents.ts'
import { inFrench, security, securitySchemes } from './openapi-access.ts'
import { errorResponses, open311Errors, Problem, problemExamples } from './openapi-errors.ts'
import { namedSchemas, override, pruneSchemas } from './openapi-schemas.ts'
import { introduction, tagDescriptions } from './openapi-texts.ts'
import { limits } from './limits.ts'
import { type Route, routes } from './routes.ts'

/**
 * The OpenAPI 3.1 document of the whole API, made from the route table and the contracts alone.
 * @param publicUrl origin under which clients reach the hub
 * @param issuer `iss` of the tokens; its authorization and token endpoints are where Keycloak has them
 */
export function openApiDocument(publicUrl: string, issuer: string): object {
  const tags = [...new Set(routes.map(tagOf))]
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Guichet de Malakoff',
        version: '1',
        description: introduction(publicUrl, issuer),
        license: { name: 'EUPL-1.2', identifier: 'EUPL-1.2' },
      },
      servers: [{ url: publicUrl }],
      tags: tags.map((name) => ({
        name,
        ...(tagDescriptions[name] && { description: tagDescriptions[name] }),
      })),
      paths: paths(),
      components: {
        schemas: { ...namedSchemas, Problem },
        examples: problemExamples,
        headers,
        securitySchemes: securitySchemes(issuer),
      },
    },
    { override },
  )
  pruneSchemas(document)
  return document
}

function paths(): ZodOpenApiPathsObject {
  const byPath = Map.groupBy(routes, ({ path }) => path.replace(/:(\w+)/g, '{$1}'))
  return Object.fromEntries(
    [...byPath].map(([path, rows]) => [
      path,
      Object.fromEntries(rows.map((route) => [route.method.toLowerCase(), operation(route)])),
    ]),
  )
}

function operation(route: Route): ZodOpenApiOperationObject {
  const { path, query, body } = paramsByPlace(route)
  const requestBody = route.transport === 'upload' ? fileBody : jsonBody(body, route.transport === 'open311')
  return {
    operationId: route.action.name,
    tags: [tagOf(route)],
    summary: route.action.summary,
    description: `**Qui** : ${inFrench(route.action.access)}.`,
    security: security(route.action.access),
    requestParams: { path: z.object(path), query: z.object(query) },
    parameters: headerParameters(route),
    ...(requestBody && { requestBody }),
    responses: {
      ...successResponses(route),
      ...(route.transport === 'open311' ? open311Errors(route) : errorResponses(route)),
    },
  }
}

type Shape = Record<string, z.ZodType>

/** Where each param of the action travels, as `params.ts` reads them. */
function paramsByPlace(route: Route): { path: Shape; query: Shape; body: Shape } {
  const inPath = new Set([...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name))
  const elsewhere = new Set(['siVersion', ...(route.transport === 'upload' ? ['nom'] : [])])
  const shape = Object.entries(route.action.params.shape)
  const path = shape.filter(([name]) => inPath.has(name))
  const rest = shape.filter(([name]) => !inPath.has(name) && !elsewhere.has(name))
  const readsQuery = route.method === 'GET' || route.method === 'DELETE' || route.transport === 'upload'
  return {
    path: Object.fromEntries(path),
    query: Object.fromEntries(readsQuery ? rest : []),
    body: Object.fromEntries(readsQuery ? [] : rest),
  }
}

function headerParameters({ method, transport, action }: Route): ZodOpenApiParameterObject[] {
  return [
    ...(method === 'GET'
      ? []
      : [{ ...idempotencyKey, required: method === 'POST' && transport !== 'open311' }]),
    ...('siVersion' in action.params.shape ? [ifMatch] : []),
    ...(transport === 'download' ? [range] : []),
    ...(transport === 'stream' ? [lastEventId] : []),
  ]
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Nouvelle pour chaque commande (un UUID, par exemple), gardée pour la répéter: une demande répétée reçoit la première réponse, son effet n’a lieu qu’une fois.',
  schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7E]{1,128}$' },
} as const satisfies ZodOpenApiParameterObject

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  description:
    'L’`ETag` de l’objet tel que vous l’avez lu, guillemets compris: `"3"`. S’il a changé depuis, la commande est refusée (412).',
  schema: { type: 'string', pattern: '^((W/)?"[1-9]\\d{0,8}"|\\*)$' },
} as const satisfies ZodOpenApiParameterObject

const range = {
  name: 'Range',
  in: 'header',
  description: 'Une partie du fichier seulement: `bytes=0-1023`.',
  schema: { type: 'string' },
} as const satisfies ZodOpenApiParameterObject

const lastEventId = {
  name: 'Last-Event-ID',
  in: 'header',
  description:
    'Dernier identifiant reçu: le fil reprend juste après. L’`EventSource` natif des navigateurs ne peut pas envoyer le jeton: lisez ce fil avec `fetch`, et redonnez vous-même le dernier `id` reçu.',
  schema: { type: 'string', pattern: '^\\d{1,15}$' },
} as const satisfies ZodOpenApiParameterObject

const fileBody: ZodOpenApiRequestBodyObject = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['fichier'],
        properties: {
          fichier: { type: 'string', format: 'binary', description: 'Un seul fichier, avec son nom' },
        },
        additionalProperties: false,
        description: 'Un second fichier, ou un autre champ, et la requête est refusée (`fichier-refuse`).',
      },
      encoding: { fichier: { contentType: TypeDocument.options.join(', ') } },
    },
  },
}

function jsonBody(shape: Shape, asForm: boolean): ZodOpenApiRequestBodyObject | undefined {
  const fields = Object.values(shape)
  if (fields.length === 0) return undefined
  return {
    required: fields.some((field) => !field.safeParse(undefined).success),
    content: {
      ...(asForm && { 'application/x-www-form-urlencoded': { schema: z.strictObject(shape) } }),
      'application/json': { schema: z.strictObject(shape) },
    },
  }
}

const headers = {
  ETag: { description: 'Version de l’objet, pour `If-Match`', schema: { type: 'string' } },
  Location: { description: 'Adresse de l’objet créé', schema: { type: 'string', format: 'uri-reference' } },
  RateLimit: {
    description:
      'Ce qui reste à dépenser à votre compte (`r`), et dans combien de secondes tout sera revenu (`t`)',
    schema: { type: 'string' },
  },
  'Retry-After': { description: 'Secondes à attendre', schema: { type: 'integer', minimum: 0 } },
  'X-Trace-Id': {
    description: 'Identifiant de la trace, à donner à l’assistance',
    schema: { type: 'string' },
  },
} as const

function sent(...names: (keyof typeof headers)[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

function successResponses(route: Route): ZodOpenApiResponsesObject {
  if (route.transport === 'download') return fileResponses
  if (route.transport === 'stream') return { 200: eventStream }
  const schema = route.transport === 'upload' ? Document : route.action.returns
  const hasVersion = schema instanceof z.ZodObject && 'version' in schema.shape
  const created = route.success === 201 && !route.path.includes(':')
  return {
    [route.success]: {
      description: route.success === 204 ? 'Fait, rien à rendre' : route.success === 201 ? 'Créé' : 'Fait',
      headers: sent(
        'X-Trace-Id',
        ...(hasVersion ? ['ETag' as const] : []),
        ...(created ? ['Location' as const] : []),
      ),
      ...(route.success !== 204 && {
        content: {
          [route.type ?? 'application/json']: { schema },
          ...(route.transport === 'open311' && { 'text/xml': { schema: { type: 'string' as const } } }),
        },
      }),
    },
  }
}

const fileContent = Object.fromEntries(
  TypeDocument.options.map((type) => [type, { schema: { type: 'string' as const, format: 'binary' } }]),
)
const fileResponses: ZodOpenApiResponsesObject = {
  200: { description: 'Le fichier entier', headers: sent('X-Trace-Id', 'ETag'), content: fileContent },
  206: {
    description: 'La partie demandée par `Range`',
    headers: sent('X-Trace-Id', 'ETag'),
    content: fileContent,
  },
  304: { description: 'Inchangé depuis l’`ETag` donné dans `If-None-Match`' },
}

const eventStream = {
  description: `Événements \`suivi\`: \`id\` est le rang, \`data\` un \`ElementSuivi\` en JSON. Une ligne de commentaire toutes les 15 s garde la connexion. Un compte ouvre au plus ${limits.streamsPerAccount} fils en même temps, tous onglets et appareils confondus: un de plus est refusé (429).`,
  content: {
    'text/event-stream': {
      schema: { type: 'string' as const },
      example:
        'id: 42\nevent: suivi\ndata: {"rang":42,"type":"guichet.dossier.depose.v1","objet":"dossier/…","texte":"Votre dossier … est déposé."}\n\n',
    },
  },
}

function tagOf({ action }: Route): string {
  return action.name.split('.')[0]!
}
