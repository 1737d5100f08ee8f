/** A wake-up call between loops of one process (`shareSignal` carries it to others); what it announces is always found again by polling. */
export class Signal {
  #waiting = new Set<() => void>()
  #rung = 0
  readonly #listeners: (() => void)[] = []

  notify(): void {
    this.#rung++
    for (const listener of this.#listeners) listener()
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Calls this at each ring, for as long as the process lives. */
  onNotify(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** How often it rang so far: give it to `wait` so that a call between look and wait is not missed. */
  get count(): number {
    return this.#rung
  }

  /** Resolves at the next call after `since`, after `timeoutMs`, or when `stop` is aborted. */
  wait(since: number, timeoutMs: number, stop: AbortSignal): Promise<void> {
    if (this.#rung !== since || stop.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        stop.removeEventListener('abort', done)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      stop.addEventListener('abort', done, { once: true })
      this.#waiting.add(done)
    })
  }
}
