import { Instant, Jour } from '../../contracts/define.ts'

/** What RFC 3339 can say, and what a database, a clock and a reader can all hold: the years 1 to 9999. */

test.each([
  ['0001-01-01', true],
  ['9999-12-31', true],
  ['2028-02-29', true],
  ['0000-01-01', false],
  ['0000-00-00', false],
  ['2027-02-30', false],
  ['+275760-09-13', false],
  ['-000044-03-15', false],
  ['infinity', false],
  ['', false],
])('the day %s: %s', (text, holds) => {
  expect(Jour.safeParse(text).success).toBe(holds)
})

test.each([
  ['0001-01-01T00:00:00Z', true],
  ['9999-12-31T23:59:59.999Z', true],
  ['2027-01-01T00:00:00+23:59', true],
  [`2027-01-01T00:00:00.${'1'.repeat(300)}Z`, true],
  ['0000-12-31T23:59:59Z', false],
  ['0001-01-01T00:00:00+00:01', false],
  ['9999-12-31T23:59:59-00:01', false],
  ['2027-01-01T23:59:60Z', false],
  ['2027-01-01T00:00:00', false],
])('the instant %.40s: %s', (text, holds) => {
  expect(Instant.safeParse(text).success).toBe(holds)
})

test('one thing is said to be wrong with a date, not two', () => {
  for (const text of ['x', '0000-01-01', '']) expect(Jour.safeParse(text).error?.issues).toHaveLength(1)
})
