import { chmodSync } from 'node:fs'
import { demoRealm, readRealm } from '../keycloak/demo-realm.ts'
import { wholeHub } from '../nats/permissions.ts'
import { allParts } from '../parts.ts'
import { natsPasswords, natsRoutes, natsUserSecret, staff } from './servers/nats.ts'
import { redisUsers } from './servers/redis.ts'
import { type Site, writeWhole } from './site.ts'

/** Where the hub finds the servers: `host:port`. */
interface Addresses {
  readonly postgres: string
  readonly redis: string
  readonly nats: readonly string[]
}

/**
 * Writes the variables that let the hub run on this stack: `hub.env` for a process of everything, `parts/<part>.env` for
 * one of a part, `staff/<user>.env` for a staff system.
 * @param traced Jaeger runs
 */
export async function writeEnvironments(site: Site, traced: boolean): Promise<void> {
  const at = (usual: number) => `127.0.0.1:${site.port(usual)}`
  const addresses = { postgres: at(5432), redis: at(6379), nats: [at(4222), at(4223), at(4224)] }
  const hub = (user: string) => ({
    ...hubVariables(site, addresses, user),
    KEYCLOAK_URL: `http://${at(8080)}`,
    HUB_DATA: site.at('hub'),
    ...(traced && { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${at(4318)}` }),
  })
  write(site.at('hub.env'), hub(wholeHub))
  for (const part of await allParts()) write(site.at('parts', `${part}.env`), hub(part))
  for (const user of staff.keys())
    write(site.at('staff', `${user}.env`), { NATS_URL: natsUrl(site, addresses.nats, user) })
}

/** Writes what infra/compose.yaml takes from outside: passwords, and the realm of the demonstration. */
export async function writeComposeFiles(site: Site): Promise<void> {
  const hosts = ['nats-1', 'nats-2', 'nats-3']
  const addresses = {
    postgres: 'postgres:5432',
    redis: 'redis:6379',
    nats: hosts.map((host) => `${host}:4222`),
  }
  const parts = await allParts()
  for (const part of parts) write(site.at(`${part}.env`), hubVariables(site, addresses, part))
  write(site.at('postgres.env'), {
    POSTGRES_PASSWORD: site.secret('postgres'),
    GUICHET_PASSWORD: site.secret('guichet'),
    KEYCLOAK_PASSWORD: site.secret('keycloak'),
  })
  write(site.at('keycloak.env'), {
    KC_DB_PASSWORD: site.secret('keycloak'),
    KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
    KC_BOOTSTRAP_ADMIN_PASSWORD: site.secret('keycloak-admin'),
  })
  const routes = hosts.map((host) => `${host}:6222`)
  write(site.at('nats.env'), { ...natsRoutes(site, routes), ...natsPasswords(site, parts) })
  const users = site.at('redis-users.acl')
  writeWhole(users, await redisUsers(site))
  // Redis reads it as an account of its own; the folder is closed to others.
  chmodSync(users, 0o644)
  writeWhole(site.at('demo-realm.json'), JSON.stringify(demoRealm(readRealm())))
  chmodSync(site.at('demo-realm.json'), 0o644)
  chmodSync(site.folder, 0o700)
}

/** @param user of NATS: its name says what the process runs */
function hubVariables(site: Site, { postgres, redis, nats }: Addresses, user: string) {
  return {
    DATABASE_URL: `postgres://guichet:${site.secret('guichet')}@${postgres}/guichet`,
    NATS_URL: natsUrl(site, nats, user),
    NATS_STAFF: [...staff].map(([name, aggregates]) => `${name}=${aggregates}`).join(','),
    REDIS_URL: `redis://guichet:${site.secret('redis')}@${redis}`,
  }
}

function natsUrl(site: Site, addresses: readonly string[], user: string): string {
  const login = `${user}:${site.secret(natsUserSecret(user))}@`
  return addresses.map((address, n) => `nats://${n === 0 ? login : ''}${address}`).join(',')
}

/** Read alike by a shell, by `node --env-file` and by Docker. */
function write(file: string, variables: Readonly<Record<string, string>>): void {
  writeWhole(
    file,
    Object.entries(variables)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  )
}
