import type { IncomingMessage } from 'node:http'
import type { BareAnswers } from './problem.ts'

interface Deadline {
  timer: NodeJS.Timeout
  readonly late: () => void
}

/** What each request that has a body is given to bring it. */
export class BodyDeadlines {
  readonly #bare: BareAnswers
  readonly #running = new WeakMap<IncomingMessage, Deadline>()

  constructor(bare: BareAnswers) {
    this.#bare = bare
  }

  /** Hangs up, with a word, on a request whose body is not here within `ms` milliseconds. */
  start(request: IncomingMessage, ms: number): void {
    const { headers } = request
    if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return
    const late = () => this.#bare.end(request.socket, 'delai-depasse')
    const deadline: Deadline = { late, timer: setTimeout(late, ms) }
    this.#running.set(request, deadline)
    const stop = () => clearTimeout(deadline.timer)
    request.once('end', stop).once('close', stop)
  }

  /** Gives a request that is still coming another time, from now. */
  extend(request: IncomingMessage, ms: number): void {
    const deadline = this.#running.get(request)
    if (!deadline || request.complete) return
    clearTimeout(deadline.timer)
    deadline.timer = setTimeout(deadline.late, ms)
  }
}
