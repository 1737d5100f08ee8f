import { z } from 'zod'
import { events } from '../../contracts/catalog.ts'
import { event, type EventContract, personal } from '../../contracts/define.ts'

type Schema = { readonly [keyword: string]: unknown }

/** Names that a personal field would have; none may stand in an event, marked or not. */
const personalNames = [
  'nom',
  'prenom',
  'courriel',
  'texte',
  'motivation',
  'telephone',
  'adresse',
  'formulaire',
  'sujet',
]

/** Paths of what must not be in an event: a field marked `personal`, or one with a personal name. */
function personalFields(data: z.ZodType): string[] {
  const found: string[] = []
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return
    if ((node as Schema).personal === true) found.push(path)
    for (const [key, value] of Object.entries(node)) walk(value, `${path}/${key}`)
    for (const name of Object.keys((node as Schema).properties ?? {}))
      if (personalNames.includes(name)) found.push(`${path}/properties/${name}`)
  }
  walk(z.toJSONSchema(data, { io: 'input' }), '')
  return found
}

/** Paths of what lets anything in: an open record, or a value of any kind. */
function openFields(data: z.ZodType): string[] {
  const found: string[] = []
  const walk = (schema: Schema, path: string): void => {
    if (
      !('type' in schema || 'enum' in schema || 'const' in schema || 'anyOf' in schema || 'oneOf' in schema)
    )
      found.push(path)
    if (schema.additionalProperties) found.push(path)
    for (const [name, property] of Object.entries(schema.properties ?? {}))
      walk(property as Schema, `${path}/${name}`)
    if (schema.items) walk(schema.items as Schema, `${path}/items`)
    for (const variant of (schema.anyOf ?? schema.oneOf ?? []) as Schema[]) walk(variant, path)
  }
  walk(z.toJSONSchema(data, { io: 'input' }), '')
  return found
}

/** The smallest data that the schema accepts, every optional field filled in. */
function sample(schema: Schema): unknown {
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const variants = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  if (variants) return sample(variants[0]!)
  // `['string', 'null']`: what it is, when it is there.
  switch (Array.isArray(schema.type) ? (schema.type[0] as unknown) : schema.type) {
    case 'object': {
      const properties = (schema.properties ?? {}) as Record<string, Schema>
      return Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, sample(property)]),
      )
    }
    case 'array':
      return [sample(schema.items as Schema)]
    case 'integer':
    case 'number':
      return Math.max(1, Number(schema.minimum ?? 1))
    case 'boolean':
      return true
    case 'null':
      return null
    case 'string':
      return (
        {
          uuid: '0b6f1d0a-5b0e-4a56-9f0a-3f7f2d0c9a11',
          date: '2026-03-29',
          'date-time': '2026-03-29T01:30:00+01:00',
        }[schema.format as string] ?? 'GU-2026-0001'
      )
    default:
      throw new Error(`no sample for ${JSON.stringify(schema)}`)
  }
}

const all = [...events.values()]
const samples = all.map(
  (contract) => [contract.type, contract, sample(z.toJSONSchema(contract.data, { io: 'input' }))] as const,
)

test('the catalogue holds events of every aggregate', () => {
  expect(new Set(all.map((contract) => contract.aggregate))).toEqual(
    new Set([
      'compte',
      'dossier',
      'document',
      'signalement',
      'abonnement',
      'catalogue',
      'agenda',
      'rendez-vous',
      'evenement',
      'seance',
    ]),
  )
  expect(all.length).toBeGreaterThanOrEqual(16)
})

test('no event holds a personal field', () => {
  expect(
    all.flatMap((contract) => personalFields(contract.data).map((path) => `${contract.type} ${path}`)),
  ).toEqual([])
})

test('no event holds a field in which anything could travel', () => {
  expect(
    all.flatMap((contract) => openFields(contract.data).map((path) => `${contract.type} ${path}`)),
  ).toEqual([])
  const planted = z.object({
    id: z.uuid(),
    reste: z.record(z.string(), z.string()),
    autres: z.array(z.object({ x: z.unknown() })),
  })
  expect(openFields(planted)).toEqual(['/reste', '/autres/items/x'])
})

describe('the walk through an event finds', () => {
  const secret = personal(z.string())
  const hidden: Record<string, z.ZodType> = {
    'a field': secret,
    'an optional field': secret.optional(),
    'a nullable field': secret.nullable(),
    'a field with a default': secret.default('x'),
    'a trimmed field': personal(z.string().trim().min(1)),
    'a transformed field': personal(z.string().transform(Number)),
    'a field before its transformation': secret.transform(Number),
    'an element of a list': z.array(secret),
    'a field of an element': z.array(z.object({ x: secret })),
    'a value of a record': z.record(z.string(), secret),
    'a variant of a union': z.union([z.number(), z.object({ x: secret })]),
    'a variant of a discriminated union': z.discriminatedUnion('k', [
      z.object({ k: z.literal('a'), x: secret }),
    ]),
    'one side of an intersection': z.intersection(z.object({ y: z.number() }), z.object({ x: secret })),
    'an element of a tuple': z.tuple([z.number(), secret]),
    'what is declared late': z.lazy(() => secret),
    'what is read only': secret.readonly(),
    'what is described as well': secret.describe('their name'),
  }
  test.each(Object.keys(hidden))('%s that is personal', (form) => {
    const planted = event({
      aggregate: 'dossier',
      name: 'plante',
      version: 1,
      summary: 'Un événement planté.',
      data: z.object({ id: z.uuid(), champ: hidden[form]! }),
    })
    expect(personalFields(planted.data)).not.toEqual([])
  })

  test('a field that has a personal name without being marked', () => {
    expect(personalFields(z.object({ usager: z.object({ prenom: z.string() }) }))).toEqual([
      '/properties/usager/properties/prenom',
    ])
  })

  test('nothing in a harmless event, even when its values are such names', () => {
    expect(
      personalFields(z.object({ champs: z.array(z.enum(['nom', 'prenom'])), reference: z.string() })),
    ).toEqual([])
  })
})

test('every type is `guichet.<aggregate>.<participe>.v<version>`', () => {
  for (const { type, aggregate } of all)
    expect(type).toMatch(new RegExp(`^guichet\\.${aggregate}\\.[a-z]+(-[a-z]+)*\\.v[1-9]\\d*$`))
})

test('a reader that knows an older event reads a newer one: unknown fields are dropped, not refused', () => {
  for (const [, contract, data] of samples)
    expect(contract.data.parse({ ...(data as object), ajoutPlusTard: 1 })).toEqual(data)
})

test.each(samples)('%s survives JSON unchanged', (_, contract, data) => {
  const parsed = contract.data.parse(data)
  const received = contract.data.parse(JSON.parse(JSON.stringify(parsed)))
  expect(received).toEqual(parsed)
  expect(Object.keys(received).toSorted()).toEqual(Object.keys(contract.data.shape).toSorted())
})

const withSuivi = samples.filter(([, contract]) => contract.suivi)
test.each(withSuivi)('%s tells its citizen one whole sentence', (_, contract: EventContract, data) => {
  const text = contract.suivi!(contract.data.parse(data))
  expect(text).toMatch(/^(Vous|Votre|Un agent|Une correction|La décision)\b.*\.$/)
  expect(text).not.toMatch(/undefined|null|\[object|guichet\./)
})
