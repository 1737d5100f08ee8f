import type { Sql } from './db.ts'
import type { Election } from './election.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'

const everyMs = 3_600_000
const batchSize = 5000

/** How long a repeated request is recognised: a phone may come back after a week without network. */
export const requestRetentionDays = 14

export const traceRetentionDays = 7

/** Forgets what is only kept for a while; one process at a time, in small bites. */
export function keepHouse(sql: Sql, election: Election, log: Logger): Loop {
  return new Loop('housekeeping', log, async (stop) => {
    if (await election.holds('housekeeping')) {
      const bites = [await forgetRequests(sql), await forgetTraces(sql)]
      if (bites.includes(batchSize)) return
    }
    await pause(everyMs, stop)
  })
}

/** Deletes request keys older than the retention; returns how many. */
export async function forgetRequests(sql: Sql): Promise<number> {
  const forgotten = await sql`
    delete from hub.request where key in (
      select key from hub.request where created_at < now() - ${requestRetentionDays} * interval '1 day' limit ${batchSize})`
  return forgotten.count
}

/** Deletes traces older than the retention; returns how many. */
export async function forgetTraces(sql: Sql): Promise<number> {
  const forgotten = await sql`
    delete from hub.trace_part where (trace_id, root_id) in (
      select trace_id, root_id from hub.trace_part
      where started_at < now() - ${traceRetentionDays} * interval '1 day' order by started_at limit ${batchSize})`
  return forgotten.count
}
