import { type Db, type Transaction, transaction } from './db.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'

export interface TimerContext {
  /** The timer is struck off in this same transaction. */
  readonly sql: Transaction
  readonly now: () => Date
  readonly log: Logger
}

/** A durable timer: what to do when it is due. Armed by `commit({ timers })` under this name. */
export interface Timer {
  readonly name: string
  readonly fire: (aggregateId: string, context: TimerContext) => Promise<void>
}

interface DueTimer {
  name: string
  subject: string
  dueAt: Date
  attempts: number
}

const maxAttempts = 10

/**
 * Fires due timers as commands, once each, however many processes look. A timer takes the aggregate's row
 * first and is struck off last, in the order in which commands lock them, so the two cannot deadlock.
 */
export class Timers {
  readonly #loop: Loop

  constructor(options: TimersOptions, timers: readonly Timer[]) {
    const byName = new Map(timers.map((timer) => [timer.name, timer]))
    this.#loop = new Loop('timers', options.log, async (stop) => {
      const fired = byName.size > 0 ? await fireDue(options, byName) : 0
      if (fired === 0) await pause(options.pollMs ?? 1000, stop)
    })
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }
}

export interface TimersOptions {
  readonly db: Db
  readonly now: () => Date
  readonly log: Logger
  readonly pollMs?: number
}

/** Fires what is due now, at most 100; returns how many it struck off. */
export async function fireDue(options: TimersOptions, timers: ReadonlyMap<string, Timer>): Promise<number> {
  const due = await options.db.sql<DueTimer[]>`
    select name, subject, due_at, attempts from hub.timer
    where due_at <= ${options.now()} and not stopped and name = any(${[...timers.keys()]})
    order by due_at limit 100`
  let fired = 0
  for (const timer of due) if (await fireOne(options, timers.get(timer.name)!, timer)) fired++
  return fired
}

/** Another process struck the timer off, or a command moved or disarmed it, while this one was at work. */
class TimerGone extends Error {}

/** Was it this very transaction that armed the timer again, or disarmed it? Then it has fired. */
async function movedHere(sql: Transaction, { name, subject }: DueTimer): Promise<boolean> {
  const rows = await sql`select from hub.timer
    where name = ${name} and subject = ${subject}
      and xmin::text::bigint = pg_current_xact_id()::text::bigint & 4294967295`
  return rows.length > 0
}

async function fireOne({ db, now, log }: TimersOptions, timer: Timer, due: DueTimer): Promise<boolean> {
  const aggregateId = due.subject.slice(due.subject.indexOf('/') + 1)
  try {
    await transaction(db, `timer ${timer.name}`, async (sql) => {
      await timer.fire(aggregateId, { sql, now, log })
      const struckOff = await sql`delete from hub.timer
        where name = ${due.name} and subject = ${due.subject} and date_trunc('milliseconds', due_at) = ${due.dueAt}`
      if (struckOff.count === 0 && !(await movedHere(sql, due))) throw new TimerGone()
    })
    log.info({ timer: due.name, subject: due.subject }, 'timer fired')
    return true
  } catch (error) {
    if (error instanceof TimerGone) return false
    const attempts = due.attempts + 1
    const stopped = attempts >= maxAttempts
    await db.sql`update hub.timer set attempts = ${attempts}, stopped = ${stopped},
        error = ${error instanceof Error ? error.name : 'Error'}, due_at = ${now()}::timestamptz + ${30 * attempts} * interval '1 second'
      where name = ${due.name} and subject = ${due.subject} and date_trunc('milliseconds', due_at) = ${due.dueAt}`
    log.error({ err: error, timer: due.name, subject: due.subject, attempts, stopped }, 'timer failed')
    return false
  }
}
