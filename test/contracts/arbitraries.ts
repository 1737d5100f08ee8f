import fc from 'fast-check'
import { z } from 'zod'

/** Values that a contract takes, generated from its own schema. */

interface JsonSchema {
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly propertyNames?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

export function validParams(params: z.ZodObject): fc.Arbitrary<Record<string, unknown>> {
  return ofSchema(z.toJSONSchema(params, { io: 'input' }) as JsonSchema) as fc.Arbitrary<
    Record<string, unknown>
  >
}

function ofSchema(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(ofSchema))
  switch (schema.type) {
    case 'string':
      return ofText(schema)
    case 'integer':
      return fc.maxSafeInteger().map((n) => clamp(n, schema))
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => clamp(n, schema))
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(ofSchema(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      })
    case 'object':
      return ofObject(schema)
    case undefined:
      return fc.jsonValue()
    default:
      throw new Error(`no values for ${JSON.stringify(schema)}`)
  }
}

function clamp(value: number, { minimum = -Infinity, maximum = Infinity }: JsonSchema): number {
  return Math.min(Math.max(value, minimum), maximum)
}

const isoDate = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })

function ofText({ format, pattern, minLength = 0, maxLength }: JsonSchema): fc.Arbitrary<string> {
  switch (format) {
    case 'uuid':
      return fc.uuid()
    case 'date':
      return isoDate.map((date) => date.toISOString().slice(0, 10))
    case 'date-time':
      return fc
        .tuple(isoDate, fc.constantFrom('Z', '+01:00', '-11:30', '+14:00'))
        .map(([date, zone]) => date.toISOString().replace('Z', zone))
    case 'uri':
      return fc.webUrl({ withQueryParameters: true })
    case 'email':
      return fc.stringMatching(
        /^[a-z0-9]{1,20}(?:[._+-][a-z0-9]{1,9}){0,2}@[a-z0-9]{1,20}(?:\.[a-z]{2,9}){1,2}$/,
      )
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  // Blanks at the ends may be cut off before the length is counted.
  const body = fc.string({ unit: 'grapheme', minLength: 0, maxLength: Math.min(maxLength ?? 40, 40) })
  return body.map((text) => `x${text}x`.padEnd(minLength, 'x').slice(0, maxLength ?? Infinity))
}

function ofObject(schema: JsonSchema): fc.Arbitrary<object> {
  if (schema.properties)
    return fc.record(
      Object.fromEntries(Object.entries(schema.properties).map(([name, inner]) => [name, ofSchema(inner)])),
      { requiredKeys: [...(schema.required ?? [])] },
    )
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  const names = ofSchema(schema.propertyNames ?? { type: 'string' }) as fc.Arbitrary<string>
  return fc.dictionary(names, ofSchema(values), { maxKeys: 5 })
}
