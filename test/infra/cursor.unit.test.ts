import fc from 'fast-check'
import { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'

const values = z.tuple([z.iso.datetime(), z.uuid(), z.number().int()])
const good: z.infer<typeof values> = ['2026-03-29T01:30:00.000Z', '0b6f1d0a-5b0e-4a56-9f0a-3f7f2d0c9a11', 42]

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const refused = (cursor: string) => {
  try {
    decodeCursor(cursor, values)
  } catch (error) {
    return error instanceof Refusal && error.code
  }
  return 'accepted'
}

test('the values come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.integer())), (list) => {
      const cursor = encodeCursor(list)
      expect(decodeCursor(cursor, z.array(z.union([z.string(), z.number()])))).toEqual(list)
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/) // goes into a query string as it is
    }),
  )
  expect(decodeCursor(encodeCursor(good), values)).toEqual(good)
})

test.each([
  ['nothing', ''],
  ['no base64', '$$$'],
  ['no JSON', Buffer.from('[1').toString('base64url')],
  ['no list', encode({ 0: 'a', length: 1 })],
  ['null', encode(null)],
  ['too few values', encode(good.slice(0, 2))],
  ['too many values', encode([...good, 1])],
  ['a value of another type', encode([good[0], good[1], '42'])],
  ['an instant that is none', encode(['yesterday', good[1], 42])],
  ['an id that is none', encode([good[0], "' or true --", 42])],
])('%s is refused', (_, cursor) => {
  expect(refused(cursor)).toBe('curseur-invalide')
})

test('no text at all makes it fail otherwise', () => {
  fc.assert(
    fc.property(fc.string(), (cursor) => {
      expect(['curseur-invalide', 'accepted']).toContain(refused(cursor))
    }),
  )
})
