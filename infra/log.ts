import pino, { type Logger } from 'pino'
import { trace } from '@opentelemetry/api'
import type { Config } from './config.ts'

export type { Logger } from 'pino'

/**
 * JSON lines on standard output (readable ones on a terminal), each with the active trace. What could be
 * personal or secret is cut by name, as a net under the rule that nobody logs it.
 */
export function createLogger(config: Pick<Config, 'logLevel' | 'logPretty'>): Logger {
  return pino({
    level: config.logLevel,
    base: null,
    redact: {
      paths: [
        'authorization',
        'cookie',
        'password',
        'token',
        'formulaire',
        'texte',
        'motivation',
        'nom',
        'courriel',
      ].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
    serializers: { err: describeError, error: describeError },
    mixin() {
      const span = trace.getActiveSpan()?.spanContext()
      return span ? { traceId: span.traceId, spanId: span.spanId } : {}
    },
    ...(config.logPretty && {
      transport: {
        target: 'pino-pretty',
        options: { ignore: 'spanId', translateTime: 'HH:MM:ss', singleLine: true },
      },
    }),
  })
}

/**
 * What may be known of an error: PostgreSQL's `detail`, `where` and `parameters` quote the values of a
 * citizen's row, so only codes and names of things pass.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error }
  const known = error as Error & Record<string, unknown>
  const fromDatabase = 'severity' in known && !String(known.code).startsWith('42') // 42: our SQL is wrong
  return {
    name: error.name,
    code: known.code,
    message: fromDatabase ? undefined : error.message,
    constraint: known.constraint_name,
    table: known.table_name,
    stack: fromDatabase ? error.stack?.split('\n').slice(1).join('\n') : error.stack,
    cause: error.cause ? describeError(error.cause) : undefined,
  }
}
