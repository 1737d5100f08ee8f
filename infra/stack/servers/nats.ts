import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { wholeHub } from '../../nats/permissions.ts'
import { usersConf } from '../../nats/users.ts'
import { allParts, loadServices } from '../../parts.ts'
import { findProgram } from '../programs.ts'
import { configuration, isOk, link, type Server } from '../server.ts'
import { type Site, writeWhole } from '../site.ts'

/** Staff systems of the demonstration, with what each may read. */
export const staff: ReadonlyMap<string, string> = new Map([['systeme-ged', 'dossier+document']])

/** The name of a user's password among the secrets. */
export const natsUserSecret = (user: string) => `nats-${user}`

/** The variables of users.conf. */
export function natsPasswords(site: Site, parts: readonly string[]): Record<string, string> {
  const users = ['admin', wholeHub, ...parts, ...staff.keys()]
  return Object.fromEntries(
    users.map((user) => [
      `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`,
      JSON.stringify(site.secret(natsUserSecret(user))),
    ]),
  )
}

/** How the servers find each other: the addresses of all of them. */
export function natsRoutes(site: Site, addresses: readonly string[]): Record<string, string> {
  const password = site.secret('nats-route')
  const routes = addresses.map((address) => JSON.stringify(`nats://route:${password}@${address}`))
  return { NATS_ROUTES: `[${routes.join(', ')}]`, NATS_ROUTE_PASSWORD: JSON.stringify(password) }
}

export function natsServer(site: Site, n: number): Server {
  const [port, cluster, monitor] = [4222, 6222, 8222].map((usual) => site.port(usual + n - 1))
  const routes = [0, 1, 2].map((i) => `127.0.0.1:${site.port(6222 + i)}`)
  return {
    name: `nats-${n}`,
    url: `nats://127.0.0.1:${port}`,
    ports: [port!, cluster!, monitor!],
    signal: 'SIGTERM',
    async prepare() {
      const folder = site.at(`nats-${n}`)
      await mkdir(folder, { recursive: true })
      const parts = await allParts()
      // Beside the servers' own file, which includes it.
      writeWhole(
        join(folder, 'users.conf'),
        usersConf(parts, await loadServices(), [...staff.keys()], [wholeHub]),
      )
      await link(configuration('nats/server.conf'), join(folder, 'server.conf'))
      return {
        command: [await findProgram('nats-server'), '-c', join(folder, 'server.conf')],
        configuration: ['server.conf', 'users.conf'].map((name) => join(folder, name)),
        env: {
          NATS_SERVER_NAME: `n${n}`,
          NATS_STORE: JSON.stringify(folder),
          NATS_LISTEN: `127.0.0.1:${port}`,
          NATS_CLUSTER_LISTEN: `127.0.0.1:${cluster}`,
          NATS_MONITOR: `127.0.0.1:${monitor}`,
          ...natsRoutes(site, routes),
          ...natsPasswords(site, parts),
        },
      }
    },
    answers: () => isOk(`http://127.0.0.1:${monitor}/healthz`),
  }
}
