import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Config, ConfigError } from './config.ts'
import { natsLogin } from './nats.ts'
import { partsOf, wholeHub } from './nats/permissions.ts'
import type { ServiceDefinition } from './service.ts'

const services = join(resolve(import.meta.dirname, '..'), 'services')

/** What a process can run: `hub` (the relay, the publisher and the hub's own actions), `gateway`, and each service. */
export async function allParts(): Promise<string[]> {
  return ['hub', 'gateway', ...(await serviceNames())]
}

export async function serviceNames(): Promise<string[]> {
  return (await readdir(services)).toSorted()
}

/**
 * What `--services` chooses; without it, everything.
 * @throws ConfigError for a name that is none, when the parts could not find each other, or for another NATS user
 */
export async function readParts(text: string | undefined, config: Config): Promise<ReadonlySet<string>> {
  const known = await allParts()
  const parts = text === undefined ? new Set(known) : chosen(text, known, config)
  const { user } = config.natsUrl ? natsLogin(config.natsUrl) : {}
  if (user && [...parts].some((part) => !partsOf(user, known).includes(part)))
    throw new ConfigError(
      `NATS_URL logs in as ${user}: a process that runs ${[...parts].join(', ')} logs in as ${userOf(parts, known)}.`,
    )
  return parts
}

function userOf(parts: ReadonlySet<string>, known: readonly string[]): string {
  return parts.size === known.length ? wholeHub : [...parts].join('-')
}

function chosen(text: string, known: readonly string[], config: Config): ReadonlySet<string> {
  if (!config.natsUrl)
    throw new ConfigError('--services needs NATS_URL: the processes of one hub find each other there.')
  if (!config.databaseUrl)
    throw new ConfigError('--services needs DATABASE_URL: the processes of one hub share their database.')
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new ConfigError(`--services: ${unknown.join(', ')}: there are ${known.join(', ')}.`)
  return new Set(names)
}

export async function loadServices(): Promise<ServiceDefinition[]> {
  const loaded: ServiceDefinition[] = []
  for (const name of await serviceNames()) {
    const module = (await import(join(services, name, `${name}.service.ts`))) as {
      default: ServiceDefinition
    }
    loaded.push(module.default)
  }
  return loaded
}
