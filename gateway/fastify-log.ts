import type { FastifyBaseLogger } from 'fastify'
import type { Logger } from '../infra/log.ts'

/**
 * What Fastify has to say by itself, warnings and errors only. Its texts and objects name the address asked, so
 * only the error passes, described as everywhere. No child per request: the request's own line has its trace.
 */
export function fastifyLog(log: Logger): FastifyBaseLogger {
  const nothing = () => {}
  const warn = (details: unknown) => log.warn({ err: errorIn(details) }, 'fastify')
  const error = (details: unknown) => log.error({ err: errorIn(details) }, 'fastify')
  const logger: FastifyBaseLogger = {
    level: 'warn',
    silent: nothing,
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn,
    error,
    fatal: error,
    child: () => logger,
  }
  return logger
}

function errorIn(details: unknown): unknown {
  if (details instanceof Error || typeof details !== 'object' || details === null) return details
  return 'err' in details ? details.err : details
}
