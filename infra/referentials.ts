import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { actions } from '../contracts/catalog.ts'
import type { Action } from '../contracts/define.ts'
import type { Sql } from './db.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'
import { RedisAway, type Redis } from './redis.ts'
import type { Signal } from './signal.ts'

/** Events are looked for when the relay has ranked some, not more often than this, in milliseconds. */
const quietMs = 50
/** And so often whatever happens: a signal may be lost. */
const pollMs = 1_000
/** No answer is kept longer: one without an event may still change with the release that gave it. */
const keptMs = 10 * 60_000

interface Kept {
  readonly answer: Promise<unknown>
  readonly until: number
}

/**
 * Answers that are the same for everybody, kept until an event of their catalogue is known. In the memory of this
 * process, and behind it in Redis for the others: there under the id of the catalogue's last event, so that what was
 * right before it is not found after it. Asked once, however many ask at the same time.
 */
export class Referentials {
  readonly #sql: Sql
  readonly #redis: Redis | undefined
  readonly #loop: Loop
  /** The id of the last event of each catalogue, null when there is none; absent: nobody has looked yet. */
  readonly #versions = new Map<string, string | null>()
  readonly #kept = new Map<string, Map<string, Kept>>()
  readonly #catalogues = [...new Set([...actions.values()].flatMap(({ catalogue }) => catalogue ?? []))]

  constructor(options: { sql: Sql; ranked: Signal; log: Logger; redis?: Redis | undefined }) {
    const { ranked, log } = options
    this.#sql = options.sql
    this.#redis = options.redis
    this.#loop = new Loop('referentials', log, async (stop) => {
      const since = ranked.count
      await this.#look()
      await pause(quietMs, stop)
      await ranked.wait(since, pollMs, stop)
    })
  }

  /**
   * The answer of an action that names a catalogue. Never one from before an event that this process knows; a refusal
   * is not kept.
   * @param ask asks the service, which answers from what is stored
   */
  read<A extends Action>(
    action: A,
    params: unknown,
    ask: () => Promise<z.output<A['returns']>>,
  ): Promise<z.output<A['returns']>> {
    const catalogue = action.catalogue ?? ''
    const version = this.#versions.get(catalogue)
    const kept = this.#kept.get(catalogue)
    if (version === undefined || !kept) return ask()
    const question = JSON.stringify([action.name, params])
    const known = kept.get(question)
    if (known && known.until > performance.now()) return known.answer as Promise<z.output<A['returns']>>
    const answer = this.#shared(action, version, question, ask)
    kept.set(question, { answer, until: performance.now() + keptMs })
    answer.catch(() => kept.delete(question))
    return answer
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** What another process has asked already since that event, or what the service answers now. */
  async #shared<A extends Action>(
    { returns }: A,
    version: string | null,
    question: string,
    ask: () => Promise<z.output<A['returns']>>,
  ): Promise<z.output<A['returns']>> {
    if (version === null) return await ask()
    const hash = createHash('sha256').update(question).digest('base64url')
    const key = `guichet:referentiel:${version}:${hash}`
    const stored = await this.#try((redis) => redis.ask('referentiel', (client) => client.get(key)))
    const parsed = stored ? returns.safeParse(readJson(stored)) : undefined
    if (parsed?.success) return parsed.data as z.output<A['returns']>
    const answer = await ask()
    const text = JSON.stringify(answer)
    void this.#try((redis) => redis.ask('referentiel', (client) => client.set(key, text, 'PX', keptMs)))
    return answer
  }

  /** Undefined without Redis, or without its answer: then the service is asked. */
  async #try<T>(work: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    try {
      return this.#redis && (await work(this.#redis))
    } catch (error) {
      if (error instanceof RedisAway) return undefined
      throw error
    }
  }

  /** The service's statement that wrote the event wrote what it is about: who asks from now on is answered with it. */
  async #look(): Promise<void> {
    const sql = this.#sql
    const rows = await sql<{ catalogue: string; version: string | null }[]>`
      select c.catalogue, (select e.id from hub.event e where e.subject = 'catalogue/' || c.catalogue
        order by e.sequence desc limit 1) as version
      from unnest(${this.#catalogues}::text[]) as c (catalogue)`
    for (const { catalogue, version } of rows) {
      if (this.#versions.get(catalogue) === version) continue
      this.#versions.set(catalogue, version)
      this.#kept.set(catalogue, new Map())
    }
  }
}

/** Undefined for what is no JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
