import { Refusal } from '../contracts/errors.ts'

interface Waiting {
  readonly enter: () => void
  readonly giveUp: NodeJS.Timeout
}

/**
 * So many pieces of work at a time, and a room to wait in for one's turn. More at once would not be done sooner:
 * it would only wait in PostgreSQL's queues, where it cannot be refused any more. The room is small enough for all
 * in it to be served before their patience ends, so nobody is let in for nothing, except when the work is stuck.
 */
export class Slots {
  readonly #max: number
  readonly #room: number
  readonly #patienceMs: number
  #running = 0
  readonly #waiting: Waiting[] = []

  constructor(options: { max: number; room: number; patienceMs: number }) {
    this.#max = options.max
    this.#room = options.room
    this.#patienceMs = options.patienceMs
  }

  get running(): number {
    return this.#running
  }

  /** Is there not even room to wait? Who comes now can be refused before anything is done for them. */
  get full(): boolean {
    return this.#waiting.length >= this.#room
  }

  /** @throws Refusal `service-indisponible` when no place came free in time */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#max) this.#running++
    else await this.#wait()
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next.enter()
      else this.#running--
    }
  }

  #wait(): Promise<void> {
    if (this.full) throw new Refusal('service-indisponible')
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          clearTimeout(waiting.giveUp)
          resolve()
        },
        giveUp: setTimeout(() => {
          this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
          reject(new Refusal('service-indisponible'))
        }, this.#patienceMs),
      }
      this.#waiting.push(waiting)
    })
  }
}
