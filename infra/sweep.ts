import type { Sql } from './db.ts'
import type { Election } from './election.ts'
import { pause } from './loop.ts'
import { behind, type Consumer, deliver, retryDue, type SubscriptionOptions } from './subscriptions.ts'

const retryPollMs = 250
const sweepMs = 30_000

export interface SweepOptions {
  readonly sql: Sql
  readonly election: Election
  readonly subscription: SubscriptionOptions
}

/**
 * One turn of what every bus needs beside its messages: lanes whose time has come are tried again, and twice a
 * minute those are found that the bus has passed by.
 */
export function retryAndSweep({ sql, election, subscription }: SweepOptions, consumer: Consumer) {
  let nextSweep = 0
  return async (stop: AbortSignal): Promise<void> => {
    if (await election.holds(consumer.name)) {
      await retryDue(subscription, consumer)
      if (performance.now() >= nextSweep) {
        await sweep(sql, subscription, consumer)
        nextSweep = performance.now() + sweepMs
      }
    }
    await pause(retryPollMs, stop)
  }
}

/** Delivers what the cursor has passed without the lane being done or parked; returns how many aggregates. */
export async function sweep(
  sql: Sql,
  subscription: SubscriptionOptions,
  consumer: Consumer,
): Promise<number> {
  const upTo = await readCursor(sql, consumer.name)
  const swept = await readCursor(sql, `sweep ${consumer.name}`)
  if (upTo <= swept) return 0
  const subjects = await behind(sql, consumer, swept, upTo)
  if (subjects.length > 0) {
    subscription.log.warn(
      { consumer: consumer.name, lanes: subjects.length },
      'sweep found lanes behind the log',
    )
    await deliver(subscription, consumer, subjects)
  }
  await saveCursor(sql, `sweep ${consumer.name}`, upTo)
  return subjects.length
}

/** The rang up to which this consumer has been given everything. */
export async function readCursor(sql: Sql, name: string): Promise<number> {
  const [row] = await sql<{ rang: number }[]>`select rang from hub.cursor where consumer = ${name}`
  return row?.rang ?? 0
}

/** Moves it on; never back. */
export async function saveCursor(sql: Sql, name: string, rang: number): Promise<void> {
  await sql`insert into hub.cursor (consumer, rang) values (${name}, ${rang})
    on conflict (consumer) do update set rang = greatest(cursor.rang, excluded.rang)`
}
