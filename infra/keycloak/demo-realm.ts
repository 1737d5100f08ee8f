import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DemoAccount, demoAccounts, demoPassword } from '../issuer/accounts.ts'
import { demoSystem, loopbackOrigins } from '../issuer/clients.ts'

/** What this file reads of a realm; Keycloak's `RealmRepresentation` has some hundred fields more. */
export interface Realm {
  readonly clients: readonly RealmClient[]
  readonly users: readonly object[]
  readonly [field: string]: unknown
}

export interface RealmClient {
  readonly clientId: string
  readonly publicClient: boolean
  readonly redirectUris: readonly string[]
  readonly webOrigins: readonly string[]
  readonly [field: string]: unknown
}

/** The production realm: nobody in it can sign in yet, and no secret is known. */
export function readRealm(): Realm {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'malakoff-realm.json'), 'utf8')) as Realm
}

/**
 * The realm as a demonstration: with the people of the embedded issuer, who all have its public password, the public
 * secret of its staff system, and front ends on any port of one's own machine. Never for production.
 */
export function demoRealm(realm: Realm): Realm {
  return {
    ...realm,
    displayName: `${String(realm.displayName)} (démonstration)`,
    clients: realm.clients.map((client) =>
      client.publicClient ? developed(client) : { ...client, secret: demoSystem.secret },
    ),
    users: [...realm.users, ...demoAccounts.map(toUser)],
  }
}

/** Keycloak lets a loopback address have any port (RFC 8252, section 7.3), but not an origin: hence `*`, for its own answers. */
function developed(client: RealmClient): RealmClient {
  const hosts = ['http://localhost', 'http://127.0.0.1']
  return {
    ...client,
    redirectUris: [
      ...client.redirectUris,
      ...hosts.flatMap((host) => [`${host}/retour`, `${host}/callback`, `${host}/`]),
    ],
    webOrigins: [...client.webOrigins, ...loopbackOrigins, '*'],
  }
}

function toUser(account: DemoAccount): object {
  return {
    id: account.sub,
    username: account.identifiant,
    email: account.courriel,
    emailVerified: true,
    firstName: account.prenom,
    lastName: account.nom,
    enabled: true,
    credentials: [{ type: 'password', value: demoPassword, temporary: false }],
    realmRoles: account.roles.includes('usager') ? ['default-roles-malakoff'] : [],
    groups: account.roles.flatMap((role) => groupOf(role) ?? []),
  }
}

function groupOf(role: string): string | undefined {
  if (role.startsWith('agent:')) return `/agents/${role.slice('agent:'.length)}`
  return { aidant: '/aidants', administrateur: '/administrateurs' }[role]
}

// node infra/keycloak/demo-realm.ts > data/import/malakoff-realm.json
if (import.meta.main) process.stdout.write(`${JSON.stringify(demoRealm(readRealm()), null, 2)}\n`)
