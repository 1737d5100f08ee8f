import { NatsError } from 'nats'
import postgres from 'postgres'
import { Refusal } from '../contracts/errors.ts'
import { RedisAway } from './redis.ts'

/**
 * SQLSTATE of a database that is away or has no room: lost connections (08), disk, memory and connections (53),
 * shutdown and recovery (57P), failed I/O (58), a standby that takes no writes.
 */
const away = /^(08|53|57P|58)|^25006$/
/** SQLSTATE of a statement that was in another's way: deadlock and serialization (40), and our time limits. */
const inTheWay = /^40|^(55P03|57014|25P03)$/
const lostLine = /^(CONNECT|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN)/
/** NATS does not answer, elects a leader, or has lost the stream or consumer that we look for: it is made again. */
const noBus = /^(TIMEOUT|503|408|CONNECTION_|DISCONNECT|10008|10009|10014|10023|10059|10077|10118)/
const noRoom = /^(ENOSPC|EDQUOT|EIO|EROFS|EMFILE|ENFILE)$/

/** Is the database, the bus, Redis or the disk away, or full? Then nothing is wrong with what was asked: it is for later. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error)
  if (error instanceof postgres.PostgresError) return away.test(code)
  if (error instanceof NatsError) return noBus.test(String(error.api_error?.err_code ?? code))
  if (error instanceof RedisAway) return true
  return lostLine.test(code) || noRoom.test(code)
}

/** Will it pass by itself: something is away, or this statement was in another's way? */
export function isPassing(error: unknown): boolean {
  return isAway(error) || (error instanceof postgres.PostgresError && inTheWay.test(codeOf(error)))
}

/** What a caller is told: `service-indisponible` for what will pass, anything else as it is. */
export function refuseIfPassing(error: unknown): unknown {
  return isPassing(error) ? new Refusal('service-indisponible') : error
}

/** Its SQLSTATE or the system's name for it; empty when it has none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
