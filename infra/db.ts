import { SpanKind } from '@opentelemetry/api'
import postgres from 'postgres'
import { Signal } from './signal.ts'
import { inSpan } from './telemetry.ts'

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

/** A pool whose statements, locks and idle transactions all have time limits. `bigint` is read as number, `date` as AAAA-MM-JJ. */
export function createPool(options: PoolOptions): Sql {
  return postgres(options.url, {
    max: options.max,
    connect_timeout: 10,
    idle_timeout: options.max === 1 ? 0 : 60,
    max_lifetime: null,
    types: {
      bigint: { to: 20, from: [20], parse: Number, serialize: String },
      date: { to: 1082, from: [1082], parse: (day: string) => day, serialize: (day: string) => day },
    },
    transform: { column: { from: postgres.toCamel } },
    onnotice: () => {},
    onclose: options.onclose,
    connection: {
      application_name: `guichet ${options.name}`,
      TimeZone: 'UTC',
      statement_timeout: options.statementTimeoutMs ?? 10_000,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 15_000,
      ...(options.role && { role: options.role }),
    },
  }) as Sql
}

/** Runs one statement in a client span named after what it does; its text and values stay out of the trace. */
export function query<T>(name: string, statement: PromiseLike<T>): Promise<T> {
  return inSpan(
    name,
    { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql', 'db.query.summary': name } },
    async () => await statement,
  )
}

/** One transaction, in one span; the relay is woken after the commit. */
export async function transaction<T>(db: Db, name: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const result = await inSpan(
    name,
    { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql', 'db.query.summary': name } },
    () => db.sql.begin((tx) => work(tx)) as Promise<T>,
  )
  db.committed.notify()
  return result
}

/** Is this PostgreSQL refusing a row because of that unique or primary key? */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof postgres.PostgresError && error.code === '23505' && error.constraint_name === constraint
}
