import type { Logger } from './log.ts'
import { codeOf, isPassing } from './passing.ts'

const maxPauseMs = 5_000

/**
 * Runs `turn` again and again until stopped. After an error the next turn waits, at most 5 s; a fault is logged
 * whole each time, a database that is away in one line at the 1st, 2nd, 4th, 8th ... time.
 */
export class Loop {
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(name: string, log: Logger, turn: (stop: AbortSignal) => Promise<void>) {
    this.#done = this.#run(name, log, turn)
  }

  async #run(name: string, log: Logger, turn: (stop: AbortSignal) => Promise<void>): Promise<void> {
    let failures = 0
    while (!this.#stop.signal.aborted) {
      try {
        await turn(this.#stop.signal)
        if (failures > 0) log.info({ loop: name, failures }, 'loop goes on')
        failures = 0
      } catch (error) {
        if (this.#stop.signal.aborted) break
        failures++
        if (!isPassing(error)) log.error({ err: error, loop: name, failures }, 'loop turn failed')
        else if (Number.isInteger(Math.log2(failures)))
          log.warn({ code: codeOf(error), loop: name, failures }, 'loop waits')
        await pause(Math.min(maxPauseMs, 50 * 2 ** failures), this.#stop.signal)
      }
    }
  }

  /** Lets the turn under way finish. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }
}

/** Waits, unless stopped first. */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    stop.addEventListener('abort', done, { once: true })
  })
}
