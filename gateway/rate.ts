/** What a limit says of one request. */
export interface Verdict {
  /** Milliseconds until the same request is let through; 0: it is, now. */
  readonly waitMs: number
  /** How much may still be spent at once. */
  readonly remaining: number
  /** Milliseconds until everything may be spent again. */
  readonly resetMs: number
}

/**
 * Counts what each key spends. Asynchronous, so that the counts of several processes can live in one place
 * (`SharedLimit`); the one here is `RateLimit`.
 */
export interface Spending {
  readonly perMinute: number
  spend(key: string, weight: number): Verdict | Promise<Verdict>
}

/**
 * A limit per key, in the memory of this process: `perMinute` may be spent at once, and comes back evenly over a
 * minute. It is the generic cell rate algorithm (ITU-T I.371): a key needs one number, the moment at which
 * everything it spent has come back, and no clock ticks. At most `maxKeys` are remembered, the ones not seen for
 * longest go first: forgetting one only forgives it.
 */
export class RateLimit implements Spending {
  readonly perMinute: number
  readonly #maxKeys: number
  readonly #now: () => number
  /** Epoch milliseconds at which a key owes nothing any more; in order of use, the oldest first. */
  readonly #settled = new Map<string, number>()

  constructor(options: { perMinute: number; maxKeys?: number; now?: () => number }) {
    this.perMinute = options.perMinute
    this.#maxKeys = options.maxKeys ?? 100_000
    this.#now = options.now ?? Date.now
  }

  get size(): number {
    return this.#settled.size
  }

  /** Spends, unless that is more than the key has; a refusal costs nothing. */
  spend(key: string, weight: number): Verdict {
    const now = this.#now()
    const owed = Math.max(0, (this.#settled.get(key) ?? 0) - now)
    const unitMs = 60_000 / this.perMinute
    const after = owed + Math.min(weight, this.perMinute) * unitMs
    const waitMs = Math.max(0, after - 60_000)
    if (waitMs > 0) return { waitMs, remaining: Math.floor((60_000 - owed) / unitMs), resetMs: owed }
    this.#remember(key, now + after)
    return { waitMs: 0, remaining: Math.floor((60_000 - after) / unitMs), resetMs: after }
  }

  /** Takes from the key what it turned out to cost, down to nothing left. */
  charge(key: string, weight: number): void {
    const now = this.#now()
    const owed = Math.max(0, (this.#settled.get(key) ?? 0) - now)
    this.#remember(key, now + Math.min(60_000, owed + weight * (60_000 / this.perMinute)))
  }

  /** What the key owes is known from elsewhere: milliseconds until everything has come back. */
  owe(key: string, owedMs: number): void {
    this.#remember(key, this.#now() + owedMs)
  }

  #remember(key: string, settledAt: number): void {
    this.#settled.delete(key)
    this.#settled.set(key, settledAt)
    if (this.#settled.size <= this.#maxKeys) return
    const [oldest] = this.#settled.keys()
    if (oldest !== undefined) this.#settled.delete(oldest)
  }
}
