import { z } from 'zod'
import { query } from '../../contracts/define.ts'
import { type FieldError, Refusal } from '../../contracts/errors.ts'
import { validateParams } from '../../infra/contract-validator.ts'

const action = query({
  name: 'essai.lire',
  summary: 'Essai.',
  access: ['public'],
  params: z.strictObject({
    id: z.uuid(),
    etat: z.enum(['ouvert', 'clos']),
    limite: z.coerce.number().int().min(1).max(100).default(20),
    pieces: z
      .array(z.strictObject({ piece: z.string().min(1), 'a/b~c': z.boolean().optional() }))
      .default([]),
    cible: z.union([z.string(), z.number()]).optional(),
  }),
  returns: z.null(),
})
const valid = { id: '0b6f1d0a-5b0e-4a56-9f0a-3f7f2d0c9a11', etat: 'ouvert' }

function errors(params: unknown): readonly FieldError[] {
  try {
    validateParams(action, params)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'donnees-invalides') return error.extra.erreurs ?? []
    throw error
  }
  return []
}

test('valid params come back parsed, with defaults and numbers', () => {
  expect(validateParams(action, { ...valid, limite: '5' })).toEqual({ ...valid, limite: 5, pieces: [] })
})

test('a missing field is said to be required, whatever its type', () => {
  expect(errors({})).toEqual([
    { pointeur: '/id', message: 'Ce champ est obligatoire.' },
    { pointeur: '/etat', message: 'Ce champ est obligatoire.' },
  ])
})

test('a field of the wrong type is not said to be missing', () => {
  const [id, etat] = errors({ id: 7, etat: null })
  expect(id).toEqual({ pointeur: '/id', message: 'Un texte est attendu.' })
  expect(etat).toEqual({ pointeur: '/etat', message: expect.stringMatching(/^Choisissez parmi: /) as string })
})

test('an unknown field is refused by its name', () => {
  expect(errors({ ...valid, siteWeb: 'x', autre: 1 })).toEqual([
    { pointeur: '/siteWeb', message: 'Champ inconnu.' },
    { pointeur: '/autre', message: 'Champ inconnu.' },
  ])
})

test('a field deep inside is pointed at by RFC 6901', () => {
  expect(
    errors({ ...valid, pieces: [{ piece: 'x' }, { piece: '', 'a/b~c': 1, 'd/e~f': 1 }] })
      .map((e) => e.pointeur)
      .toSorted(),
  ).toEqual(['/pieces/1/a~1b~0c', '/pieces/1/d~1e~0f', '/pieces/1/piece'])
})

test('params that are no object at all are refused', () => {
  for (const params of [null, undefined, 'x', 7, []]) expect(errors(params)).toHaveLength(1)
})

test('a message never repeats what was sent', () => {
  const said = JSON.stringify(
    errors({ id: 'Dupont-Martin', etat: 'Dupont-Martin', limite: 'Dupont-Martin', cible: ['Dupont-Martin'] }),
  )
  expect(said).not.toContain('Dupont')
  expect(JSON.parse(said)).toHaveLength(4)
})

test('messages are French', () => {
  for (const { message } of errors({ id: 'x', etat: 'x', limite: 1000, pieces: [{ piece: '' }] }))
    expect(message).toMatch(/^(Un identifiant est attendu|Choisissez parmi: |Valeur: 100 au plus|Ce champ)/)
})

test('fifty errors are enough', () => {
  expect(errors({ ...valid, pieces: Array.from({ length: 80 }, () => ({ piece: '' })) })).toHaveLength(50)
})
