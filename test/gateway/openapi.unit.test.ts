import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { errorCatalog } from '../../contracts/errors.ts'
import { openApiDocument } from '../../gateway/openapi.ts'
import { type Route, routes } from '../../gateway/routes.ts'

interface Parameter {
  name: string
  in: string
  required?: boolean
  schema: Record<string, unknown>
}
interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Record<string, unknown> }> }
  responses: Record<string, Response | { $ref: string }>
}
interface Response {
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, { schema: Record<string, unknown>; examples?: object }>
}
interface OpenApi {
  tags: { name: string; description?: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Record<string, unknown>>
    responses: Record<string, Response>
    examples: Record<string, { value: unknown }>
    securitySchemes: Record<string, { flows: Record<string, Record<string, unknown>> }>
  }
}

const publicUrl = 'https://guichet.example'
const issuer = `${publicUrl}/realms/malakoff`
const document = openApiDocument(publicUrl, issuer) as OpenApi
const text = JSON.stringify(document)

const rows = routes.map((route) => ({
  name: `${route.method} ${route.path}`,
  route,
  operation: operationOf(route),
}))

function operationOf(route: Route): Operation {
  return document.paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()] as Operation
}

function row(action: string) {
  return rows.find(({ route }) => route.action.name === action)!
}

function responseOf(operation: Operation, status: number): Response {
  const found = operation.responses[status]!
  return '$ref' in found ? document.components.responses[found.$ref.split('/').pop()!]! : found
}

function parameter(operation: Operation, name: string): Parameter | undefined {
  return operation.parameters.find((one) => one.name === name)
}

function walk(value: unknown, visit: (node: Record<string, unknown>) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as Record<string, unknown>)
  for (const child of Object.values(value)) walk(child, visit)
}

