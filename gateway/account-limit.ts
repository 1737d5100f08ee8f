import type { FastifyReply } from 'fastify'
import { Refusal } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import type { Redis } from '../infra/redis.ts'
import { limits } from './limits.ts'
import { RateLimit, type Spending } from './rate.ts'
import { SharedLimit } from './shared-limit.ts'

/**
 * What one account may ask of the hub, wherever it asks from: people behind one address don't disturb each other,
 * and a program that runs wild under one account disturbs nobody else. Staff systems get more.
 */
export class AccountLimit {
  readonly #people: Spending
  readonly #systems: Spending
  readonly #onRefused: () => void

  /** @param redis where all gateways count together; absent: each counts for itself */
  constructor(perMinute: number, onRefused: () => void, redis?: Redis) {
    const limit = (allowance: number): Spending => {
      const own = new RateLimit({ perMinute: allowance })
      return redis ? new SharedLimit(redis, own) : own
    }
    this.#people = limit(perMinute)
    this.#systems = limit(perMinute * limits.systemFactor)
    this.#onRefused = onRefused
  }

  /**
   * Spends and says what is left (draft-ietf-httpapi-ratelimit-headers-10).
   * @throws Refusal `trop-de-requetes`, with the time when it would pass
   */
  async spend(
    { kind, acteurId }: Exclude<Principal, { kind: 'anonyme' }>,
    weight: number,
    reply: FastifyReply,
  ): Promise<void> {
    const spending = kind === 'systeme' ? this.#systems : this.#people
    const { waitMs, remaining, resetMs } = await spending.spend(acteurId, weight)
    void reply.headers({
      'ratelimit-policy': `"compte";q=${spending.perMinute};w=60`,
      ratelimit: `"compte";r=${remaining};t=${Math.ceil(resetMs / 1000)}`,
    })
    if (waitMs === 0) return
    this.#onRefused()
    throw new Refusal('trop-de-requetes', undefined, { attendre: Math.ceil(waitMs / 1000) })
  }
}
