import { trace } from '@opentelemetry/api'
import pino from 'pino'
import { z } from 'zod'
import type { Config } from './config.ts'

/**
 * Everything a log line may hold beside its message. Nothing is cut out afterwards: what is not in this list
 * does not compile, and nothing in it can hold what a person said (no free text, no name, no address of theirs).
 * A new field is added here, by somebody who has asked what it may carry; test/observe/ proves the whole.
 */
export interface LogFields {
  /** Any error: told as `describeError` does, never with values. */
  err?: unknown
  service?: string
  /** The work: a request, a reaction, a timer, a loop. */
  method?: string
  /** The pattern, never the address. */
  route?: string
  consumer?: string
  timer?: string
  loop?: string
  /** What is worked on: the id of an object, or `<aggregate>/<id>`. */
  subject?: string | undefined
  type?: string
  rang?: number
  sequence?: number
  attempt?: number
  /** Who asks: the kind of principal and the front end, never the person nor their network address. */
  principal?: string
  client?: string | undefined
  /** How it ended. */
  status?: number
  code?: string | undefined
  outcome?: string
  aborted?: true | undefined
  replayed?: true | undefined
  failures?: number
  /** Sizes and times; milliseconds unless the name says otherwise. */
  ms?: number
  lagMs?: number
  aheadMs?: number
  nextTryInMs?: number
  waitSeconds?: number
  bytesIn?: number | undefined
  bytesOut?: number | undefined
  sql?: number | undefined
  sqlMs?: number | undefined
  dropped?: number
  lanes?: number
  documents?: number
  /** Which NATS server. */
  server?: string
  /** Permissions that NATS does not give: `publish <subject>`. */
  missing?: readonly string[]
  fichiers?: number
  /** What an antivirus says of itself, and how it calls what it found. */
  version?: string
  signature?: string
  traceId?: string | undefined
}

type Write = (fields: LogFields, message: string) => void

export interface Logger {
  readonly error: Write
  readonly warn: Write
  readonly info: Write
  readonly debug: Write
  child(fields: LogFields): Logger
}

/** Lines are written together, this often: a write for each costs as much as half a query. What a `kill -9` takes. */
const flushMs = 200
/** Bytes waiting for a reader that is too slow; beyond, lines are dropped: the log must never stop the hub. */
const maxWaiting = 16 * 1024 * 1024

/** JSON lines on standard output (readable ones on a terminal), each with the trace it belongs to. */
export function createLogger(config: Pick<Config, 'logLevel' | 'logPretty'>): Logger {
  const options: pino.LoggerOptions = {
    level: config.logLevel,
    base: null,
    serializers: { err: describeError },
    mixin(fields: LogFields) {
      const traceId = 'traceId' in fields ? undefined : trace.getActiveSpan()?.spanContext().traceId
      return traceId === undefined ? {} : { traceId }
    },
  }
  if (config.logPretty) {
    const pretty = { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss', singleLine: true } }
    return pino({ ...options, transport: pretty })
  }
  const output = pino.destination({ fd: 1, sync: false, minLength: 8192, maxLength: maxWaiting })
  setInterval(() => output.flush(), flushMs).unref()
  return pino(options, output)
}

/**
 * What may be known of an error: its name, codes, names of things, and where it happened. Its text only where
 * it cannot quote a value: PostgreSQL's `detail` shows a citizen's row, a JSON error the text it read, Node's
 * argument errors the argument, Fastify's the address that was asked.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error }
  const known = error as Error & Record<string, unknown>
  return {
    name: error.name,
    code: known.code,
    message: mayQuote(known) ? undefined : error.message,
    constraint: known.constraint_name,
    table: known.table_name,
    issues: error instanceof z.ZodError ? error.issues.slice(0, 10).map(describeIssue) : undefined,
    stack: error.stack?.split('\n').filter(isFrame).join('\n'),
    cause: error.cause ? describeError(error.cause) : undefined,
  }
}

function mayQuote(error: Error & { code?: unknown; severity?: unknown }): boolean {
  const code = String(error.code)
  if ('severity' in error) return !code.startsWith('42') // 42: our SQL is wrong
  return (
    error instanceof SyntaxError ||
    error instanceof z.ZodError ||
    /^(FST_|ERR_INVALID_|ERR_UNESCAPED_)/.test(code)
  )
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `/${issue.path.join('/')}: ${issue.code}`
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line)
}
