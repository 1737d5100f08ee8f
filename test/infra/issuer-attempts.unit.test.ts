import { createAttempts } from '../../infra/issuer/attempts.ts'

function setUp() {
  let at = 1_000_000
  const attempts = createAttempts({ limit: 3, windowSeconds: 60, maxKeys: 2, now: () => at })
  return { ...attempts, later: (milliseconds: number) => (at += milliseconds) }
}

test('below the limit nobody waits', () => {
  const { wait, fail } = setUp()
  fail('amina')
  fail('amina')
  expect(wait('amina')).toBe(0)
})

test('at the limit one waits until the window of the first failure ends', () => {
  const { wait, fail, later } = setUp()
  fail('amina')
  later(20_000)
  fail('amina')
  fail('amina')
  expect(wait('amina')).toBe(40)
  later(39_999)
  expect(wait('amina')).toBe(1)
  later(1)
  expect(wait('amina')).toBe(0)
})

test('each account has its own count', () => {
  const { wait, fail } = setUp()
  for (let i = 0; i < 3; i += 1) fail('amina')
  expect(wait('bastien')).toBe(0)
})

test('a success forgets the failures', () => {
  const { wait, fail, forget } = setUp()
  for (let i = 0; i < 3; i += 1) fail('amina')
  forget('amina')
  fail('amina')
  expect(wait('amina')).toBe(0)
})

test('only so many keys are remembered: the one that failed longest ago goes first', () => {
  const { wait, fail } = setUp()
  for (const key of ['amina', 'bastien']) for (let i = 0; i < 3; i += 1) fail(key)
  fail('amina')
  fail('claire')
  expect(wait('bastien')).toBe(0)
  expect(wait('amina')).toBeGreaterThan(0)
})
