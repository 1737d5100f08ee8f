import fc from 'fast-check'
import { z } from 'zod'
import { actions } from '../../contracts/catalog.ts'
import type { Action } from '../../contracts/define.ts'
import { Refusal } from '../../contracts/errors.ts'
import { refuseUnstorable } from '../../gateway/storable.ts'
import { validateParams } from '../../infra/contract-validator.ts'
import { demarchesProposees } from '../../services/demarches/catalogue.ts'
import { verifierFormulaire } from '../../services/demarches/formulaire.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { Problem } from '../support/conformity.ts'
import { validParams } from './arbitraries.ts'

/** What every contract does with every value: it takes what its schema describes and never fails on the rest. */

const all = [...actions.values()]

/** Any JSON, the kind that the parser of the gateway lets through included. */
const anything = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }) },
  fc.constantFrom(Infinity, -Infinity, -0, Number.MAX_VALUE, 2 ** 53 + 2, '', '\0', '\ud800', null, [], {}),
  fc.string({ unit: 'binary', maxLength: 5000 }),
  fc.constantFrom('toString', 'constructor', 'valueOf', 'then', 'length').map((name) => ({ [name]: 1 })),
)

/** Of fields that no contract knows: odd ones, and very many. */
const names = fc.oneof(
  fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 }),
  fc.constantFrom(['__proto__'], ['a/b~c', '~'], ['', ' '], ['toString', 'length']),
  fc.constant(Array.from({ length: 80 }, (_, n) => `champ${n}`)),
)

/** The same value with something else in one place, or with something more. */
function mutated(value: Record<string, unknown>): fc.Arbitrary<unknown> {
  const places = placesIn(value)
  return fc.oneof(
    anything,
    fc.tuple(fc.constantFrom(...places), anything).map(([place, other]) => replaced(value, place, other)),
    fc.tuple(names, anything).map(([added, other]) => {
      const copy = { ...value }
      for (const name of added)
        Object.defineProperty(copy, name, { value: other, enumerable: true, configurable: true })
      return copy
    }),
  )
}

function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))]
}

function replaced(value: unknown, [first, ...rest]: readonly string[], other: unknown): unknown {
  if (first === undefined) return other
  if (Array.isArray(value)) return value.with(Number(first), replaced(value[Number(first)], rest, other))
  return { ...(value as object), [first]: replaced((value as Record<string, unknown>)[first], rest, other) }
}

/** Runs it as the gateway does; a refusal must be one that a person can read. */
function outcome(work: () => void): 'taken' | 'refused' {
  try {
    work()
    return 'taken'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    expect(error.code).toBe('donnees-invalides')
    expect(Problem.shape.erreurs.safeParse(error.extra.erreurs).error).toBeUndefined()
    return 'refused'
  }
}

const validate = (action: Action, params: unknown) =>
  outcome(() => {
    refuseUnstorable(params)
    validateParams(action, params)
  })

describe.each(all.map((action) => [action.name, action] as const))('%s', (_, action) => {
  test('takes what its schema describes', () => {
    fc.assert(
      fc.property(validParams(action.params), (params) => {
        expect(action.params.safeParse(params).error).toBeUndefined()
        expect(validateParams(action, params)).toEqual(action.params.parse(params))
      }),
      { numRuns: 50 },
    )
  })

  test('refuses or takes anything else, and never fails', () => {
    const seen = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(validParams(action.params).chain(mutated), (params) => {
        seen[validate(action, params)]++
      }),
      { numRuns: 150 },
    )
    expect(seen.refused).toBeGreaterThan(10)
  })
})

test('a contract that refuses what its own schema describes would be seen', () => {
  const hidden = z.strictObject({ jour: z.iso.date().refine((jour) => jour > '2020-01-01') })
  expect(() =>
    fc.assert(fc.property(validParams(hidden), (params) => hidden.safeParse(params).success)),
  ).toThrow('Property failed')
})

describe.each(demarchesProposees().map((demarche) => [demarche.id, demarche] as const))(
  'the form of %s',
  (id, demarche) => {
    test('says what is wrong with anything, and never fails', () => {
      let wrong = 0
      fc.assert(
        fc.property(mutated(formulairesValides[id]!), fc.boolean(), (formulaire, partiel) => {
          if (typeof formulaire !== 'object' || formulaire === null || Array.isArray(formulaire)) return
          const erreurs = verifierFormulaire(demarche, formulaire as Record<string, unknown>, { partiel })
          if (erreurs.length === 0) return
          wrong++
          expect(Problem.shape.erreurs.safeParse(erreurs).error).toBeUndefined()
        }),
        { numRuns: 300 },
      )
      expect(wrong).toBeGreaterThan(50)
    })
  },
)