describe('the OpenAPI document', () => {
  test('says every route of the table exactly once, and nothing else', () => {
    const said = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(said.toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
  })

  test('gives each operation its own id, a summary and a described tag', () => {
    const ids = rows.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(routes.length)
    expect(ids).toEqual(routes.map((route) => route.action.name))
    for (const { operation } of rows) {
      expect(operation.summary).not.toBe('')
      expect(operation.description).toMatch(/^\*\*Qui\*\* : ./)
    }
    for (const { name, description } of document.tags)
      expect({ name, description }).toEqual({ name, description: expect.any(String) })
  })

  test('is JSON and the same each time', () => {
    expect(JSON.parse(text)).toEqual(document)
    expect(JSON.stringify(openApiDocument(publicUrl, issuer))).toBe(text)
  })

  test('refers only to what it holds, and holds no schema that nothing refers to', () => {
    const refs = new Set<string>()
    walk(document, (node) => {
      if (typeof node.$ref === 'string') refs.add(node.$ref)
    })
    for (const ref of refs) {
      const target = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], document)
      expect({ ref, found: target !== undefined }).toEqual({ ref, found: true })
    }
    const schemas = Object.keys(document.components.schemas)
    expect(schemas.filter((name) => !refs.has(`#/components/schemas/${name}`))).toEqual([])
    expect(schemas).toEqual(
      expect.arrayContaining([
        'Dossier',
        'ResumeDossier',
        'Demarche',
        'Document',
        'Envelope',
        'Moi',
        'Problem',
      ]),
    )
    expect(schemas).not.toContain('Principal')
  })

  test('has only schemas that a JSON Schema 2020-12 validator takes', () => {
    const ajv = validator()
    for (const name of Object.keys(document.components.schemas))
      expect(ajv.getSchema(pointer(name))).toBeInstanceOf(Function)
    for (const { operation } of rows) {
      for (const { schema } of operation.parameters) expect(() => ajv.compile(rooted(schema))).not.toThrow()
      for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
        expect(() => ajv.compile(rooted(schema))).not.toThrow()
    }
  })

  test.each(rows)('$name: path params are those of the path, and required', ({ route, operation }) => {
    const wanted = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name)
    const said = operation.parameters.filter((one) => one.in === 'path')
    expect(said.map(({ name }) => name)).toEqual(wanted)
    expect(said.every((one) => one.required === true)).toBe(true)
  })

  test.each(rows)('$name: every param of the action travels once', ({ route, operation }) => {
    const body = operation.requestBody?.content['application/json']?.schema.properties ?? {}
    const travels = [
      ...operation.parameters
        .filter((one) => one.in === 'path' || one.in === 'query')
        .map(({ name }) => name),
      ...Object.keys(body),
      ...(parameter(operation, 'If-Match') ? ['siVersion'] : []),
      ...(route.transport === 'upload' ? ['nom'] : []), // the name of the file part
    ]
    expect(travels.toSorted()).toEqual(Object.keys(route.action.params.shape).toSorted())
  })

  test.each(rows)(
    '$name: the Idempotency-Key is required on POST, welcome on other writes',
    ({ route, operation }) => {
      const key = parameter(operation, 'Idempotency-Key')
      expect({ in: key?.in, required: key?.required }).toEqual(
        route.method === 'GET' ? {} : { in: 'header', required: route.method === 'POST' },
      )
    },
  )

  test.each(rows)('$name: bodies are closed objects with named fields', ({ route, operation }) => {
    const schemas = Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => schema)
    if (route.method === 'GET' || route.method === 'DELETE') expect(schemas).toEqual([])
    for (const schema of schemas) {
      expect(schema.type).toBe('object')
      expect(Object.keys(schema.properties as object)).not.toEqual([])
      if (route.transport === 'json') expect(schema.additionalProperties).toBe(false)
    }
  })

  test.each(rows)('$name: lists its refusals under their statuses, as problems', ({ route, operation }) => {
    const isPublic = route.action.access.includes('public')
    const anyRoute = [
      'jeton-invalide',
      'donnees-invalides',
      'trop-de-requetes',
      'erreur-interne',
      'service-indisponible',
    ] as const
    const codes = [
      ...route.action.errors,
      ...anyRoute,
      ...(isPublic ? [] : (['jeton-requis', 'acces-refuse'] as const)),
    ]
    for (const code of codes) {
      const response = responseOf(operation, errorCatalog[code][0])
      expect(response.description).toContain(`\`${code}\``)
      expect(response.content?.['application/problem+json']?.schema).toEqual({
        $ref: '#/components/schemas/Problem',
      })
    }
    if (isPublic) expect(Object.keys(operation.responses)).not.toContain('403')
  })

  test.each(rows)(
    '$name: its answer has the status, the body and the headers that the gateway sends',
    ({ route, operation }) => {
      const { headers, content } = responseOf(operation, route.success)
      expect(Object.keys(operation.responses).filter((status) => status.startsWith('2'))).toContain(
        String(route.success),
      )
      expect(content === undefined).toBe(route.success === 204)
      expect('Location' in (headers ?? {})).toBe(route.success === 201 && !route.path.includes(':'))
    },
  )

  test.each(rows)('$name: asks for the sign-in that its access rule wants', ({ route, operation }) => {
    const schemes = operation.security.flatMap((one) => Object.keys(one))
    const wanted = new Set(
      route.action.access.map((rule) => (rule.startsWith('systeme:') ? 'systeme' : 'personne')),
    )
    expect(schemes).toEqual(route.action.access.includes('public') ? [] : [...wanted])
  })

  test('the codes of a problem are those of the catalogue, each with an example that is one', () => {
    const codes = (document.components.schemas.Problem!.properties as { code: { enum: string[] } }).code.enum
    expect(codes).toEqual(Object.keys(errorCatalog))
    expect(Object.keys(document.components.examples)).toEqual(codes)
    const isProblem = validator().getSchema(pointer('Problem'))!
    for (const { value } of Object.values(document.components.examples)) expect(isProblem(value)).toBe(true)
    expect(isProblem({ type: '', title: '', status: 404, code: 'inconnu' })).toBe(false)
  })

  test('a versioned object is read with an ETag and written with If-Match', () => {
    expect(responseOf(row('demarches.lireDossier').operation, 200).headers).toHaveProperty('ETag')
    expect(responseOf(row('demarches.listerDossiers').operation, 200).headers).not.toHaveProperty('ETag')
    expect(parameter(row('demarches.deposerDossier').operation, 'If-Match')).toMatchObject({ in: 'header' })
    expect(parameter(row('demarches.creerDossier').operation, 'If-Match')).toBeUndefined()
    expect(Object.keys(row('demarches.deposerDossier').operation.responses)).toContain('412')
  })

  test('an answer may gain fields, a request may not', () => {
    expect(document.components.schemas.Dossier).not.toHaveProperty('additionalProperties')
    expect(
      row('demarches.creerDossier').operation.requestBody?.content['application/json']?.schema,
    ).toMatchObject({
      additionalProperties: false,
      required: ['demarche'],
    })
  })

  test('personal fields say so', () => {
    const fields = document.components.schemas.Moi!.properties as Record<string, object>
    expect(fields.courriel).toMatchObject({ type: ['string', 'null'], 'x-personnel': true })
    expect(fields.langue).not.toHaveProperty('x-personnel')
    expect(text).not.toContain('"personal"')
  })

  test('a file goes up as one part and comes down whole or in part', () => {
    const up = row('documents.ouvrirTeleversement').operation
    expect(up.requestBody?.content['multipart/form-data']?.schema).toMatchObject({
      required: ['fichier'],
      properties: { fichier: { type: 'string', format: 'binary' } },
    })
    expect(responseOf(up, 201).content?.['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/Document',
    })
    const down = row('documents.ouvrirLecture').operation
    expect(Object.keys(down.responses)).toEqual(expect.arrayContaining(['200', '206', '304', '416']))
    expect(parameter(down, 'Range')).toMatchObject({ in: 'header' })
    expect(responseOf(down, 200).content).toHaveProperty(['application/pdf'])
    expect(text).not.toContain('expireLe') // the ticket stays between services
  })

  test('the live timeline is an event stream that resumes', () => {
    const { operation } = row('gateway.suivreSuivi')
    expect(Object.keys(responseOf(operation, 200).content!)).toEqual(['text/event-stream'])
    expect(parameter(operation, 'Last-Event-ID')).toMatchObject({ in: 'header' })
  })

  test('people sign in with PKCE and systems with their credentials, both at the issuer', () => {
    const { personne, systeme } = document.components.securitySchemes
    expect(personne?.flows.authorizationCode).toMatchObject({
      authorizationUrl: `${issuer}/protocol/openid-connect/auth`,
      tokenUrl: `${issuer}/protocol/openid-connect/token`,
    })
    expect(systeme?.flows.clientCredentials).toMatchObject({
      tokenUrl: `${issuer}/protocol/openid-connect/token`,
    })
  })
})

const base = 'https://guichet.example/openapi.json'

function pointer(schema: string): string {
  return `${base}#/components/schemas/${schema}`
}

/** The same schema, its references made absolute. */
function rooted(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', `"${base}#/components/`)) as object
}

function validator(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, base)
  return ajv
}
