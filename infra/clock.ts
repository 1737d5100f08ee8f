import type { Sql } from './db.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'

const everyMs = 10_000
/** An answer that took longer tells the time too vaguely. */
const maxRoundTripMs = 1_000
const worthTellingMs = 2_000

/**
 * The hub's time: the database's, so that all processes agree on what is due and on which day a dossier came in,
 * however wrong the clock of one machine is (decision 0012). Asked every ten seconds; in between the process counts
 * on by its monotonic clock, which nobody sets.
 */
export class Clock {
  readonly #sql: Sql
  readonly #log: Logger
  /** The database's epoch milliseconds when `performance.now()` was 0. */
  #zero = Number.NaN
  #toldOf = false
  #loop: Loop | null = null

  constructor(sql: Sql, log: Logger) {
    this.#sql = sql
    this.#log = log
  }

  /** Resolves once the time is known. */
  async start(): Promise<void> {
    await this.ask()
    this.#loop = new Loop('clock', this.#log, async (stop) => {
      await pause(everyMs, stop)
      if (!stop.aborted) await this.ask()
    })
  }

  /** Sets the hub's time by the database's. */
  async ask(): Promise<void> {
    const sql = this.#sql
    const before = performance.now()
    const [row] = await sql<{ ms: number }[]>`
      select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`
    const after = performance.now()
    const vague = after - before > maxRoundTripMs && !Number.isNaN(this.#zero)
    if (!row || vague) return
    this.#zero = row.ms - (before + after) / 2
    this.#compare()
  }

  now(): Date {
    return new Date(this.#zero + performance.now())
  }

  #compare(): void {
    const aheadMs = Math.round(Date.now() - this.now().getTime())
    const differs = Math.abs(aheadMs) > worthTellingMs
    if (differs && !this.#toldOf)
      this.#log.warn({ aheadMs }, 'this machine’s clock is not the database’s: the database’s counts')
    this.#toldOf = differs
  }

  async stop(): Promise<void> {
    await this.#loop?.stop()
  }
}
