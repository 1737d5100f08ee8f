import { Socket } from 'node:net'
import { SpanKind, trace } from '@opentelemetry/api'
import postgres from 'postgres'
import { Signal } from './signal.ts'
import { connectionWait } from './metrics.ts'
import { inSpan } from './telemetry.ts'
import { currentWork } from './work.ts'

export type Sql = postgres.Sql<{ bigint: number; date: string }>
export type Transaction = postgres.TransactionSql<{ bigint: number; date: string }>
/** A pool or an open transaction: what a statement runs on. */
export type Queryable = Sql | Transaction

export interface Db {
  readonly sql: Sql
  /** Rings after each commit that may have appended to the event log. */
  readonly committed: Signal
}

export interface PoolOptions {
  readonly url: string
  /** The PostgreSQL role to act as; absent: the role that logs in. */
  readonly role?: string
  readonly max: number
  /** Shown in `pg_stat_activity`. */
  readonly name: string
  /** A statement that takes longer is cancelled, in milliseconds. */
  readonly statementTimeoutMs?: number
  readonly onclose?: () => void
}

/** How long a line that failed waits before it is tried again; the driver's own delay grows to 20 s. */
const reconnectSeconds = 0.1

/** What can be told of the pools of one name in this process. */
export interface PoolFigures {
  max: number
  /** Transactions that wait for a connection. */
  waiting: number
}

export const poolFigures = new Map<string, PoolFigures>()
const poolNames = new WeakMap<Sql, string>()

/** A pool whose statements, locks and idle transactions all have time limits. `bigint` is read as number, `date` as AAAA-MM-JJ. */
export function createPool(options: PoolOptions): Sql {
  const sql = postgres(options.url, {
    max: options.max,
    connect_timeout: 10,
    backoff: () => reconnectSeconds,
    idle_timeout: options.max === 1 ? 0 : 60,
    max_lifetime: null,
    types: {
      bigint: { to: 20, from: [20], parse: Number, serialize: String },
      timestamptz: { to: 1184, from: [1184], parse: toDate, serialize: fromDate },
      date: { to: 1082, from: [1082], parse: (day: string) => day, serialize: (day: string) => day },
      list: { to: 1009, from: listTypes, parse: (list: string) => list, serialize: toArrayLiteral },
    },
    fetch_types: false,
    transform: { column: { from: postgres.toCamel } },
    onnotice: () => {},
    onclose: options.onclose,
    ...ownLine,
    connection: {
      application_name: `guichet ${options.name}`,
      TimeZone: 'UTC',
      statement_timeout: options.statementTimeoutMs ?? 10_000,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 15_000,
      ...(options.role && { role: options.role }),
    },
  }) as Sql
  poolNames.set(sql, options.name)
  poolFigures.set(options.name, { max: options.max, waiting: 0 })
  return sql
}

/** In ISO's own form: without its `T`, JavaScript takes the year 50 for 1950. The session is in UTC. */
const toDate = (instant: string) =>
  new Date(`${instant.slice(0, 10)}T${instant.slice(11).replace('+00', 'Z')}`)
const fromDate = (instant: Date | string) => new Date(instant).toISOString()

/**
 * Arrays as parameters: boolean[], integer[], text[], bigint[], date[], timestamptz[], uuid[]. Named here because
 * postgres.js 3.4.9 would ask for them on every new line, and when that line breaks meanwhile it rejects a promise
 * that nobody holds: the process ends. (Arrays in results stay text: let PostgreSQL make JSON of them.)
 * Then `sql.reserve()` must not be used: on a line that is not open yet it would wait for ever.
 */
const listTypes = [1000, 1007, 1009, 1016, 1182, 1185, 2951]

function toArrayLiteral(list: readonly (string | number | boolean | null)[]): string {
  const item = (one: string | number | boolean | null) =>
    one === null ? 'null' : `"${String(one).replace(/["\\]/g, String.raw`\$&`)}"`
  return `{${list.map(item).join(',')}}`
}

