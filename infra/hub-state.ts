import type { Sql } from './db.ts'
import type { Logger } from './log.ts'
import type { Consumer } from './subscriptions.ts'

/** Beyond this many the figure says "at least": counting must cost the hub nothing. */
const countLimit = 10_000
/** How far past its cursor a consumer's backlog is looked for. */
const scanLimit = 20_000
const freshMs = 1000
const patienceMs = 3000

/** What the database alone knows, the same whichever process asks. */
export interface HubState {
  readonly unranked: number
  readonly unrankedAgeSeconds: number
  readonly lateTimers: number
  readonly lateTimersAgeSeconds: number
  readonly stoppedTimers: number
  readonly consumers: readonly {
    readonly name: string
    readonly backlog: number
    readonly backlogAgeSeconds: number
    readonly retrying: number
    readonly stopped: number
  }[]
  readonly connections: readonly {
    readonly pool: string
    readonly state: 'idle' | 'used'
    readonly count: number
  }[]
}

/**
 * Reads the state of the whole hub in one bounded statement, at most once a second and never twice at a time,
 * however many readers ask. Null when the database did not answer in time.
 */
export class HubStateReader {
  readonly #sql: Sql
  readonly #log: Logger
  readonly #consumers: { name: string; types: readonly string[] }[]
  #reading: Promise<HubState | null> | null = null
  #failing = false

  constructor(sql: Sql, consumers: readonly Consumer[], log: Logger) {
    this.#sql = sql
    this.#log = log
    this.#consumers = consumers.map(({ name, types }) => ({ name, types }))
  }

  read(): Promise<HubState | null> {
    this.#reading ??= this.#readOnce().finally(() => {
      setTimeout(() => {
        this.#reading = null
      }, freshMs).unref()
    })
    return this.#reading
  }

  async #readOnce(): Promise<HubState | null> {
    const patience = Promise.withResolvers<never>()
    const timer = setTimeout(() => patience.reject(new Error('no answer in time')), patienceMs)
    try {
      const state = await Promise.race([readState(this.#sql, this.#consumers), patience.promise])
      this.#failing = false
      return state
    } catch (error) {
      if (!this.#failing)
        this.#log.warn({ err: error }, 'the state of the hub could not be read for its metrics')
      this.#failing = true
      return null
    } finally {
      clearTimeout(timer)
    }
  }
}

async function readState(
  sql: Sql,
  consumers: readonly { name: string; types: readonly string[] }[],
): Promise<HubState> {
  const [row] = await sql<[HubState]>`
    select
      (select count(*)::int from (select from hub.event where rang is null limit ${countLimit}) u) as unranked,
      ${age(sql, sql`select time from hub.event where rang is null order by position limit 1`)} as unranked_age_seconds,
      (select count(*)::int from (select from hub.timer where due_at <= now() and not stopped limit ${countLimit}) t) as late_timers,
      ${age(sql, sql`select due_at from hub.timer where due_at <= now() and not stopped order by due_at limit 1`)} as late_timers_age_seconds,
      (select count(*)::int from (select from hub.timer where stopped limit ${countLimit}) t) as stopped_timers,
      (select coalesce(jsonb_agg(jsonb_build_object('name', c.name,
          'backlog', late.n, 'backlogAgeSeconds', coalesce(greatest(extract(epoch from now() - late.since), 0), 0),
          'retrying', (select count(*) from (select from hub.lane l
            where l.consumer = c.name and l.next_try is not null and not l.stopped limit ${countLimit}) r),
          'stopped', (select count(*) from (select from hub.lane l where l.consumer = c.name and l.stopped limit ${countLimit}) s))), '[]')
        from jsonb_to_recordset(${sql.json(consumers as never)}) as c (name text, types text[])
        left join hub.cursor k on k.consumer = c.name,
        lateral (select count(*) as n, min(e.time) as since from (
          select time from hub.event where rang > coalesce(k.rang, 0) and rang <= coalesce(k.rang, 0) + ${scanLimit}
            and type = any(c.types) limit ${countLimit}) e) late) as consumers,
      (select coalesce(jsonb_agg(a), '[]') from (
        select substr(application_name, length('guichet ') + 1) as pool,
          case when state = 'idle' then 'idle' else 'used' end as state, count(*) as count
        from pg_stat_activity where datname = current_database() and application_name like 'guichet %' group by 1, 2) a) as connections`
  return row
}

/** Seconds since the instant that this selects; 0 when it selects none. */
function age(sql: Sql, instant: ReturnType<Sql>) {
  return sql`coalesce(greatest(extract(epoch from now() - (${instant}))::float8, 0), 0)`
}
