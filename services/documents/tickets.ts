import { randomBytes } from 'node:crypto'

/** How long a ticket can be used, in milliseconds. */
export const lifetimeMs = 60_000

export interface Issued {
  readonly ticket: string
  readonly expires: Date
}

/** Each ticket stands for something already authorised, once, for 60 seconds. */
export interface OneUse<T> {
  issue(value: T): Issued | Promise<Issued>
  /** What the ticket stands for, once; undefined when it is unknown, used or too old. */
  take(ticket: string): T | undefined | Promise<T | undefined>
}

/**
 * One-use tickets in the memory of this process. Their number is bounded; when there are too many the oldest goes, for
 * an honest one is used within milliseconds.
 */
export class Tickets<T> implements OneUse<T> {
  readonly #issued = new Map<string, { value: T; expires: number }>()
  readonly #now: () => Date
  readonly #max: number

  constructor(now: () => Date, max = 10_000) {
    this.#now = now
    this.#max = max
  }

  /** 256 random bits, in characters that a URL takes as they are. */
  draw(): Issued {
    return {
      ticket: randomBytes(32).toString('base64url'),
      expires: new Date(this.#now().getTime() + lifetimeMs),
    }
  }

  issue(value: T): Issued {
    const now = this.#now().getTime()
    for (const [ticket, { expires }] of this.#issued) {
      if (expires > now && this.#issued.size < this.#max) break
      this.#issued.delete(ticket)
    }
    const issued = this.draw()
    this.#issued.set(issued.ticket, { value, expires: issued.expires.getTime() })
    return issued
  }

  take(ticket: string): T | undefined {
    const found = this.#issued.get(ticket)
    this.#issued.delete(ticket)
    return found && found.expires > this.#now().getTime() ? found.value : undefined
  }
}
