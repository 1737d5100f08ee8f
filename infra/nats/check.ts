import { ConfigError } from '../config.ts'
import type { Logger } from '../log.ts'
import { Loop, pause } from '../loop.ts'
import type { Nats } from '../nats.ts'
import { covers, type Permissions, userInfo } from './permissions.ts'

/** How often a running process looks whether somebody has taken a permission from it. */
const checkMs = 15_000
/** So many are named. */
const named = 3

type Rule = { allow?: string[]; deny?: string[] } | undefined
interface UserInfo {
  data?: { permissions?: { publish?: Rule; subscribe?: Rule } }
}

/**
 * Refuses to go on without a permission. It asks first, for what happens otherwise is worse than an end: Moleculer's
 * transporter is deaf from the first subscription that is denied, and does not know it.
 * @throws ConfigError that names what is missing
 */
export async function requirePermissions(nats: Nats, needed: Permissions, log: Logger): Promise<void> {
  const given = await ask(nats)
  if (!given) return log.warn({}, `NATS does not say what this process may do (${userInfo})`)
  const missing = missingIn(given, needed)
  if (missing.length > 0)
    throw new ConfigError(
      `NATS does not let this process ${tell(missing)}: see to its user (infra/nats/users.conf).`,
    )
  if (!given.data?.permissions)
    log.warn({}, 'NATS lets this process do everything: give it a user of its own (infra/nats/users.conf)')
}

/**
 * Ends the process when NATS takes a permission from it, for a server that reads its configuration anew drops
 * subscriptions without a word. Started again, it says what it lacks.
 */
export function watchPermissions(nats: Nats, needed: Permissions, log: Logger): Loop {
  return new Loop('permissions', log, async (stop) => {
    await pause(checkMs, stop)
    if (stop.aborted) return
    const given = await ask(nats)
    const missing = given ? missingIn(given, needed) : []
    if (missing.length === 0) return
    log.error({ missing: missing.slice(0, named) }, 'NATS has taken a permission away: this process ends')
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
    await pause(checkMs, stop)
  })
}

/** Null when nobody answers: NATS is away, or too old to know the question. */
async function ask({ connection }: Nats): Promise<UserInfo | null> {
  try {
    return (await connection.request(userInfo, '', { timeout: 5_000 })).json<UserInfo>()
  } catch (error) {
    if ((error as { code?: string }).code !== 'PERMISSIONS_VIOLATION') return null
    return { data: { permissions: { publish: { allow: [] } } } }
  }
}

/** `publish <subject>` or `subscribe <subject>`, for each that is needed and not given. */
export function missingIn({ data }: UserInfo, needed: Permissions): string[] {
  return (['publish', 'subscribe'] as const).flatMap((verb) => {
    const { allow, deny = [] } = data?.permissions?.[verb] ?? {}
    const may = (subject: string) =>
      (allow?.some((pattern) => covers(pattern, subject)) ?? true) &&
      !deny.some((pattern) => covers(pattern, subject) || covers(subject, pattern))
    return needed[verb].filter((subject) => !may(subject)).map((subject) => `${verb} ${subject}`)
  })
}

function tell(missing: readonly string[]): string {
  const more = missing.length - named
  return `${missing.slice(0, named).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
