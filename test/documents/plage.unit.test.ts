import { dejaConnu, lirePlage } from '../../services/documents/plage.ts'

test.each([
  ['bytes=0-9', { debut: 0, fin: 9 }],
  ['bytes=90-', { debut: 90, fin: 99 }],
  ['bytes=99-99', { debut: 99, fin: 99 }],
  ['bytes=50-5000', { debut: 50, fin: 99 }],
  ['bytes=-10', { debut: 90, fin: 99 }],
  ['bytes=-1000', { debut: 0, fin: 99 }],
  ['Bytes=0-0', { debut: 0, fin: 0 }],
])('of 100 bytes, %s asks for %j', (entete, plage) => {
  expect(lirePlage(entete, 100)).toEqual(plage)
})

test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', `bytes=${'9'.repeat(400)}-`])(
  'of 100 bytes, %s lies outside',
  (entete) => {
    expect(lirePlage(entete, 100)).toBe('invalide')
  },
)

test.each([
  undefined,
  '',
  'bytes=',
  'bytes=-',
  'bytes=9-3',
  'bytes=200-150',
  'bytes=a-b',
  'bytes=0-1,5-6',
  'lignes=0-1',
])('%s asks for the whole', (entete) => {
  expect(lirePlage(entete, 100)).toBeNull()
})

test('an entity tag is known by its strong form, its weak form, in a list, or by a star', () => {
  for (const entete of ['"abc"', 'W/"abc"', '"x", "abc"', '*']) expect(dejaConnu(entete, '"abc"')).toBe(true)
  for (const entete of [undefined, '', '"x"', 'abc']) expect(dejaConnu(entete, '"abc"')).toBe(false)
})
