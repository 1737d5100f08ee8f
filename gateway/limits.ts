import type { Config } from '../infra/config.ts'
import type { Route } from './routes.ts'

/** Every limit of the HTTP face that is no variable; docs/limits.md explains each and lists those of other places. */
export type Limits = Readonly<Record<keyof typeof limits, number>>

export const limits = {
  /** Headers of one request, in bytes and milliseconds. */
  headerBytes: 16_384,
  headersMs: 15_000,
  /** A JSON or form body, in bytes and milliseconds. */
  bodyBytes: 128 * 1024,
  bodyMs: 15_000,
  /** A file on its way, up or down, in milliseconds: 25 MB at 28 kB a second. */
  transferMs: 15 * 60_000,
  /** A connection on which nothing moves, in milliseconds. */
  idleMs: 60_000,
  /** A connection kept for a next request, in milliseconds: longer than the 60 s of common proxies. */
  keepAliveMs: 65_000,
  requestsPerConnection: 10_000,
  /** How many may wait for their turn, as a multiple of those whose turn it is. */
  roomFactor: 4,
  /** How long a request may wait for its turn, in milliseconds. */
  patienceMs: 1_000,
  /** A connection on which something was refused is not read for so long, in milliseconds. */
  restMs: 1_000,
  /** Work for health and administrators goes on beside an overload. */
  reservedInFlight: 8,
  streamsPerAccount: 6,
  transfersPerAccount: 12,
  /** What an order without account costs its address: 100 a minute, and no more, as it is set up. */
  anonymousOrder: 300,
  /** A staff system's allowance, as a multiple of a person's. */
  systemFactor: 10,
}

/** Half of the connections may be live streams, and half may come from one address that is no trusted proxy. */
export function shareOf({ maxConnections }: Pick<Config, 'maxConnections'>): number {
  return Math.ceil(maxConnections / 2)
}

/** What one request of this route costs: lists and files more than one row, because they take more work. */
export function weightOf({ method, action, transport }: Route): number {
  const { shape } = action.params
  if (transport === 'upload') return 10
  if (transport !== 'json') return 5
  if ('texte' in shape && method === 'GET') return 5
  if ('apres' in shape) return 3
  return method === 'GET' ? 1 : 2
}

/** What it costs the address of somebody without account; a staff system's key is not known yet here. */
export function anonymousWeightOf(route: Route): number {
  return route.method === 'POST' && route.transport === 'json' ? limits.anonymousOrder : weightOf(route)
}
