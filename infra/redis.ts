import { createHash } from 'node:crypto'
import { Redis as Client } from 'ioredis'
import type { Logger } from './log.ts'
import { redisDuration, redisUp } from './metrics.ts'
import { RedisServer } from './redis-server.ts'

/** How long an answer is waited for, in milliseconds: whoever asks is a request that somebody waits for. */
const patienceMs = 50
/** One answer that is late is no outage; so many in a row are. */
const maxMisses = 3
/** In an outage nobody asks for so long, then one does. */
const restMs = 1_000
/** A line that has been silent for so long is given up and opened anew. */
const silenceMs = 1_000
/** A new line on which nobody has introduced himself for so long, too. */
const greetingMs = 3_000
/** How long a start waits for a first answer; it goes on without. */
const startPatienceMs = 2_000

/** What will not pass by itself. */
const refusals = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM'])

/** There is no answer of Redis, or none in time. Whether the order was carried out nobody knows. */
export class RedisAway extends Error {
  readonly code: string

  constructor(code: string) {
    super(`Redis does not answer: ${code}`)
    this.name = 'RedisAway'
    this.code = code
  }
}

/**
 * What the processes of one hub know together, at REDIS_URL: nothing that cannot be lost. It is asked by `ask`, and
 * whoever asks has something else to do when there is no answer: the hub is slower without it, and otherwise the same.
 */
export class Redis {
  readonly #client: Client
  readonly #log: Logger
  readonly #patienceMs: number
  readonly #server: RedisServer
  /** The life of the server that answers; null while none does. */
  #life: string | null = null
  /** Why nobody asks; null when all is well. */
  #trouble: string | null = null
  #misses = 0
  #restUntil = 0
  #probing = false
  #silentSince: number | null = null
  #greeting: NodeJS.Timeout | undefined
  /** Resolves when it is known whether it answers. */
  readonly #known = Promise.withResolvers<void>()

