import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { parse } from '@babel/parser'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { check } from 'recheck'
import { z } from 'zod'
import { actions, events } from '../contracts/catalog.ts'
import { Envelope } from '../contracts/envelope.ts'
import { Principal } from '../contracts/principal.ts'

/**
 * Nobody can keep the hub busy with a text: every regular expression, of our code, of the contracts (with those
 * that zod brings) and of the forms (with those of ajv's formats), takes time in proportion to what it reads.
 * recheck proves it.
 */

interface Found {
  readonly where: string
  /** Null: put together at run time. */
  readonly source: string | null
  readonly flags: string
}

const root = join(import.meta.dirname, '..')

/** The places that put expressions together, and why they are harmless. */
const computed: Readonly<Record<string, string>> = {
  'gateway/not-found.ts': 'from the route table: `[^/]+` between slashes, each segment in one way only',
  'services/documents/pdf-syntaxe.ts':
    'they run in the process that examines files, which is ended after 10 s',
}

function filesOf(ending: RegExp, folders: readonly string[]): string[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  return files.filter((file) => ending.test(file)).map((file) => file.replaceAll('\\', '/'))
}

/** Every object inside this one, itself included. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* objectsIn(inner)
}

interface Node {
  readonly type: string
  readonly pattern?: string
  readonly flags?: string
  readonly value?: unknown
  readonly callee?: Node
  readonly name?: string
  readonly arguments?: readonly Node[]
}

/** Literals, and whatever `RegExp` is called with. */
function inCode(where: string, text: string): Found[] {
  const code = where.endsWith('.ts') ? stripTypeScriptTypes(text, { mode: 'strip' }) : text
  const nodes = [...objectsIn(parse(code, { sourceType: 'unambiguous' }).program)] as unknown as Node[]
  return nodes.flatMap((node): Found[] => {
    if (node.type === 'RegExpLiteral') return [{ where, source: node.pattern!, flags: node.flags! }]
    if (node.callee?.name !== 'RegExp') return []
    const [source, flags] = node.arguments!.map(({ value }) => value)
    const isText = typeof source === 'string' && (flags === undefined || typeof flags === 'string')
    return [{ where, source: isText ? source : null, flags: isText ? (flags ?? '') : '' }]
  })
}

function inSchema(where: string, schema: unknown, flags: string): Found[] {
  const sources = [...objectsIn(schema)].flatMap(({ pattern, patternProperties }) => [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...Object.keys((patternProperties as object | undefined) ?? {}),
  ])
  return sources.map((source) => ({ where, source, flags }))
}

const ofCode = filesOf(/\.[cm]?[jt]s$/, ['contracts', 'gateway', 'infra', 'services']).flatMap((file) =>
  inCode(file, readFileSync(join(root, file), 'utf8')),
)
const ofForms = [
  ...filesOf(/\.json$/, ['services']).flatMap((file) =>
    inSchema(file, JSON.parse(readFileSync(join(root, file), 'utf8')), 'u'),
  ),
  ...(['email', 'date'] as const).flatMap((name): Found[] => {
    const format = fullFormats[name]
    return format instanceof RegExp
      ? [{ where: `ajv’s format ${name}`, source: format.source, flags: format.flags }]
      : []
  }),
]
const schemas: [string, z.ZodType][] = [
  ...[...actions.values()].flatMap(({ name, params, returns }): [string, z.ZodType][] => [
    [name, params],
    [name, returns],
  ]),
  ...[...events.values()].map(({ type, data }): [string, z.ZodType] => [type, data]),
  ['the envelope', Envelope],
  ['the principal', Principal],
]
const ofContracts = schemas.flatMap(([name, schema]) =>
  inSchema(name, z.toJSONSchema(schema, { io: 'input' }), ''),
)

/** What is wrong, one line for each expression, once. */
async function complaints(found: readonly Found[]): Promise<string[]> {
  const distinct = new Map(found.map((one) => [`/${one.source}/${one.flags}`, one]))
  const verdicts = await Promise.all(
    [...distinct].map(async ([text, { where, source, flags }]) => {
      if (source === null) return computed[where] ? [] : [`${where}: a computed expression`]
      // Large enough that the automaton, which proves, is never given up for guessing.
      const options = { timeout: 20_000, maxRepeatCount: 1000, maxNFASize: 500_000 }
      const verdict = await check(source, flags, options)
      if (verdict.status === 'safe') return []
      const why = verdict.status === 'vulnerable' ? verdict.complexity.summary : verdict.error.kind
      return [`${where}: ${text} is ${verdict.status}: ${why}`]
    }),
  )
  return verdicts.flat()
}

test('they are all found', () => {
  expect(ofCode.length).toBeGreaterThan(40)
  expect(ofForms.length).toBeGreaterThan(60)
  expect(ofForms.map(({ where }) => where)).toContain('ajv’s format email')
  const sources = ofContracts.map(({ source }) => source)
  for (const known of ['^[0-9a-f]{32}$', z.email().def.pattern?.source ?? z.regexes.email.source])
    expect(sources).toContain(known)
  for (const file of Object.keys(computed))
    expect(ofCode.filter(({ where, source }) => where === file && source === null)).toHaveLength(1)
})

test('none can be made to run for long', async () => {
  expect(await complaints([...ofCode, ...ofForms, ...ofContracts])).toEqual([])
}, 60_000)

test('one that can is found, wherever it is written', async () => {
  const planted = [
    ...inCode('a.ts', 'const lu = (texte: string) => /^(a+)+$/i.test(texte)'),
    ...inCode('b.js', 'const bords = new RegExp("^\\\\s+|\\\\s+$", "g")'),
    ...inCode('c.ts', 'const somme: RegExp = RegExp(`^${x}+$`)'),
    ...inSchema('d.json', { properties: { nom: { type: 'string', pattern: '^(\\w|\\d)*$' } } }, 'u'),
    ...inSchema('e.json', { patternProperties: { '(x*)*y': {} } }, 'u'),
    ...inSchema('f', z.toJSONSchema(z.object({ g: z.string().regex(/^(?:[a-z]+\.?)+@/) })), ''),
  ]
  expect((await complaints(planted)).map((line) => line.split(':')[0])).toEqual([
    'a.ts',
    'b.js',
    'c.ts',
    'd.json',
    'e.json',
    'f',
  ])
})
