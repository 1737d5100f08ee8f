import type { Sql } from './db.ts'
import type { Election } from './election.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'
import type { Signal } from './signal.ts'

const batchSize = 1000
const pollMs = 100
/** Between two stamps under load, so that one commit ranks many events; a lone event never waits for it. */
const gapMs = 4

/**
 * Gives every committed event its `rang`: 1, 2, 3 ... without gaps, the order in which the world sees it.
 * One process at a time does it. It takes whatever is visible and has none yet, by position, so an event
 * that commits late gets a late rang and is never skipped; two events of one aggregate cannot be inverted,
 * because the second can only be committed, hence visible, after the first (decision 0001).
 */
export class Relay {
  readonly #loop: Loop
  #epoch: number | null = null

  readonly #options: RelayOptions

  constructor(options: RelayOptions) {
    this.#options = options
    this.#loop = new Loop('relay', options.log, (stop) => this.#turn(stop))
  }

  async #turn(stop: AbortSignal): Promise<void> {
    const { sql, election, committed, ranked } = this.#options
    const since = committed.count
    if (!(await election.holds('relay'))) {
      this.#epoch = null
      return await committed.wait(committed.count, 500, stop)
    }
    this.#epoch ??= await takeOver(sql)
    const stamped = await stamp(sql, this.#epoch)
    if (stamped === 'deposed') {
      this.#epoch = null
      return
    }
    if (stamped > 0) ranked.notify()
    if (stamped === batchSize) return
    if (stamped > 0) await pause(gapMs, stop)
    await committed.wait(since, pollMs, stop)
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }
}

export interface RelayOptions {
  readonly sql: Sql
  readonly election: Election
  readonly committed: Signal
  readonly ranked: Signal
  readonly log: Logger
}

/** A new epoch: from here on the writes of an earlier holder match nothing. */
export async function takeOver(sql: Sql): Promise<number> {
  const [row] = await sql<{ epoch: number }[]>`update hub.relay set epoch = epoch + 1 returning epoch`
  if (!row) throw new Error('hub.relay has lost its row')
  return row.epoch
}

/**
 * Ranks one batch; returns how many, or `deposed` when another process has taken over. So also when the log
 * moved on while the statement waited for its lock: its batch was seen before and may be ranked already. When
 * nothing waits it only reads, for it is asked ten times a second.
 */
export async function stamp(sql: Sql, epoch: number): Promise<number | 'deposed'> {
  const [row] = await sql<{ waiting: number; held: number; stamped: number }[]>`
    with batch as materialized (
      select position, row_number() over (order by position) as n
      from (select position from hub.event where rang is null order by position limit ${batchSize}) waiting),
    gate as materialized (
      select last_rang from hub.relay
      where epoch = ${epoch} and last_rang = (select last_rang from hub.relay) and exists (select from batch)
      for update),
    ranked as (
      update hub.event e set rang = gate.last_rang + batch.n
      from batch, gate where e.position = batch.position
      returning 1),
    advanced as (
      update hub.relay set last_rang = hub.relay.last_rang + (select count(*) from batch)
      from gate where hub.relay.epoch = ${epoch})
    select (select count(*) from batch)::int as waiting, (select count(*) from gate)::int as held,
      (select count(*) from ranked)::int as stamped`
  if (row?.waiting === 0) return 0
  return row?.held ? row.stamped : 'deposed'
}
