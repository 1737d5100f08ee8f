import { z } from 'zod'
import * as agenda from '../contracts/agenda.ts'
import * as conseils from '../contracts/conseils.ts'
import * as demarches from '../contracts/demarches.ts'
import * as documents from '../contracts/documents.ts'
import * as envelope from '../contracts/envelope.ts'
import * as hub from '../contracts/hub.ts'
import * as identity from '../contracts/identity.ts'
import * as oparl from '../contracts/oparl.ts'
import * as open311 from '../contracts/open311.ts'
import * as principal from '../contracts/principal.ts'
import * as rendezVous from '../contracts/rendez-vous.ts'
import * as signalement from '../contracts/signalement.ts'
import * as signalements from '../contracts/signalements.ts'

/** What the contracts export as objects, enums or unions: its name there is its name in the API reference. */
export const namedSchemas: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  [
    identity,
    demarches,
    documents,
    signalement,
    signalements,
    open311,
    agenda,
    rendezVous,
    conseils,
    oparl,
    hub,
    principal,
    envelope,
  ]
    .flatMap((owner): [string, unknown][] => Object.entries(owner))
    .filter((entry): entry is [string, z.ZodType] => isNamed(entry[1])),
)

function isNamed(value: unknown): boolean {
  return value instanceof z.ZodObject || value instanceof z.ZodEnum || value instanceof z.ZodUnion
}

interface Overridden {
  readonly jsonSchema: object
  readonly zodSchema: unknown
  readonly io: 'input' | 'output'
}

/** What a format already says, and what readers must not rely on, is left out; `personal` gets its public name. */
export function override({ jsonSchema, zodSchema, io }: Overridden): void {
  const schema = jsonSchema as Record<string, unknown>
  if (schema.format !== undefined) delete schema.pattern
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  // An answer may gain fields: a reader that refused them would break.
  if (io === 'output' && zodSchema instanceof z.ZodObject) delete schema.additionalProperties
  if (schema.personal === true) {
    delete schema.personal
    schema['x-personnel'] = true
  }
  foldNull(schema)
}

/** `anyOf: [{ type: 'string', ... }, { type: 'null' }]` as `type: ['string', 'null']`, which tools show better. */
function foldNull(schema: Record<string, unknown>): void {
  const [first, second, ...more] = (schema.anyOf ?? []) as Record<string, unknown>[]
  if (typeof first?.type !== 'string' || first.type === 'object' || 'enum' in first) return
  if (second?.type !== 'null' || more.length > 0) return
  const { anyOf: _, ...own } = schema
  delete schema.anyOf
  Object.assign(schema, first, { type: [first.type, 'null'] }, own)
}

/** Takes out the components that nothing refers to: schemas that the contracts keep between services. */
export function pruneSchemas(document: { components?: { schemas?: Record<string, unknown> } }): void {
  const schemas = document.components?.schemas ?? {}
  for (;;) {
    const text = JSON.stringify(document)
    const unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`))
    if (unused.length === 0) return
    for (const name of unused) delete schemas[name]
  }
}
