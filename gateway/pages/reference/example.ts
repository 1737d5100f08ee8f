import { type OpenApi, type Schema, schemaOf } from './document.ts'

const byFormat: Readonly<Record<string, string>> = {
  uuid: '0199f2a4-7c1e-4d3a-9f65-2f5b1d0c4e8a',
  date: '2027-01-15',
  'date-time': '2027-01-15T09:30:00+01:00',
  email: 'amina@example.org',
}

/**
 * A value that the schema takes.
 * @param side an answer shows every field; a demand only what it needs: the required fields, and those whose
 *   value the contract suggests by an example or a default (all of them when that would leave none)
 */
export function exampleOf(schema: Schema, document: OpenApi, side: 'demand' | 'answer'): unknown {
  if (schema.$ref !== undefined) return exampleOf(schemaOf(schema, document), document, side)
  const [suggested] = schema.examples ?? []
  if (suggested !== undefined) return suggested
  if (schema.default !== undefined) return schema.default
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const [alternative] = schema.anyOf ?? schema.oneOf ?? []
  if (alternative) return exampleOf(alternative, document, side)
  switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
    case 'object':
      return objectOf(schema, document, side)
    case 'array':
      return schema.items ? [exampleOf(schema.items, document, side)] : []
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return byFormat[schema.format ?? ''] ?? hexadecimal(schema.pattern) ?? 'texte'
  }
}

/** A digest or a trace id: `^[0-9a-f]{32}$`. */
function hexadecimal(pattern?: string): string | undefined {
  const length = /^\^\[0-9a-f\]\{(\d+)\}\$$/.exec(pattern ?? '')?.[1]
  return length && '4bf92f3577b34da6'.repeat(8).slice(0, Number(length))
}

function objectOf(schema: Schema, document: OpenApi, side: 'demand' | 'answer'): object {
  const fields = Object.entries(schema.properties ?? {})
  const needed = fields.filter(
    ([name, field]) =>
      schema.required?.includes(name) || field.examples !== undefined || field.default !== undefined,
  )
  const shown = side === 'answer' || needed.length === 0 ? fields : needed
  return Object.fromEntries(shown.map(([name, field]) => [name, exampleOf(field, document, side)]))
}
