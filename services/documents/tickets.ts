import { randomBytes } from 'node:crypto'

const lifetimeMs = 60_000

/**
 * One-use tickets, in the memory of this process: each stands for something already authorised, for 60
 * seconds. Their number is bounded; when there are too many the oldest goes, for an honest one is used within
 * milliseconds.
 */
export class Tickets<T> {
  readonly #issued = new Map<string, { value: T; expires: number }>()
  readonly #now: () => Date
  readonly #max: number

  constructor(now: () => Date, max = 10_000) {
    this.#now = now
    this.#max = max
  }

  /** A new ticket of 256 random bits, in characters that a URL takes as they are. */
  issue(value: T): { ticket: string; expires: Date } {
    const now = this.#now().getTime()
    for (const [ticket, { expires }] of this.#issued) {
      if (expires > now && this.#issued.size < this.#max) break
      this.#issued.delete(ticket)
    }
    const ticket = randomBytes(32).toString('base64url')
    const expires = now + lifetimeMs
    this.#issued.set(ticket, { value, expires })
    return { ticket, expires: new Date(expires) }
  }

  /** What the ticket stands for, once; undefined when it is unknown, used or too old. */
  take(ticket: string): T | undefined {
    const found = this.#issued.get(ticket)
    this.#issued.delete(ticket)
    return found && found.expires > this.#now().getTime() ? found.value : undefined
  }
}