  /**
   * @param name shown to the administrators of Redis
   * @param patience how long an answer is waited for, in milliseconds
   */
  constructor(url: string, name: string, log: Logger, patience = patienceMs) {
    this.#log = log
    this.#patienceMs = patience
    this.#server = new RedisServer(log)
    this.#client = new Client({
      ...addressOf(url),
      connectionName: name,
      disableClientInfo: true,
      lazyConnect: true,
      connectTimeout: greetingMs,
      disconnectTimeout: 200,
      keepAlive: 10_000,
      // Nothing waits for a line: an order sent twice could take the ticket that the first one gave.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      // 50 ms, doubled up to 2 s, somewhere between half of it and all: processes must not come back in step.
      retryStrategy: (attempt) => Math.min(2_000, 25 * 2 ** attempt) * (0.5 + Math.random() / 2),
      // What leads now is found by asking for the address again.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    })
    this.#client.on('error', (error) => this.#fail(error))
    this.#client.on('connect', () => {
      this.#greeting = setTimeout(() => this.#client.disconnect(true), greetingMs)
    })
    this.#client.on('ready', () => void this.#greet())
    this.#client.on('close', () => {
      clearTimeout(this.#greeting)
      this.#life = null
      this.#fail(new RedisAway('CLOSED'))
    })
  }

  /** Opens the line; resolves when it is known whether Redis answers, within 2 s: a start goes on without it. */
  async open(): Promise<void> {
    this.#client.connect().catch(() => {})
    const patience = setTimeout(() => this.#fail(new RedisAway('TIMEOUT')), startPatienceMs)
    await this.#known.promise
    clearTimeout(patience)
  }

  /**
   * Asks, and waits 50 ms at most.
   * @param use what for, as the metrics name it
   * @param question `life` names this life of the server: what was kept under another name was kept in another one,
   * of which a server that was started again from an old copy remembers something that is over
   * @throws RedisAway without answer; at once while Redis is known to be away
   */
  async ask<T>(use: string, question: (client: Client, life: string) => Promise<T>): Promise<T> {
    const life = this.#life
    const probes = this.#trouble !== null
    if (life === null || (probes && (this.#probing || performance.now() < this.#restUntil))) {
      redisDuration.record(0, use, 'not_asked')
      throw new RedisAway(this.#trouble ?? 'CLOSED')
    }
    // While it is away one question a second looks whether it is back, and no other waits for that.
    if (probes) this.#probing = true
    const askedAt = performance.now()
    let outcome = 'unanswered'
    try {
      const answer = await inTime(this.#heard(question(this.#client, life)), this.#patienceMs)
      outcome = 'answered'
      this.#misses = 0
      if (probes) this.#recover()
      return answer
    } catch (error) {
      throw this.#miss(error)
    } finally {
      if (probes) this.#probing = false
      redisDuration.record((performance.now() - askedAt) / 1000, use, outcome)
    }
  }

  /** Does it answer now? Never throws. */
  async answers(): Promise<boolean> {
    return await this.ask('sante', (client) => client.ping()).then(
      () => true,
      () => false,
    )
  }

  close(): Promise<void> {
    clearTimeout(this.#greeting)
    this.#client.removeAllListeners('close').disconnect()
    return Promise.resolve()
  }

  /** An answer that comes too late is one all the same: the line is alive. */
  async #heard<T>(reply: Promise<T>): Promise<T> {
    try {
      return await reply
    } finally {
      this.#silentSince = null
    }
  }

  async #greet(): Promise<void> {
    try {
      this.#life = await inTime(this.#server.read(this.#client), greetingMs)
    } catch (error) {
      this.#fail(error)
      this.#client.disconnect(true)
      return
    }
    clearTimeout(this.#greeting)
    this.#recover()
  }

  #recover(): void {
    this.#known.resolve()
    redisUp.value = 1
    if (this.#trouble === null) return
    this.#trouble = null
    this.#log.info({}, 'Redis is back: processes count together again')
  }

  /** A question stayed without answer. */
  #miss(error: unknown): RedisAway {
    const code = troubleOf(error)
    if (code === 'TIMEOUT') {
      const now = performance.now()
      this.#silentSince ??= now
      if (now - this.#silentSince >= silenceMs) {
        this.#silentSince = null
        this.#client.disconnect(true)
      }
    }
    this.#misses++
    return this.#misses < maxMisses && this.#trouble === null ? new RedisAway(code) : this.#fail(error)
  }

  /** Nobody asks for a while; told once, however many questions stay without answer. */
  #fail(error: unknown): RedisAway {
    const code = troubleOf(error)
    this.#known.resolve()
    redisUp.value = 0
    this.#restUntil = performance.now() + restMs
    if (this.#trouble === null && refusals.has(code))
      this.#log.error({ code }, 'Redis refuses the user or the password of REDIS_URL, or what we ask')
    else if (this.#trouble === null)
      this.#log.warn({ code }, 'Redis is away: each process counts for itself until it is back')
    // The first reason on a new line says more than that the line was closed for it.
    if (this.#trouble === null || code !== 'CLOSED') this.#trouble = code
    return new RedisAway(code)
  }
}

/** A script of the server, which learns it when it does not know it yet. Atomic; its keys must be named. */
export class Script {
  readonly #lua: string
  readonly #sha: string

  constructor(lua: string) {
    this.#lua = lua
    this.#sha = createHash('sha1').update(lua).digest('hex')
  }

  async run(client: Client, key: string, ...values: (string | number)[]): Promise<unknown> {
    try {
      return await client.evalsha(this.#sha, 1, key, ...values)
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
      return await client.eval(this.#lua, 1, key, ...values)
    }
  }
}

/**
 * Rejects with `RedisAway` when there is no answer in time. An answer that arrived while this process was busy with
 * something else is in time: it is read before the time limit speaks.
 */
function inTime<T>(reply: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => setImmediate(() => reject(new RedisAway('TIMEOUT'))), ms)
    reply.then(resolve, reject).finally(() => clearTimeout(limit))
  })
}

/** What an administrator may read of an error: the system's code, or the first word of Redis. Never its text. */
function troubleOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return code ?? /\b[A-Z]{3,}\b/.exec(message ?? '')?.[0] ?? 'CLOSED'
}

function addressOf(url: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    db: Number(pathname.slice(1)),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}
