import { setTimeout as delay } from 'node:timers/promises'
import { Allowance } from '../../gateway/allowance.ts'
import { Slots } from '../../gateway/slots.ts'

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { run: () => promise, resolve, reject }
}

describe('slots', () => {
  test('so many at a time, the others in the order in which they came', async () => {
    const slots = new Slots({ max: 1, room: 2, patienceMs: 5_000 })
    const order: string[] = []
    const first = work()
    const all = [
      slots.run(first.run),
      slots.run(async () => order.push('second')),
      slots.run(async () => order.push('third')),
    ]
    expect(slots.running).toBe(1)
    first.resolve('done')
    await Promise.all(all)
    expect(order).toEqual(['second', 'third'])
    expect(slots.running).toBe(0)
  })

  test('who finds no room is refused at once', async () => {
    const slots = new Slots({ max: 1, room: 1, patienceMs: 5_000 })
    const first = work()
    const running = [slots.run(first.run), slots.run(async () => 'waited')]
    expect(slots.full).toBe(true)
    await expect(slots.run(async () => 'never')).rejects.toMatchObject({ code: 'service-indisponible' })
    first.resolve('done')
    expect(await Promise.all(running)).toEqual(['done', 'waited'])
    expect(slots.full).toBe(false)
  })

  test('who has waited long enough is refused, and leaves the room to others', async () => {
    const slots = new Slots({ max: 1, room: 1, patienceMs: 20 })
    const first = work()
    const running = slots.run(first.run)
    await expect(slots.run(async () => 'never')).rejects.toMatchObject({ code: 'service-indisponible' })
    expect(slots.full).toBe(false)
    first.resolve('done')
    await running
  })

  test('work that fails gives its place back', async () => {
    const slots = new Slots({ max: 1, room: 1, patienceMs: 5_000 })
    await expect(slots.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await slots.run(async () => 'next')).toBe('next')
    expect(slots.running).toBe(0)
  })

  test('under any interleaving never more than the maximum run, and every place comes back', async () => {
    const slots = new Slots({ max: 3, room: 5, patienceMs: 3 })
    let [running, most] = [0, 0]
    await Promise.allSettled(
      Array.from({ length: 200 }, async (_, n) => {
        await delay(n % 40)
        return await slots.run(async () => {
          most = Math.max(most, ++running)
          await delay(n % 7)
          running--
        })
      }),
    )
    expect(most).toBe(3)
    expect(slots.running).toBe(0)
    expect(slots.full).toBe(false)
  })
})

describe('an allowance', () => {
  test('is counted for each account and in all; what is closed twice is closed once', () => {
    const allowance = new Allowance({ perAccount: 2, total: 3 })
    const leave = allowance.take('a', 'trop')
    allowance.take('a', 'trop')
    expect(() => allowance.take('a', 'trop')).toThrow('trop-de-requetes: trop')
    allowance.take('b', 'trop')
    expect(() => allowance.take('c', 'trop')).toThrow('service-indisponible')
    leave()
    leave()
    expect(allowance.count).toBe(2)
    allowance.take('a', 'trop')
    expect(() => allowance.take('a', 'trop')).toThrow('trop-de-requetes')
  })
})