/** An option that the driver documents, and its types do not know. */
const ownLine = { socket: openLine }

/**
 * When a line closes after an error, postgres.js 3.4.9 takes it that every statement was told of the error, and
 * forgets those sent since: who waits for one waits for ever. So a line that was up closes without an error,
 * and each statement that is left is rejected. (Within TLS, `sslmode` in the URL, the driver is as it is.)
 */
function openLine({ host, port, path }: { host: string[]; port: number[]; path?: string | false }): Socket {
  const line = new Socket()
  let up = false
  line.once('connect', () => {
    up = true
  })
  const emit = line.emit.bind(line) as (event: string, ...values: unknown[]) => boolean
  line.emit = (event: string, ...values: unknown[]) =>
    event === 'close' && up ? emit(event, false) : emit(event, ...values)
  return path ? line.connect(path) : line.connect(port[0]!, host[0]!)
}

/** Runs one statement in a client span named after what it does; its text and values stay out of the trace. */
export function query<T>(name: string, statement: PromiseLike<T>): Promise<T> {
  return inDatabaseSpan(name, async () => await statement)
}

/** A span of its own within a request or reaction; the loops that only look for work leave no trace. */
async function inDatabaseSpan<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!trace.getActiveSpan()) return await work()
  const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name }
  const request = currentWork()
  request?.databaseBegins()
  try {
    return await inSpan(name, { kind: SpanKind.CLIENT, attributes }, work)
  } finally {
    request?.databaseEnds()
  }
}

/** One transaction, in one span; the relay is woken after the commit. */
export async function transaction<T>(
  db: Db,
  name: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const result = await inDatabaseSpan(name, () => begin(db.sql, work))
  db.committed.notify()
  return result
}

/**
 * `sql.begin`, made safe for a connection that is lost on the way. postgres.js 3.4.9 would send the next
 * statement, or its own `rollback` or `commit`, on the closed connection: a TypeError that nobody can catch
 * ends the process, or the pool keeps a slot that never sends again (porsager/postgres#1208). So once the
 * connection is gone nothing more is said on it; `sql.begin` then rejects by itself.
 */
export async function begin<T>(sql: Sql, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let lost: unknown
  const silent = () => new Promise<never>(() => {})
  // After what is under way in this turn, the rejection by `sql.begin` included.
  const settled = () => new Promise<void>((resolve) => process.nextTick(resolve))
  const begun = waitForConnection(sql)
  try {
    return (await sql.begin(async (tx) => {
      begun()
      const alive = new Proxy(tx, {
        apply(target, self, statement: unknown[]): unknown {
          if (lost) throw lost
          return Reflect.apply(target as (...args: unknown[]) => unknown, self, statement)
        },
      })
      try {
        const result = await work(alive)
        await settled()
        return lost ? await silent() : result
      } catch (error) {
        await settled()
        if (lost) return await silent()
        throw error
      }
    })) as T
  } catch (error) {
    lost = error
    throw error
  } finally {
    begun()
  }
}

/** Counts one more who waits; returns what to call when the wait is over, however it ended. */
function waitForConnection(sql: Sql): () => void {
  const name = poolNames.get(sql)
  const figures = name === undefined ? undefined : poolFigures.get(name)
  if (name === undefined || !figures) return () => {}
  const since = performance.now()
  let over = false
  figures.waiting++
  return () => {
    if (over) return
    over = true
    figures.waiting--
    connectionWait.record((performance.now() - since) / 1000, name)
  }
}

/** Is this PostgreSQL refusing a row because of that unique key, primary key or exclusion? */
export function violates(error: unknown, constraint: string): boolean {
  return (
    error instanceof postgres.PostgresError &&
    (error.code === '23505' || error.code === '23P01') &&
    error.constraint_name === constraint
  )
}
