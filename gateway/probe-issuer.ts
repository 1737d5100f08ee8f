import { z } from 'zod'
import type { Logger } from '../infra/log.ts'

const patienceMs = 5000

/**
 * Asks Keycloak once, at start, who it is, and warns when nobody will be able to sign in: it does not answer, it
 * has no such realm, or it signs its tokens under another address than `KEYCLOAK_URL`. The hub serves all the same:
 * Keycloak may well start after it. (OpenID Connect Discovery 1.0, section 4.)
 * @param realm `<KEYCLOAK_URL>/realms/malakoff`
 */
export async function probeIssuer(realm: string, log: Logger): Promise<void> {
  const address = `${realm}/.well-known/openid-configuration`
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(patienceMs), redirect: 'error' })
    if (!response.ok) {
      log.warn(
        { status: response.status },
        `nobody can sign in: ${address} answers ${response.status}, is the realm there?`,
      )
      return
    }
    const { issuer } = z.object({ issuer: z.string().max(500) }).parse(await response.json())
    if (issuer !== realm)
      log.warn({}, `nobody can sign in: Keycloak signs as ${issuer}, but KEYCLOAK_URL makes it ${realm}`)
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name
    log.warn(
      { code },
      `nobody can sign in until Keycloak answers: check KEYCLOAK_URL, ${address} does not (${code})`,
    )
  }
}
