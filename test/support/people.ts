import { createPrivateKey, createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { demoSystem, hubAudience } from '../../infra/issuer/clients.ts'
import { persist } from '../demo/client.ts'
import { type Session, signIn, signInSystem } from '../demo/sign-in.ts'
import { makeToken, type SigningKey } from '../gateway/token-source.ts'
import { Api, hubUrl } from './api.ts'
import { hubDatabase } from './hub-database.ts'

/** Who calls the hub in tests. Each person signs in once per test file, at the first request. */

/** Who signs the tokens that this hub takes. */
export const issuer = process.env.TEST_ISSUER ?? `${hubUrl}/realms/malakoff`

export const anonyme = new Api(async () => null)

const sessions = new Map<string, Promise<Session>>()

function session(name: string, open: () => Promise<Session>): Promise<Session> {
  const known = sessions.get(name) ?? open()
  sessions.set(name, known)
  return known
}

/** A person of the demonstration, through the login page. */
export function person(identifiant: string): Api {
  return new Api(async () => await (await session(identifiant, () => newSession(identifiant))).token())
}

/**
 * A sign-in of one's own as a person of the demonstration. Keycloak turns away the second of two who sign in as one person
 * at the same moment, as two test files may: who knows the password tries again.
 */
export function newSession(identifiant: string, client?: string): Promise<Session> {
  return persist(() => signIn(hubUrl, identifiant, demoPassword, client))
}

/** The staff system of the demonstration, with the scopes `evenements` and `evenements:dossier`. */
export function system(): Api {
  const open = () => signInSystem(hubUrl, demoSystem.clientId, demoSystem.secret)
  return new Api(async () => await (await session(demoSystem.clientId, open)).token())
}

/** Somebody whom the hub has never seen, with these roles: nothing that other tests do is theirs. */
export function stranger(roles: readonly string[] = ['usager'], claims: object = {}): Api {
  const sub = randomUUID()
  let token: Promise<string> | undefined
  return new Api(() => {
    token ??= issuedToken({ sub, realm_access: { roles }, ...claims })
    return token
  })
}

/** A token that the issuer of this hub could have signed, with its own key; `claims` replace the usual ones. */
export async function issuedToken(
  claims: object = {},
  header: object = {},
  key?: SigningKey,
): Promise<string> {
  return makeToken(key ?? (await issuerKey()), { ...issuedClaims(), ...claims }, header)
}

/** The claims of a token of the issuer, of somebody new. */
export function issuedClaims(): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    aud: [hubAudience],
    typ: 'Bearer',
    azp: 'mobile',
    sub: randomUUID(),
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
    realm_access: { roles: ['usager'] },
  }
}

/** A key that the issuer signs with: one of its own, or one that the set-up has given to Keycloak. */
export async function issuerKey(): Promise<SigningKey> {
  const given = process.env.TEST_ISSUER_KEY
  if (given) return keyOf(JSON.parse(given) as JsonWebKey & { kid: string })
  const [row] = await hubDatabase()<{ value: (JsonWebKey & { kid: string })[] }[]>`
    select value from issuer.key where name = 'signing'`
  return keyOf(row!.value[0]!)
}

function keyOf(jwk: JsonWebKey & { kid: string }): SigningKey {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { kid: jwk.kid, privateKey, publicKey: createPublicKey(privateKey), jwk }
}
