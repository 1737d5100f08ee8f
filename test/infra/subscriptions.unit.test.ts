import { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import { afterFailure, reaction } from '../../infra/subscriptions.ts'
import { ObjetChange, ObjetClos } from './essai.ts'

const passing = new Error('database busy')

describe('after a failure', () => {
  test('a refusal and a broken contract stop at once, since no time mends them', () => {
    expect(afterFailure(new Refusal('introuvable'), 1, 1000)).toBe('stop')
    expect(afterFailure(z.string().safeParse(1).error, 1, 1000)).toBe('stop')
  })

  test('the delay doubles with each attempt, from the base', () => {
    const delays = [1, 2, 3, 4].map((attempt) => afterFailure(passing, attempt, 1000, () => 1))
    expect(delays).toEqual([1000, 2000, 4000, 8000])
  })

  test('the delay is never longer than five minutes', () => {
    expect(afterFailure(passing, 9, 60_000, () => 1)).toBe(300_000)
  })

  test('jitter takes off at most half', () => {
    expect(afterFailure(passing, 3, 1000, () => 0)).toBe(2000)
    expect(afterFailure(passing, 3, 1000, () => 0.5)).toBe(3000)
  })

  test('the tenth failure is the last', () => {
    expect(afterFailure(passing, 9, 1, () => 1)).toBe(256)
    expect(afterFailure(passing, 10, 1)).toBe('stop')
  })

  test('a database or a disk that is away costs no tries, however long', () => {
    const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    expect(afterFailure(away, 10, 1, () => 1)).toBe(512)
    expect(afterFailure(away, 1000, 1, () => 1)).toBe(300_000)
  })

  test('what is thrown may be anything', () => {
    expect(afterFailure('text', 1, 1000, () => 1)).toBe(1000)
    expect(afterFailure(undefined, 1, 1000, () => 1)).toBe(1000)
  })
})

describe('a reaction', () => {
  const seen: unknown[] = []
  const consumer = reaction('essai.on-change', [ObjetChange, ObjetClos], async (event) => {
    seen.push(event.data.n)
  })
  const envelope = { type: ObjetChange.type, data: { n: 4, later: true } } as unknown as Parameters<
    typeof consumer.handle
  >[0]
  const context = {} as Parameters<typeof consumer.handle>[1]

  test('takes the types of its contracts', () => {
    expect(consumer).toMatchObject({ name: 'essai.on-change', types: [ObjetChange.type, ObjetClos.type] })
  })

  test('sees data that its contract has parsed', async () => {
    await consumer.handle(envelope, context)
    expect(seen).toEqual([4])
  })

  test('is not run on data that breaks the contract', async () => {
    await expect(consumer.handle({ ...envelope, data: { n: 'four' } }, context)).rejects.toThrow(z.ZodError)
    expect(seen).toEqual([4])
  })
})
