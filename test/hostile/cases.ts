import { z } from 'zod'
import type { Route } from '../../gateway/routes.ts'
import { inAddress, oddEscapes, oddHeaders, oddQueries, querySpellings } from './odd-addresses.ts'
import { hugeJson, oddBodies, oddJson } from './odd-json.ts'
import { oddCursors, oddTexts } from './odd-texts.ts'

/** The hostile requests of a route, derived from its row and its contract: a new route has its own at once. */

export interface Case {
  /** The part of the request that is hostile. */
  readonly place: string
  /** What stands there. */
  readonly what: string
  /** One of very many that go the same way. */
  readonly deep: boolean
  /** Made only when it is sent: the sample's object may have been replaced meanwhile. */
  readonly shot: () => Shot
}

export interface Shot {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
}

/** One request of the route that would be taken, to be spoilt in one place at a time. */
export interface Sample {
  readonly id: string
  readonly body?: Record<string, unknown>
  readonly query?: string
  readonly content?: { readonly type: string; readonly bytes: Buffer }
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>
  readonly items?: JsonSchema
}

/** Every case of the route. */
export function casesOf(route: Route, sample: () => Sample): Case[] {
  const { properties = {} } = z.toJSONSchema(route.action.params, { io: 'input' }) as JsonSchema
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
  const given = Object.keys(properties).filter((name) => !inPath.includes(name) && name !== 'siVersion')
  const isRead = route.method === 'GET' || route.method === 'DELETE' || route.transport === 'upload'
  return [
    ...inPath.flatMap((name) => pathCases(route, sample, name)),
    ...queryCases(route, sample, isRead ? given : []),
    ...(isRead ? [] : bodyCases(route, sample, given, properties)),
    ...wholeBodyCases(route, sample),
    ...headerCases(route, sample),
  ]
}

/** The request as it should be, changed in one part. */
export function shotOf(route: Route, sample: Sample, change: Partial<Shot> = {}): Shot {
  const body = sample.body ? JSON.stringify(sample.body) : sample.content?.bytes
  const type = sample.body ? 'application/json' : sample.content?.type
  const query = sample.query ? `?${sample.query}` : ''
  return {
    path: `${filled(route, sample.id)}${query}`,
    ...(body !== undefined && { body }),
    ...change,
    headers: { ...(type && { 'content-type': type }), ...change.headers },
  }
}

/** The address of the route, with this id. */
function filled({ path }: Route, id: string, param?: string, value?: string): string {
  return path.replaceAll(/:(\w+)/g, (_, name) => {
    if (name === param) return value ?? ''
    return name === 'format' ? 'json' : id
  })
}

const encodedTexts = Object.fromEntries(
  Object.entries(oddTexts).map(([what, text]) => [what, inAddress(text)]),
)

function pathCases(route: Route, sample: () => Sample, param: string): Case[] {
  const values = {
    ...encodedTexts,
    ...oddEscapes,
    'just too long': 'a'.repeat(201),
    '10 kB': 'a'.repeat(10_000),
  }
  return Object.entries(values).map(([what, value]) => ({
    place: `path /${param}`,
    what,
    deep: false,
    shot: () =>
      shotOf(route, sample(), {
        path: filled(route, sample().id, param, value),
      }),
  }))
}

function queryCases(route: Route, sample: () => Sample, params: readonly string[]): Case[] {
  const values = {
    ...encodedTexts,
    ...oddEscapes,
    ...oddCursors,
    '8 kB': 'x'.repeat(8000),
    '8 kB of digits': '1'.repeat(8000),
  }
  const ofParams = params.flatMap((param) =>
    Object.entries({
      ...Object.fromEntries(Object.entries(values).map(([what, value]) => [what, `${param}=${value}`])),
      ...querySpellings(param),
    }).map(([what, query]): [string, string, string] => [`query ${param}`, what, query]),
  )
  const ofAny = Object.entries(oddQueries).map(([what, query]) => ['query', what, query] as const)
  return [...ofParams, ...ofAny].map(([place, what, query]) => ({
    place,
    what,
    deep: false,
    shot: () => {
      const one = sample()
      const rest = one.query?.split('&').filter((pair) => !query.startsWith(`${pair.split('=')[0]}=`)) ?? []
      return shotOf(route, { ...one, query: [...rest, query].join('&') })
    },
  }))
}

/** Where values stand in a body: those that the contract names, then those of the sample's form. */
function placesOf(schema: JsonSchema, value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const keys = new Set([
    ...Object.keys(schema.properties ?? {}),
    ...(typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...(schema.items ? ['0'] : []),
  ])
  return [...keys].flatMap((key) => {
    const inner = (value as Record<string, unknown> | undefined)?.[key]
    const place = [...path, key]
    return [place, ...placesOf(schema.properties?.[key] ?? schema.items ?? {}, inner, place)]
  })
}

const jsonTexts = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([what, text]) => [what, () => JSON.stringify(text)] as const)

/** JSON for any value of a body. */
const fragments: readonly (readonly [what: string, json: () => string])[] = [
  ...Object.entries(oddJson).map(([what, json]) => [what, () => json] as const),
  ...jsonTexts(oddTexts),
  ...jsonTexts(oddCursors),
  ...Object.entries(hugeJson),
]

function bodyCases(
  route: Route,
  sample: () => Sample,
  params: readonly string[],
  schemas: Record<string, JsonSchema>,
): Case[] {
  const properties = Object.fromEntries(params.map((name) => [name, schemas[name] ?? {}]))
  return placesOf({ properties }, sample().body).flatMap((place) =>
    fragments.map(([what, json]) => ({
      place: `body /${place.join('/')}`,
      what,
      deep: place.length > 1,
      shot: () => {
        const one = sample()
        return shotOf(route, one, { body: spliced(one.body ?? {}, place, json()) })
      },
    })),
  )
}

/** The sample as JSON, with this text as the value in that place. */
function spliced(body: object, place: readonly string[], json: string): string {
  const hole = '\u0000hole\u0000'
  const copy = structuredClone(body) as Record<string, unknown>
  let target = copy
  for (const key of place.slice(0, -1)) {
    if (typeof target[key] !== 'object' || target[key] === null) target[key] = {}
    target = target[key] as Record<string, unknown>
  }
  target[place.at(-1)!] = hole
  return JSON.stringify(copy).replace(JSON.stringify(hole), () => json)
}

function wholeBodyCases(route: Route, sample: () => Sample): Case[] {
  const headers = { 'content-type': 'application/json' }
  return oddBodies(sample().body ?? {}).map(([what, body]) => ({
    place: 'body',
    what,
    deep: false,
    shot: () => shotOf(route, sample(), { body: body(), headers }),
  }))
}

function headerCases(route: Route, sample: () => Sample): Case[] {
  // Headers are bytes: this is what UTF-8 makes of an accent.
  const bytes = (value: string) => Buffer.from(value).toString('latin1')
  return Object.entries(oddHeaders).flatMap(([name, values]) =>
    // Node's client writes one Host only; raw.e2e.test.ts writes two.
    [...values, ...(name === 'host' ? [] : [[values[0]!, values.at(-1)!]])].map((value) => ({
      place: `header ${name}`,
      what: typeof value === 'string' ? value.slice(0, 80) : 'twice',
      deep: false,
      shot: () =>
        shotOf(route, sample(), {
          headers: { [name]: typeof value === 'string' ? bytes(value) : value.map(bytes) },
        }),
    })),
  )
}
