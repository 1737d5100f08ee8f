import type { Sql } from './db.ts'
import { Loop, pause } from './loop.ts'
import type { Signal } from './signal.ts'
import { type Consumer, deliver } from './subscriptions.ts'
import { readCursor, retryAndSweep, saveCursor, type SweepOptions } from './sweep.ts'

const batchSize = 64
const pollMs = 200

/**
 * The embedded bus: each consumer reads the event log itself, from a cursor of its own. One process at a time
 * reads for a consumer; the lanes keep effects single even while two believe they do.
 */
export class LogBus {
  readonly #loops: Loop[]

  constructor(options: LogBusOptions, consumers: readonly Consumer[]) {
    const { log } = options.subscription
    this.#loops = consumers.flatMap((consumer) => [
      new Loop(`bus ${consumer.name}`, log, readLog(options, consumer)),
      new Loop(`retry ${consumer.name}`, log, retryAndSweep(options, consumer)),
    ])
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }
}

export interface LogBusOptions extends SweepOptions {
  readonly ranked: Signal
}

/** One turn of a consumer that reads the log from its cursor. */
export function readLog({ sql, election, ranked, subscription }: LogBusOptions, consumer: Consumer) {
  let cursor: number | null = null
  let saved = 0
  return async (stop: AbortSignal): Promise<void> => {
    const since = ranked.count
    if (!(await election.holds(consumer.name))) {
      cursor = null
      return await pause(500, stop)
    }
    cursor ??= saved = await readCursor(sql, consumer.name)
    const { head, events } = await next(sql, cursor, consumer.types)
    if (events.length > 0)
      await deliver(
        subscription,
        consumer,
        events.map((event) => event.subject),
      )
    // Below the head nothing was left out, so a quiet consumer need not scan it again.
    cursor = Math.max(cursor, events.length === batchSize ? events[batchSize - 1]!.rang : head)
    if (cursor > saved && (events.length > 0 || cursor - saved >= 1000)) {
      await saveCursor(sql, consumer.name, cursor)
      saved = cursor
    }
    if (events.length < batchSize) await ranked.wait(since, pollMs, stop)
  }
}

/** The next events of these types, and how far the log is ranked: one look, so nothing lies between the two. */
async function next(
  sql: Sql,
  after: number,
  types: readonly string[],
): Promise<{ head: number; events: { rang: number; subject: string }[] }> {
  const rows = await sql<{ head: number; rang: number | null; subject: string | null }[]>`
    select relay.last_rang as head, e.rang, e.subject
    from hub.relay left join lateral (
      select rang, subject from hub.event
      where rang > ${after} and type = any(${types as string[]}) order by rang limit ${batchSize}
    ) e on true
    order by e.rang`
  const events = rows.flatMap(({ rang, subject }) =>
    rang === null || subject === null ? [] : [{ rang, subject }],
  )
  return { head: rows[0]?.head ?? 0, events }
}
