import { createPrivateKey, createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto'
import { demoAccounts } from '../../infra/issuer/accounts.ts'
import { hubAudience } from '../../infra/issuer/clients.ts'
import type { Session } from '../demo/sign-in.ts'
import { makeToken } from '../gateway/token-source.ts'
import type { Cluster } from './cluster.ts'

/**
 * A session of a demonstration account with tokens that the cluster's issuer could have signed.
 * @param aheadHours by how much the clock of that issuer is ahead
 */
export async function mintedSession(cluster: Cluster, who: string, aheadHours = 0): Promise<Session> {
  const [row] = await cluster.database.sql<{ value: (JsonWebKey & { kid: string })[] }[]>`
    select value from issuer.key where name = 'signing'`
  const jwk = row!.value[0]!
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  const key = { kid: jwk.kid, privateKey, publicKey: createPublicKey(privateKey), jwk }
  const account = demoAccounts.find(({ identifiant }) => identifiant === who)!
  return {
    async token() {
      const now = Math.floor(Date.now() / 1000) + aheadHours * 3600
      return makeToken(key, {
        iss: `${cluster.url}/realms/malakoff`,
        aud: [hubAudience],
        typ: 'Bearer',
        azp: 'mobile',
        sub: account.sub,
        iat: now,
        exp: now + 300,
        jti: randomUUID(),
        realm_access: { roles: account.roles },
      })
    },
  }
}
