import { type Context, context, createContextKey } from '@opentelemetry/api'

const key = createContextKey('guichet.work')

/** What is counted while a request is served, for its one line in the log. It stays within this process. */
export class Work {
  readonly startedAt = performance.now()
  /** The command had been done before: its first answer was read again. */
  replayed = false
  #statements = 0
  #underWay = 0
  #since = 0
  #ms = 0

  databaseBegins(): void {
    this.#statements++
    if (this.#underWay++ === 0) this.#since = performance.now()
  }

  databaseEnds(): void {
    if (--this.#underWay === 0) this.#ms += performance.now() - this.#since
  }

  /** Statements and transactions so far. */
  get statements(): number {
    return this.#statements
  }

  /** For how long at least one of them was under way, in milliseconds. */
  get databaseMs(): number {
    return this.#ms
  }
}

export function withWork(parent: Context, work: Work): Context {
  return parent.setValue(key, work)
}

/** The work that this code is done for, when it is a request's. */
export function currentWork(): Work | undefined {
  return context.active().getValue(key) as Work | undefined
}
