import type { Redis as Client } from 'ioredis'
import type { Logger } from './log.ts'

/** Older ones get no mends any more. */
const oldestMajor = 7
/** Full enough to say so, as a share of what the server may hold. */
const nearlyFull = 0.9

/** What the hub expects of the server at REDIS_URL; what production must not have is told, each thing once. */
export class RedisServer {
  readonly #log: Logger
  readonly #told = new Set<string>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Looks at the server on a line that has just been opened; returns the name of its life, its `run_id`. */
  async read(client: Client): Promise<string> {
    const info = new Map(
      (await client.info()).split('\r\n').map((line): [string, string] => {
        const [name = '', ...value] = line.split(':')
        return [name, value.join(':')]
      }),
    )
    const number = (name: string) => Number(info.get(name) ?? 0)
    const version = info.get('valkey_version') ?? info.get('redis_version') ?? ''
    if (Number.parseInt(version, 10) < oldestMajor)
      this.#warn(version, `this Redis is too old for production: ${oldestMajor} or newer is needed`)
    const limit = number('maxmemory')
    const policy = info.get('maxmemory_policy') ?? 'noeviction'
    if (limit > 0 && policy !== 'noeviction')
      this.#warn(
        version,
        `this Redis forgets tickets and counts when it is full (maxmemory-policy ${policy}): set noeviction`,
      )
    if (limit > 0 && number('used_memory') > nearlyFull * limit)
      this.#warn(version, 'this Redis is nearly full (maxmemory): it will soon take nothing more')
    return info.get('run_id') ?? ''
  }

  #warn(version: string, text: string): void {
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#log.warn({ version }, text)
  }
}
