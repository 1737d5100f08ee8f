import { z } from 'zod'
import { actions } from '../../contracts/catalog.ts'
import type { Demarche } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { refuseUnstorable } from '../../gateway/storable.ts'
import { decodeCursor } from '../../infra/cursor.ts'
import { validateParams } from '../../infra/contract-validator.ts'
import { demarchesProposees } from '../../services/demarches/catalogue.ts'
import { limites, verifierFormulaire } from '../../services/demarches/formulaire.ts'
import { lireRecherche, texteCherchable } from '../../services/demarches/recherche.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { hugeJson } from '../hostile/odd-json.ts'
import { oddTexts } from '../hostile/odd-texts.ts'

/** No validator takes long over anything that fits into a request. */

/** Milliseconds of processor time. */
const bound = 100

const huge = Object.fromEntries(
  Object.entries(hugeJson).map(([what, json]): [string, unknown] => [what, JSON.parse(json())]),
)

/** What fits into the form's own bounds and is as much work as can be. */
const justTaken: Readonly<Record<string, unknown>> = {
  'a text as long as may be': 'a'.repeat(limites.texte),
  'an almost e-mail': `${'a.'.repeat(limites.texte / 4)}@${'a-'.repeat(limites.texte / 4 - 1)}`,
  'an e-mail of many parts': `a@${'a.'.repeat(limites.texte / 2 - 2)}-`,
  'blanks and a letter': `${' '.repeat(limites.texte - 1)}a`,
  'digits and points': '06 '.repeat(limites.texte / 3),
  'a list of all different objects': Array.from({ length: limites.valeurs / 2 - 10 }, (_, n) => ({ n })),
  'a list of all different texts': Array.from({ length: limites.valeurs - 10 }, (_, n) => `texte ${n}`),
  'a list of lists': Array.from({ length: limites.valeurs / 2 - 10 }, (_, n) => [n]),
  'as many fields as may be': Object.fromEntries(
    Array.from({ length: limites.valeurs - 10 }, (_, n) => [`champ${n}`, n]),
  ),
}

const slow: string[] = []
let counted = 0

/** Notes what takes too long; a refusal is as good an end as any. */
function time(name: string, work: () => void): void {
  counted++
  const runs: number[] = []
  do {
    const start = process.cpuUsage()
    try {
      work()
    } catch (error) {
      if (!(error instanceof Refusal)) throw new Error(`${name} failed`, { cause: error })
    }
    const { user, system } = process.cpuUsage(start)
    runs.push((user + system) / 1000)
    // One quick run is proof; a slow one may have paid for what ran before it.
  } while (Math.min(...runs) > bound / 2 && runs.length < 3)
  const ms = runs.toSorted((a, b) => a - b)[Math.floor(runs.length / 2)]!
  if (Math.min(...runs) > bound / 2 && ms > bound) slow.push(`${name}: ${Math.round(ms)} ms`)
}

beforeEach(() => {
  slow.length = 0
  counted = 0
})

afterEach(() => {
  expect(slow).toEqual([])
  expect(counted).toBeGreaterThan(0)
})

test.each([...actions.values()].map((action) => [action.name, action] as const))(
  '%s is not kept busy',
  (_, action) => {
    const fields = Object.keys(action.params.shape)
    for (const [what, value] of Object.entries(huge)) {
      time(what, () => validateParams(action, value))
      for (const field of [...fields, 'inconnu'])
        time(`/${field}: ${what}`, () => validateParams(action, { [field]: value }))
      time(`every field: ${what}`, () =>
        validateParams(action, Object.fromEntries(fields.map((field) => [field, value]))),
      )
    }
  },
)

test('what cannot be stored is found at once', () => {
  for (const [what, value] of Object.entries(huge)) time(what, () => refuseUnstorable(value))
  const wrong = Array.from({ length: 20_000 }, () => '\0')
  time('20,000 forbidden texts', () => refuseUnstorable(wrong))
  time('forbidden names', () => refuseUnstorable(Object.fromEntries(wrong.map((nul, n) => [nul + n, n]))))
  time('a name of slashes', () => refuseUnstorable({ ['/~'.repeat(50_000)]: { '\0': '\0' } }))
})

/** Every place of a form that a person can fill in. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))]
}

function filled(form: unknown, [first, ...rest]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value
  const copy = structuredClone(form) as Record<string, unknown>
  copy[first] = filled(copy[first] ?? {}, rest, value)
  return copy
}

/** All properties that the schema names, wherever it names them. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties } = schema as { properties?: object }
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(fieldsOf)]
}

test.each(demarchesProposees().map((demarche) => [demarche.id, demarche] as const))(
  'the form of %s is not kept busy',
  (id, demarche: Demarche) => {
    const example = formulairesValides[id]!
    const top = [...new Set(fieldsOf(demarche.formulaire))].map((field) => [field])
    const places = [...placesIn(example).filter((path) => path.length > 0), ...top]
    const check = (form: unknown) =>
      verifierFormulaire(demarche, form as Record<string, unknown>, { partiel: false })
    for (const [what, value] of Object.entries({ ...huge, ...justTaken })) {
      if (typeof value === 'object') time(`the form: ${what}`, () => check(value))
      for (const place of places) {
        const form = filled(example, place, value)
        time(`/${place.join('/')}: ${what}`, () => check(form))
      }
    }
  },
)

test('a form’s words and an agent’s search are not kept busy', () => {
  for (const [what, value] of Object.entries(justTaken))
    time(`words of ${what}`, () => texteCherchable({ a: value }))
  for (const [what, text] of Object.entries(oddTexts))
    for (const long of [text, text.repeat(100), 'a'.repeat(100_000), '\u0301'.repeat(100_000)])
      time(`search for ${what}`, () => lireRecherche(long))
})

test('a cursor is not worth more time than it is long', () => {
  for (const [what, json] of Object.entries(hugeJson)) {
    const cursor = Buffer.from(json()).toString('base64url')
    time(what, () => decodeCursor(cursor, z.tuple([z.iso.datetime(), z.uuid()])))
  }
})

test('what takes long is noted', () => {
  time('a loop', () => {
    const start = process.cpuUsage()
    while (process.cpuUsage(start).user < bound * 1200);
  })
  expect(slow.splice(0)).toHaveLength(1)
})
