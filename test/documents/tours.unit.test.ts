import { Tours } from '../../services/documents/tours.ts'

/** Turns on a clock that only the work moves, and who had one, in order. */
function desTours() {
  let ms = 0
  const tours = new Tours({}, () => ms)
  const ordre: string[] = []
  return {
    tours,
    ordre,
    passer: (duree: number) => {
      ms += duree
    },
    prendre: (compte: string, duree: number) =>
      tours.prendre(compte, async () => {
        await Promise.resolve()
        ordre.push(compte)
        ms += duree
      }),
  }
}

test('accounts take turns, however many files one of them sends first', async () => {
  const { prendre, ordre } = desTours()
  await Promise.all([
    ...Array.from({ length: 4 }, () => prendre('a', 10_000)),
    prendre('b', 100),
    prendre('b', 100),
    prendre('c', 100),
  ])
  expect(ordre.join('')).toBe('abcbaaa')
})

test('who used much comes after those who did not, until it is forgotten', async () => {
  const { prendre, passer, ordre } = desTours()
  await prendre('a', 10_000)
  passer(10_000)
  await Promise.all([prendre('x', 1), prendre('a', 1), prendre('b', 1)])
  passer(60_000)
  await Promise.all([prendre('x', 1), prendre('a', 1), prendre('b', 1)])
  expect(ordre.join('')).toBe('axbaxab')
})

test('who comes first has the first turn when nobody used anything', async () => {
  const { prendre, ordre } = desTours()
  await Promise.all(['a', 'b', 'c', 'd'].map((compte) => prendre(compte, 1)))
  expect(ordre.join('')).toBe('abcd')
})

test('work that fails is counted, too, and the next one has its turn', async () => {
  const { tours, passer, prendre, ordre } = desTours()
  const echec = tours.prendre('a', () => {
    passer(70_000)
    return Promise.reject(new Error('fallen'))
  })
  const suivant = prendre('b', 1)
  await expect(echec).rejects.toThrow('fallen')
  await suivant
  expect(ordre).toEqual(['b'])
  expect(() => tours.admettre('a')).toThrow('trop-de-requetes')
})

test('who used a minute at once is told how long to wait, and that is true', () => {
  const { tours, passer } = desTours()
  tours.compter('a', 60_000)
  expect(() => tours.admettre('a')).not.toThrow()
  tours.compter('a', 2_000)
  expect(() => tours.admettre('a')).toThrow(
    expect.objectContaining({ code: 'trop-de-requetes', extra: { attendre: 10 } }),
  )
  expect(() => tours.admettre('b')).not.toThrow()
  passer(9_000)
  expect(() => tours.admettre('a')).toThrow('trop-de-requetes')
  passer(1_000)
  expect(() => tours.admettre('a')).not.toThrow()
})
