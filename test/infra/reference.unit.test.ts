import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { normaliserReference, nouvelleReference } from '../../infra/reference.ts'

const alphabet = '34679ACDEFGHJKMNPRTVWXY'
const references = Array.from({ length: 50 }, () => nouvelleReference(randomInt))

test('a reference is three groups of three characters that cannot be confused', () => {
  expect(alphabet).toHaveLength(23)
  for (const reference of references) {
    expect(reference).toMatch(new RegExp(`^[${alphabet}]{3}-[${alphabet}]{3}-[${alphabet}]{3}$`))
    expect(reference).not.toMatch(/[01258BILOQSUZ]/)
    expect(normaliserReference(reference)).toBe(reference)
  }
})

test('the draw decides the reference and reaches each of the 23 characters', () => {
  const tirages: number[] = []
  nouvelleReference((max) => {
    tirages.push(max)
    return 0
  })
  expect(tirages).toEqual(Array.from({ length: 8 }, () => 23))
  const premiers = Array.from({ length: 23 }, (_, valeur) => nouvelleReference(() => valeur).charAt(0))
  expect(premiers.join('')).toBe(alphabet)
})

test('the check character is the one computed by hand', () => {
  // The first 4 is worth 1 and weighs 9; the check weighs 1 and must bring the sum to 23: it is worth 14.
  expect(nouvelleReference((_max) => 0)).toBe('333-333-333')
  const valeurs = [1, 0, 0, 0, 0, 0, 0, 0]
  expect(nouvelleReference(() => valeurs.shift() ?? 0)).toBe(`433-333-33${alphabet.charAt(14)}`)
})

test('every single wrong character is caught', () => {
  for (const reference of references) {
    for (let rang = 0; rang < reference.length; rang++) {
      if (reference[rang] === '-') continue
      for (const autre of alphabet) {
        if (autre === reference[rang]) continue
        expect(normaliserReference(reference.slice(0, rang) + autre + reference.slice(rang + 1))).toBeNull()
      }
    }
  }
})

test('every swap of two different characters, neighbours or not, is caught', () => {
  for (const reference of references) {
    const lettres = reference.replaceAll('-', '').split('')
    for (let i = 0; i < 9; i++) {
      for (let j = i + 1; j < 9; j++) {
        const echange = [...lettres]
        echange[i] = lettres[j] as string
        echange[j] = lettres[i] as string
        if (echange[i] !== echange[j]) expect(normaliserReference(echange.join(''))).toBeNull()
      }
    }
  }
})

test('case, spaces and dashes of any kind do not matter', () => {
  const reference = references[0] as string
  const [a, b, c] = reference.split('-') as [string, string, string]
  for (const saisie of [
    reference.toLowerCase(),
    `${a}${b}${c}`,
    ` ${a} ${b}\t${c} `,
    `${a}\u2013${b}\u2014${c}`,
    (a + b + c).split('').join(' '),
  ]) {
    expect(normaliserReference(saisie)).toBe(reference)
  }
})

test('anything else is not a reference, however long, and throws nothing', () => {
  for (const saisie of [
    '',
    '---',
    'ABC',
    '333-333-33',
    '333-333-3333',
    'ooo-iii-lll',
    '3'.repeat(1_000_000),
  ]) {
    expect(normaliserReference(saisie)).toBeNull()
  }
  fc.assert(
    fc.property(fc.string(), (saisie) => {
      const reference = normaliserReference(saisie)
      if (reference !== null) expect(normaliserReference(reference)).toBe(reference)
    }),
  )
})
