import { z } from 'zod'
import type { Logger } from '../infra/log.ts'
import type { OddToken } from './verify-token.ts'

const patienceMs = 5_000
const retryMs = 5_000
/** Keycloak's `Date` has whole seconds; tokens that come from more than 10 s ahead are refused (verify-token.ts). */
const clockToleranceMs = 5_000
const maxClients = 100

const Discovery = z.object({ issuer: z.string().max(500) })

export interface ProbeOptions {
  /** `<KEYCLOAK_URL>/realms/malakoff` */
  readonly realm: string
  readonly production: boolean
  readonly now: () => Date
  readonly log: Logger
  /** Until Keycloak is asked again after it did not answer as it should, in milliseconds. */
  readonly retryMs?: number
}

/**
 * Asks Keycloak who it is, and warns when nobody will be able to sign in: it does not answer, it has no such realm,
 * or it signs its tokens under another address than `KEYCLOAK_URL`; also when its clock is not ours, or passwords
 * would travel in the clear. The hub serves all the same, and asks again until Keycloak answers: it may well start
 * after the hub. (OpenID Connect Discovery 1.0, section 4.)
 * @returns what ends the asking
 */
export function probeIssuer(options: ProbeOptions): () => void {
  const { realm, production, log } = options
  const stopped = new AbortController()
  if (production && !realm.startsWith('https:'))
    log.warn({}, 'KEYCLOAK_URL has no https: passwords and tokens travel in the clear')
  void (async () => {
    for (let told = ''; !stopped.signal.aborted; ) {
      const trouble = await ask(options)
      if (stopped.signal.aborted) return
      if (trouble === undefined) {
        if (told !== '') log.info({}, 'Keycloak answers: people can sign in')
        return
      }
      if (trouble !== told) log.warn({}, trouble)
      told = trouble
      await pause(options.retryMs ?? retryMs, stopped.signal)
    }
  })()
  return () => stopped.abort()
}

/** Why nobody can sign in, in one line; undefined when people can. */
async function ask({ realm, now, log }: ProbeOptions): Promise<string | undefined> {
  const address = `${realm}/.well-known/openid-configuration`
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(patienceMs), redirect: 'error' })
    if (!response.ok) return `nobody can sign in: ${address} answers ${response.status}, is the realm there?`
    const { issuer } = Discovery.parse(await response.json())
    if (issuer !== realm)
      return `nobody can sign in: Keycloak signs as ${issuer}, but KEYCLOAK_URL makes it ${realm}`
    const aheadMs = Date.parse(response.headers.get('date') ?? '') - now().getTime()
    if (Math.abs(aheadMs) > clockToleranceMs)
      log.warn(
        { aheadMs },
        'Keycloak’s clock is not the database’s: beyond ten seconds its tokens are refused',
      )
    return undefined
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name
    return `nobody can sign in until Keycloak answers: check KEYCLOAK_URL, ${address} does not (${code})`
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

const oddities: Readonly<Record<OddToken, string>> = {
  'not for us':
    'tokens of this client are refused: they are not addressed to the hub, its audience mapper is missing (docs/keycloak.md)',
  'long life':
    'tokens of this client live longer than five minutes, and so does a role that was taken away: see the lifespans of the realm and the client',
}

/** Tells what the issuer's own tokens show of its set-up: each thing once for each client. */
export function oddTokenTeller(log: Logger): (oddity: OddToken, client: string) => void {
  const told = new Set<string>()
  return (oddity, client) => {
    const key = `${oddity} ${client}`
    if (told.has(key) || told.size >= maxClients) return
    told.add(key)
    log.warn({ client }, oddities[oddity])
  }
}
