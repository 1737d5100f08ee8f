import { errorCatalog } from '../../contracts/errors.ts'
import { openApiDocument } from '../../gateway/openapi.ts'
import { routes } from '../../gateway/routes.ts'
import {
  document,
  text,
  rows,
  row,
  issuer,
  publicUrl,
  responseOf,
  parameter,
  walk,
  pointer,
  rooted,
  validator,
} from './openapi-document.ts'

type Said = { enum: string[]; description: string }

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

  test('says what each status of a rendez-vous means', () => {
    const { enum: values, description } = document.components.schemas.StatutRendezVous as unknown as Said
    expect(values).toContain('inconnu')
    for (const value of values) expect(description).toContain(`\`${value}\``)
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
