/** Failed logins of one account, of one address or of both, counted over a fixed window. */
export interface Attempts {
  /** Seconds until the limit is no longer reached; 0 when it is not. */
  wait(key: string): number
  fail(key: string): void
  forget(key: string): void
}

/**
 * Counts in the memory of this process, which is enough to slow a guesser of demonstration passwords down.
 * At most `maxKeys` are remembered: the oldest go first.
 */
export function createAttempts(options: {
  limit: number
  windowSeconds: number
  maxKeys?: number
  now?: () => number
}): Attempts {
  const { limit, windowSeconds, maxKeys = 10_000, now = () => performance.now() } = options
  const failures = new Map<string, { count: number; until: number }>()

  function current(key: string) {
    const known = failures.get(key)
    return known && known.until > now() ? known : undefined
  }

  return {
    wait(key) {
      const known = current(key)
      return known && known.count >= limit ? Math.ceil((known.until - now()) / 1000) : 0
    },

    fail(key) {
      const known = current(key) ?? { count: 0, until: now() + windowSeconds * 1000 }
      failures.delete(key)
      failures.set(key, { ...known, count: known.count + 1 })
      const [oldest] = failures.keys()
      if (failures.size > maxKeys && oldest !== undefined) failures.delete(oldest)
    },

    forget(key) {
      failures.delete(key)
    },
  }
}
