import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'

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
  readonly connections: number
  readonly seconds: number
}

export interface JobResult {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Answers by status. */
  readonly statuses: Record<string, number>
}

async function run(job: Job): Promise<JobResult> {
  const end = Date.now() + job.seconds * 1000
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  let n = 0
  const next = () => {
    const path = job.paths[n++ % job.paths.length]!
    const headers = [
      `${job.method} ${path} HTTP/1.1`,
      `Host: ${job.host}:${job.port}`,
      ...(job.token ? [`Authorization: Bearer ${job.token}`] : []),
      ...(job.method === 'POST' ? [`Idempotency-Key: ${randomUUID()}`] : []),
      ...(job.body === null
        ? []
        : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(job.body)}`]),
    ]
    return `${headers.join('\r\n')}\r\n\r\n${job.body ?? ''}`
  }
  const started = performance.now()
  await Promise.all(
    Array.from(
      { length: job.connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(job.port, job.host)
          socket.setNoDelay(true)
          let buffer = ''
          let sentAt = 0
          const send = () => {
            if (Date.now() >= end) {
              socket.end()
              return resolve()
            }
            sentAt = performance.now()
            socket.write(next())
          }
          socket.setEncoding('latin1')
          socket.once('connect', send)
          socket.once('error', reject)
          socket.on('data', (chunk: string) => {
            buffer += chunk
            const head = buffer.indexOf('\r\n\r\n')
            if (head < 0) return
            const length = Number(/content-length: (\d+)/i.exec(buffer.slice(0, head))?.[1] ?? 0)
            if (buffer.length < head + 4 + length) return
            const status = buffer.slice(9, 12)
            statuses[status] = (statuses[status] ?? 0) + 1
            latencies.push(performance.now() - sentAt)
            buffer = ''
            send()
          })
        }),
    ),
  )
  const seconds = (performance.now() - started) / 1000
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), statuses }
}

let input = ''
for await (const chunk of process.stdin.setEncoding('utf8')) input += chunk
process.stdout.write(JSON.stringify(await run(JSON.parse(input) as Job)))
