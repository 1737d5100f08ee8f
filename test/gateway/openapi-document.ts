import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { openApiDocument } from '../../gateway/openapi.ts'
import { type Route, routes } from '../../gateway/routes.ts'

/** The document under test, and ways to look into it. */

export interface Parameter {
  name: string
  in: string
  required?: boolean
  schema: Record<string, unknown>
}
export interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Record<string, unknown> }> }
  responses: Record<string, Response | { $ref: string }>
}
export interface Response {
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

export const publicUrl = 'https://guichet.example'
export const issuer = `${publicUrl}/realms/malakoff`
export const document = openApiDocument(publicUrl, issuer) as OpenApi
export const text = JSON.stringify(document)

export const rows = routes.map((route) => ({
  name: `${route.method} ${route.path}`,
  route,
  operation: operationOf(route),
}))

function operationOf(route: Route): Operation {
  return document.paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()] as Operation
}

export function row(action: string) {
  return rows.find(({ route }) => route.action.name === action)!
}

export function responseOf(operation: Operation, status: number): Response {
  const found = operation.responses[status]!
  return '$ref' in found ? document.components.responses[found.$ref.split('/').pop()!]! : found
}

export function parameter(operation: Operation, name: string): Parameter | undefined {
  return operation.parameters.find((one) => one.name === name)
}

export function walk(value: unknown, visit: (node: Record<string, unknown>) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as Record<string, unknown>)
  for (const child of Object.values(value)) walk(child, visit)
}

const base = 'https://guichet.example/openapi.json'

export function pointer(schema: string): string {
  return `${base}#/components/schemas/${schema}`
}

/** The same schema, its references made absolute. */
export function rooted(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', `"${base}#/components/`)) as object
}

export function validator(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, base)
  return ajv
}
