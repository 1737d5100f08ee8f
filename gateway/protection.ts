import type { Config } from '../infra/config.ts'
import type { Logger } from '../infra/log.ts'
import type { Redis } from '../infra/redis.ts'
import { AccountLimit } from './account-limit.ts'
import { createProxies } from './address.ts'
import { Allowance } from './allowance.ts'
import { BodyDeadlines } from './body-deadline.ts'
import { Connections } from './connections.ts'
import { Cors } from './cors.ts'
import { Door } from './door.ts'
import { type Limits, limits as usual, shareOf } from './limits.ts'
import { BareAnswers } from './problem.ts'
import { RateLimit } from './rate.ts'
import { securityHeaders } from './security-headers.ts'
import { Slots } from './slots.ts'

/** All that keeps the hub from being asked more than it can do, made from its settings. */
export type Protection = ReturnType<typeof createProtection>

export function createProtection(
  config: Config,
  log: Logger,
  { limits = usual, redis }: { limits?: Limits; redis?: Redis | undefined } = {},
) {
  const { patienceMs, reservedInFlight, streamsPerAccount, transfersPerAccount } = limits
  const slotsOf = (max: number) => new Slots({ max, room: limits.roomFactor * max, patienceMs })
  const share = shareOf(config)
  const headers = securityHeaders(config.publicUrl)
  const bare = new BareAnswers(headers)
  const deadlines = new BodyDeadlines(bare)
  const proxies = createProxies(config.trustedProxies)
  const cors = new Cors(config)
  const byAddress = new RateLimit({ perMinute: config.rateAddress })
  const slots = slotsOf(config.maxInFlight)
  const door = new Door({
    proxies,
    byAddress,
    cors,
    deadlines,
    headers,
    limits,
    log,
    overloaded: () => slots.full,
  })
  return {
    bare,
    byAddress,
    cors,
    deadlines,
    door,
    proxies,
    /** Calls of the API. */
    slots,
    /** Calls for health and administrators, who are needed most when there is too much of the others. */
    reserved: slotsOf(reservedInFlight),
    /** People whose token is seen for the first time. */
    newcomers: slotsOf(Math.ceil(config.maxInFlight / 4)),
    byAccount: new AccountLimit(config.rateAccount, () => door.count('compte'), redis),
    streams: new Allowance({ perAccount: streamsPerAccount, total: share }),
    transfers: new Allowance({ perAccount: transfersPerAccount, total: share }),
    connections: new Connections({
      max: config.maxConnections,
      maxPerAddress: share,
      proxies,
      turnAway: (socket) => {
        door.count('connexions')
        bare.end(socket, 'service-indisponible')
      },
    }),
  }
}
