import { createHash } from 'node:crypto'
import { RedisAway, type Redis, Script } from '../infra/redis.ts'
import type { RateLimit, Spending, Verdict } from './rate.ts'

/**
 * The algorithm of `RateLimit` on one number per key, in microseconds of the server's own clock: `[wait, owed]`. A
 * key is gone when everything has come back. A clock that was put back never makes anybody owe more than everything.
 */
const spend = new Script(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local owed = math.min(math.max(0, tonumber(redis.call('GET', KEYS[1]) or now) - now), 60000000)
local after = owed + tonumber(ARGV[1])
if after > 60000000 then return {after - 60000000, owed} end
if after > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
end
return {0, after}
`)

/**
 * A limit that all gateways count together, in Redis, with one question a request. While Redis is away each counts for
 * itself, from what it last heard.
 */
export class SharedLimit implements Spending {
  readonly perMinute: number
  readonly #redis: Redis
  readonly #own: RateLimit

  constructor(redis: Redis, own: RateLimit) {
    this.perMinute = own.perMinute
    this.#redis = redis
    this.#own = own
  }

  async spend(key: string, weight: number): Promise<Verdict> {
    const unit = 60_000_000 / this.perMinute
    const cost = Math.floor(Math.min(weight, this.perMinute) * unit)
    try {
      const [wait, owed] = (await this.#redis.ask('limite', (client) =>
        spend.run(client, keyOf(key), cost),
      )) as [number, number]
      this.#own.owe(key, owed / 1000)
      const remaining = Math.floor((60_000_000 - owed) / unit)
      return { waitMs: wait / 1000, remaining, resetMs: owed / 1000 }
    } catch (error) {
      if (error instanceof RedisAway) return this.#own.spend(key, weight)
      throw error
    }
  }
}

/** Who looks into Redis must not find accounts there. */
function keyOf(account: string): string {
  return `guichet:limite:${createHash('sha256').update(account).digest('base64url')}`
}
