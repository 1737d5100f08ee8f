import { Tickets } from '../../services/documents/tickets.ts'

test('a ticket serves once', () => {
  const tickets = new Tickets<string>(() => new Date())
  const { ticket } = tickets.issue('a')
  expect(tickets.take(ticket)).toBe('a')
  expect(tickets.take(ticket)).toBeUndefined()
})

test('a ticket serves for less than 60 seconds', () => {
  let now = new Date('2026-11-23T10:00:00Z')
  const tickets = new Tickets<string>(() => now)
  const [early, late] = [tickets.issue('a'), tickets.issue('b')]
  expect(early.expires.toISOString()).toBe('2026-11-23T10:01:00.000Z')
  now = new Date('2026-11-23T10:00:59.999Z')
  expect(tickets.take(early.ticket)).toBe('a')
  now = new Date('2026-11-23T10:01:00Z')
  expect(tickets.take(late.ticket)).toBeUndefined()
})

test('a ticket holds 256 random bits', () => {
  const tickets = new Tickets<number>(() => new Date())
  const drawn = new Set(Array.from({ length: 100 }, (_, n) => tickets.issue(n).ticket))
  expect(drawn.size).toBe(100)
  for (const ticket of drawn) expect(Buffer.from(ticket, 'base64url')).toHaveLength(32)
})

test('when there are too many the oldest goes, never the newest', () => {
  const tickets = new Tickets<number>(() => new Date(), 3)
  const drawn = [1, 2, 3, 4, 5].map((n) => tickets.issue(n).ticket)
  expect(drawn.map((ticket) => tickets.take(ticket))).toEqual([undefined, undefined, 3, 4, 5])
})

test('those too old make room', () => {
  let now = 0
  const tickets = new Tickets<number>(() => new Date(now), 2)
  tickets.issue(1)
  now = 40_000
  const { ticket } = tickets.issue(2)
  now = 61_000
  tickets.issue(3)
  expect(tickets.take(ticket)).toBe(2)
})
