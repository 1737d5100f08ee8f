import { ROOT_CONTEXT } from '@opentelemetry/api'
import { type Db, type Transaction, transaction } from './db.ts'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'
import { timerDuration } from './metrics.ts'
import { isAway } from './passing.ts'
import { currentTraceId, inSpan } from './telemetry.ts'

export interface TimerContext {
  /** The timer is struck off in this same transaction. */
  readonly sql: Transaction
  readonly now: () => Date
  readonly log: Logger
  readonly config: Config
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
  readonly config: Config
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

type Outcome = 'fait' | 'deja_fait' | 'a_reprendre' | 'arretee'

/** Fires one timer, in a trace of its own, and tells of it in one line; returns whether it was struck off. */
async function fireOne(options: TimersOptions, timer: Timer, due: DueTimer): Promise<boolean> {
  const startedAt = performance.now()
  let outcome: Outcome = 'fait'
  let failure: unknown
  const attempt = due.attempts + 1
  const attributes = { 'guichet.timer.name': timer.name, 'guichet.timer.attempt': attempt }
  let traceId: string | undefined
  try {
    await inSpan(
      `timer ${timer.name}`,
      { parent: ROOT_CONTEXT, attributes, refusalFails: true },
      async () => {
        traceId = currentTraceId()
        await strikeOff(options, timer, due)
      },
    )
  } catch (error) {
    if (isAway(error)) throw error // not the timer's fault: its loop waits and tries again
    failure = error
    outcome = await recordFailure(options, due, { attempt, error, traceId })
  }
  const ms = performance.now() - startedAt
  timerDuration.record(ms / 1000, timer.name, outcome)
  const line = {
    timer: due.name,
    subject: due.subject,
    attempt,
    outcome,
    lagMs: options.now().getTime() - due.dueAt.getTime(),
    ms: Math.round(ms * 10) / 10,
    traceId,
  }
  if (outcome === 'fait') options.log.info(line, 'timer')
  else if (outcome === 'deja_fait') options.log.debug(line, 'timer')
  else options.log[outcome === 'arretee' ? 'error' : 'warn']({ ...line, err: failure }, 'timer')
  return outcome === 'fait'
}

async function strikeOff(
  { db, now, log, config }: TimersOptions,
  timer: Timer,
  due: DueTimer,
): Promise<void> {
  const aggregateId = due.subject.slice(due.subject.indexOf('/') + 1)
  await transaction(db, `timer ${timer.name}`, async (sql) => {
    await timer.fire(aggregateId, { sql, now, log, config })
    const struckOff = await sql`delete from hub.timer
      where name = ${due.name} and subject = ${due.subject} and date_trunc('milliseconds', due_at) = ${due.dueAt}`
    if (struckOff.count === 0 && !(await movedHere(sql, due))) throw new TimerGone()
  })
}

async function recordFailure(
  { db, now }: TimersOptions,
  due: DueTimer,
  { attempt, error, traceId }: { attempt: number; error: unknown; traceId: string | undefined },
): Promise<Outcome> {
  if (error instanceof TimerGone) return 'deja_fait'
  const stopped = attempt >= maxAttempts
  await db.sql`update hub.timer set attempts = ${attempt}, stopped = ${stopped},
      error = ${error instanceof Error ? error.name : 'Error'}, failing_since = coalesce(failing_since, now()),
      failed_trace = ${traceId ?? null}, due_at = ${now()}::timestamptz + ${30 * attempt} * interval '1 second'
    where name = ${due.name} and subject = ${due.subject} and date_trunc('milliseconds', due_at) = ${due.dueAt}`
  return stopped ? 'arretee' : 'a_reprendre'
}
