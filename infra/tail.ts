import type { Sql } from './db.ts'
import { type EventRow, eventColumns, lastRang, readAfter } from './event-log.ts'
import type { Logger } from './log.ts'
import { Loop } from './loop.ts'
import type { Signal } from './signal.ts'

export type RankedEvent = EventRow & { rang: number }
export type Listener = (events: readonly RankedEvent[]) => void

const batchSize = 500
const pollMs = 200

/** Follows the end of the event log once for all live streams of this process; idle while none listens. */
export class Tail {
  readonly #listeners = new Set<Listener>()
  readonly #sql: Sql
  readonly #loop: Loop
  #rang: number | null = null

  constructor(sql: Sql, ranked: Signal, log: Logger) {
    this.#sql = sql
    this.#loop = new Loop('tail', log, async (stop) => {
      const since = ranked.count
      if (this.#listeners.size === 0) {
        this.#rang = null
        return await ranked.wait(since, pollMs, stop)
      }
      if (this.#rang === null) return await ranked.wait(since, pollMs, stop)
      const events = await readAfter(sql, { rang: this.#rang, limit: batchSize })
      const last = events.at(-1)
      if (last) {
        this.#rang = last.rang
        for (const listener of this.#listeners) listener(events)
      }
      if (events.length < batchSize) await ranked.wait(since, pollMs, stop)
    })
  }

  /**
   * Events of these citizens ids after `rang`, then the live ones as they come, without gap or repeat.
   * @param types only these event types
   * @param onFailure called once when the past could not be read or the listener threw: the stream must be closed
   * @returns a function that ends it
   */
  follow(
    usagers: readonly string[],
    types: readonly string[],
    rang: number,
    listener: Listener,
    onFailure: (error: unknown) => void,
  ): () => void {
    const mine = new Set(usagers)
    const wanted = new Set(types)
    let sent = rang
    let pending: RankedEvent[] | null = []
    let ended = false
    const live: Listener = (events) => {
      const relevant = events.filter((e) => e.usagerId && mine.has(e.usagerId) && wanted.has(e.type))
      if (pending) return void pending.push(...relevant)
      try {
        send(relevant)
      } catch (error) {
        fail(error) // the other streams of this process must not miss these events
      }
    }
    const send = (events: readonly RankedEvent[]) => {
      const fresh = events.filter((event) => event.rang > sent)
      if (fresh.length === 0 || ended) return
      sent = fresh.at(-1)!.rang
      listener(fresh)
    }
    const fail = (error: unknown) => {
      this.#listeners.delete(live)
      if (!ended) onFailure(error)
      ended = true
    }
    this.#listeners.add(live)
    void this.#catchUp(usagers, types, rang, send)
      .then(() => {
        const waiting = pending ?? []
        pending = null
        send(waiting)
      })
      .catch(fail)
    return () => {
      ended = true
      this.#listeners.delete(live)
    }
  }

  async #catchUp(
    usagers: readonly string[],
    types: readonly string[],
    rang: number,
    send: Listener,
  ): Promise<void> {
    if (this.#rang === null) {
      // From here on the loop hears everything: what was ranked before is read below, what comes after is live.
      const head = await lastRang(this.#sql)
      this.#rang ??= head
    }
    let after = rang
    for (;;) {
      const missed = await this.#sql<RankedEvent[]>`
        select ${eventColumns(this.#sql)} from hub.event e where usager_id = any(${usagers as string[]}) and type = any(${types as string[]}) and rang > ${after}
        order by rang limit ${batchSize}`
      send(missed)
      if (missed.length < batchSize) return
      after = missed.at(-1)!.rang
    }
  }

  /** The last rang there is: a stream opened from here shows only what is new. */
  head(): Promise<number> {
    return lastRang(this.#sql)
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }
}
