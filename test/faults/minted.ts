import { createPrivateKey, createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto'
import { demoAccounts } from '../../infra/issuer/accounts.ts'
import { hubAudience } from '../../infra/issuer/clients.ts'
import type { Session } from '../demo/sign-in.ts'
import { makeToken, type SigningKey } from '../gateway/token-source.ts'
import type { Cluster } from './cluster.ts'

/**
 * A session of a demonstration account with tokens that the cluster's issuer could have signed.
 * @param aheadHours by how much the clock of that issuer is ahead
 */
export async function mintedSession(cluster: Cluster, who: string, aheadHours = 0): Promise<Session> {
  const account = demoAccounts.find(({ identifiant }) => identifiant === who)!
  const key = await signingKey(cluster)
  return { token: async () => mint(cluster, key, account.sub, account.roles, aheadHours) }
}

/** A session of somebody whom the cluster has never seen, with tokens that its issuer could have signed. */
export async function mintedStranger(
  cluster: Cluster,
  roles: readonly string[] = ['usager'],
): Promise<Session> {
  const [key, sub] = [await signingKey(cluster), randomUUID()]
  const token = mint(cluster, key, sub, roles, 0)
  return { token: async () => token }
}

async function signingKey(cluster: Cluster): Promise<SigningKey> {
  const [row] = await cluster.database.sql<{ value: (JsonWebKey & { kid: string })[] }[]>`
    select value from issuer.key where name = 'signing'`
  const jwk = row!.value[0]!
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { kid: jwk.kid, privateKey, publicKey: createPublicKey(privateKey), jwk }
}

function mint(
  cluster: Cluster,
  key: SigningKey,
  sub: string,
  roles: readonly string[],
  aheadHours: number,
): string {
  const now = Math.floor(Date.now() / 1000) + aheadHours * 3600
  return makeToken(key, {
    iss: `${cluster.url}/realms/malakoff`,
    aud: [hubAudience],
    typ: 'Bearer',
    azp: 'mobile',
    sub,
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
    realm_access: { roles },
  })
}
