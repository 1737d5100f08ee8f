import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/**
 * A load generator as a process of its own, so that it can be pinned to another core. Reads one job from
 * standard input, prints its result as JSON. Written on bare sockets: it must not be what is measured.
 */
export interface Job {
  readonly host: string
  readonly port: number
  readonly method: 'GET' | 'POST'
  /** Each request takes one of these in turn. */
  readonly paths: readonly string[]
  readonly token: string | null
  readonly body: string | null
  /** Each request takes one of these in turn, instead of `body`. */
  readonly bodies?: readonly string[]
  /** Closed loop: so many clients, each asks again when it is answered. Open loop: so many connections, open before it begins. */
  readonly connections: number
  readonly seconds: number
  /** Open loop: so many requests a second, whether the others are answered or not, like strangers do. */
  readonly offered?: number
}

export interface JobResult {
  /** Answers a second, refusals included. */
  readonly perSecond: number
  /** Answers with a status of 2xx a second, and how long they took, in milliseconds from when they were due. */
  readonly goodput: number
  readonly p50: number
  readonly p99: number
  /** Requests sent a second. */
  readonly sent: number
  /** Answers by status. */
  readonly statuses: Record<string, number>
  /** Answers 429 or 503 that don't say when to come again. */
  readonly silent: number
  /** Connections that broke, requests never answered. */
  readonly broken: number
}

/** How long a client waits for its answer after the end. */
const patienceMs = 5_000

async function run(job: Job): Promise<JobResult> {
  let started = performance.now()
  let end = started + job.seconds * 1000
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  const idle: Client[] = []
  let [sent, late, silent, broken, open] = [0, 0, 0, 0, 0]
  let goodInTime = 0

  const request = () => {
    const path = job.paths[sent % job.paths.length]!
    const body = job.bodies?.[sent % job.bodies.length] ?? job.body
    sent++
    const headers = [
      `${job.method} ${path} HTTP/1.1`,
      `Host: ${job.host}:${job.port}`,
      ...(job.token ? [`Authorization: Bearer ${job.token}`] : []),
      ...(job.method === 'POST' ? [`Idempotency-Key: ${randomUUID()}`] : []),
      ...(body === null
        ? []
        : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
    ]
    return `${headers.join('\r\n')}\r\n\r\n${body ?? ''}`
  }

  /** One connection, one request at a time. */
  class Client {
    readonly #socket: Socket
    readonly #next: (client: Client) => void
    #buffer = ''
    #due: number | null = null

    constructor(next: (client: Client) => void) {
      this.#next = next
      this.#socket = connect({ port: job.port, host: job.host, noDelay: true }).setEncoding('latin1')
      this.#socket.on('error', () => {}).on('data', (chunk: string) => this.#read(chunk))
      this.#socket.once('connect', () => open++)
      this.#socket.once('close', () => {
        if (this.#due !== null) broken++
        else if (idle.includes(this)) idle.splice(idle.indexOf(this), 1)
      })
    }

    send(due: number): void {
      this.#due = due
      this.#socket.write(request())
    }

    close(): void {
      this.#socket.destroy()
    }

    #read(chunk: string): void {
      this.#buffer += chunk
      const head = this.#buffer.indexOf('\r\n\r\n')
      if (head < 0 || this.#due === null) return
      const headers = this.#buffer.slice(0, head)
      const length = Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? 0)
      if (this.#buffer.length < head + 4 + length) return
      const status = headers.slice(9, 12)
      const now = performance.now()
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status.startsWith('2')) {
        latencies.push(now - this.#due)
        if (now <= end) goodInTime++
      } else if (!/retry-after: \d+/i.test(headers)) silent++
      if (now > end) late++
      this.#buffer = ''
      this.#due = null
      this.#next(this)
    }
  }

  const askAgain = (client: Client) => {
    if (performance.now() < end) client.send(performance.now())
  }
  const clients = Array.from(
    { length: job.connections },
    () => new Client(job.offered === undefined ? askAgain : (client) => idle.push(client)),
  )
  while (open < job.connections) await pause()
  started = performance.now()
  end = started + job.seconds * 1000
  if (job.offered === undefined) for (const client of clients) client.send(started)
  else idle.push(...clients)
  for (let now = started; now < end; now = performance.now()) {
    const due = Math.floor(((now - started) / 1000) * (job.offered ?? 0)) - sent
    for (let n = 0; n < due; n++) idle.pop()?.send(now)
    await pause()
  }
  const answered = () => Object.values(statuses).reduce((sum, n) => sum + n, 0)
  while (answered() + broken < sent && performance.now() < end + patienceMs) await pause()
  broken = sent - answered()
  for (const client of clients) client.close()
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    perSecond: (answered() - late) / job.seconds,
    goodput: goodInTime / job.seconds,
    p50: at(0.5),
    p99: at(0.99),
    sent: sent / job.seconds,
    statuses,
    silent,
    broken,
  }
}

/** Lets the sockets work. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}

let input = ''
for await (const chunk of process.stdin.setEncoding('utf8')) input += chunk
process.stdout.write(JSON.stringify(await run(JSON.parse(input) as Job)))
