import fc from 'fast-check'
import { RateLimit } from '../../gateway/rate.ts'

function setUp(perMinute = 60, maxKeys?: number) {
  let at = 1_000_000
  const limit = new RateLimit({ perMinute, now: () => at, ...(maxKeys && { maxKeys }) })
  return { limit, later: (milliseconds: number) => (at += milliseconds) }
}

test('a minute’s worth may be spent at once, then one waits for what comes back', () => {
  const { limit, later } = setUp()
  for (let n = 0; n < 60; n++) expect(limit.spend('a', 1).waitMs).toBe(0)
  expect(limit.spend('a', 1)).toEqual({ waitMs: 1_000, remaining: 0, resetMs: 60_000 })
  later(999)
  expect(limit.spend('a', 1).waitMs).toBe(1)
  later(1)
  expect(limit.spend('a', 1)).toEqual({ waitMs: 0, remaining: 0, resetMs: 60_000 })
})

test('a heavy request costs more and waits longer', () => {
  const { limit } = setUp()
  expect(limit.spend('a', 50).remaining).toBe(10)
  expect(limit.spend('a', 15).waitMs).toBe(5_000)
  expect(limit.spend('a', 10).waitMs).toBe(0)
})

test('a refusal costs nothing, and a weight beyond the whole allowance is not refused for ever', () => {
  const { limit } = setUp(5)
  expect(limit.spend('a', 10).waitMs).toBe(0)
  expect(limit.spend('a', 10).waitMs).toBe(60_000)
  expect(limit.spend('a', 10).waitMs).toBe(60_000)
})

test('each key has its own', () => {
  const { limit } = setUp(1)
  limit.spend('a', 1)
  expect(limit.spend('a', 1).waitMs).toBeGreaterThan(0)
  expect(limit.spend('b', 1).waitMs).toBe(0)
})

test('what something turned out to cost is taken, down to nothing left and no further', () => {
  const { limit, later } = setUp()
  limit.charge('a', 1_000)
  expect(limit.spend('a', 1).waitMs).toBe(1_000)
  later(1_000)
  expect(limit.spend('a', 1).waitMs).toBe(0)
})

test('a million addresses don’t fill the memory, and who came last is remembered', () => {
  const { limit } = setUp(1, 1_000)
  for (let n = 0; n < 1_000_000; n++) limit.spend(`address ${n}`, 1)
  expect(limit.size).toBe(1_000)
  expect(limit.spend('address 999999', 1).waitMs).toBeGreaterThan(0)
})

test('however requests fall, a minute never lets through more than twice what it may', () => {
  const steps = fc.array(fc.record({ wait: fc.nat(3_000), weight: fc.integer({ min: 1, max: 7 }) }), {
    maxLength: 300,
  })
  fc.assert(
    fc.property(steps, (sequence) => {
      const { limit, later } = setUp(30)
      const passed: { at: number; weight: number }[] = []
      for (const { wait, weight } of sequence) {
        const at = later(wait)
        const { waitMs } = limit.spend('a', weight)
        if (waitMs === 0) passed.push({ at, weight })
        else {
          // What it says is true: no sooner, and then indeed.
          expect(limit.spend('a', weight).waitMs).toBe(waitMs)
          const whole = Math.ceil(waitMs)
          const then = later(whole)
          expect(limit.spend('a', weight).waitMs).toBe(0)
          passed.push({ at: then, weight })
        }
      }
      for (const { at } of passed) {
        const within = passed.filter((one) => one.at >= at && one.at < at + 60_000)
        expect(within.reduce((sum, one) => sum + one.weight, 0)).toBeLessThanOrEqual(60)
      }
    }),
  )
})
