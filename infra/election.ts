import { createPool, type Sql } from './db.ts'

/**
 * Offices that one process at a time holds: PostgreSQL session locks on a connection of their own. When that
 * connection is lost, so are the offices; holders must bear that another process starts before they notice.
 */
export class Election {
  readonly #sql: Sql
  readonly #held = new Set<string>()

  constructor(url: string) {
    this.#sql = createPool({ url, max: 1, name: 'election', onclose: () => this.#held.clear() })
  }

  /** True while this process holds the office; tries to take it when it does not. */
  async holds(office: string): Promise<boolean> {
    if (this.#held.has(office)) return true
    const [row] = await this.#sql<{ won: boolean }[]>`
      select pg_try_advisory_lock(726871, hashtext(${office})) as won`
    if (row?.won) this.#held.add(office)
    return row?.won ?? false
  }

  /** Gives every office back. */
  async close(): Promise<void> {
    this.#held.clear()
    await this.#sql.end({ timeout: 2 })
  }
}
