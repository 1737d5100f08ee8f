import type { Logger } from './log.ts'

/** Runs `turn` again and again until stopped; an error is logged and the next turn waits, at most 5 s. */
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
        failures = 0
      } catch (error) {
        if (this.#stop.signal.aborted) break
        failures++
        log.error({ err: error, loop: name, failures }, 'loop turn failed')
        await pause(Math.min(5000, 50 * 2 ** failures), this.#stop.signal)
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
