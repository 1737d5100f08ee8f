import { errorCatalog } from '../../contracts/errors.ts'
import { rows, responseOf, parameter } from './openapi-document.ts'

describe('an operation of the OpenAPI document', () => {
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
        route.method === 'GET'
          ? {}
          : { in: 'header', required: route.method === 'POST' && route.transport !== 'open311' },
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

  const inProblems = rows.filter(({ route }) => route.transport !== 'open311')
  test.each(inProblems)(
    '$name: lists its refusals under their statuses, as problems',
    ({ route, operation }) => {
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
      if (isPublic && !route.action.errors.includes('acces-refuse'))
        expect(Object.keys(operation.responses)).not.toContain('403')
    },
  )

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
      route.action.access
        .filter((rule) => rule !== 'public')
        .map((rule) => (rule.startsWith('systeme:') ? 'systeme' : 'personne')),
    )
    expect(schemes).toEqual([...wanted])
    // An empty one: it can be left out.
    expect(operation.security.some((one) => Object.keys(one).length === 0)).toBe(
      route.action.access.includes('public') && wanted.size > 0,
    )
  })
})
