import { createServer } from 'node:http'
import { freePort } from '../demo/sign-in.ts'

/** A span as an OTLP back end receives it. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly id: string
  readonly parent: string
  readonly name: string
}

export interface OtlpReceiver {
  readonly url: string
  /** Every body, as bytes. */
  readonly bodies: Buffer[]
  readonly headers: Record<string, unknown>[]
  spans(): ReceivedSpan[]
  /** Names of the metrics that came. */
  metrics(): string[]
  close(): Promise<void>
}

/** A back end that takes spans and metrics by HTTP and protobuf, as Jaeger or a collector does. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const received: { path: string; body: Buffer }[] = []
  const headers: Record<string, unknown>[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      headers.push(request.headers)
      received.push({ path: request.url ?? '', body: Buffer.concat(chunks) })
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bodies = (path: string) => received.filter((one) => one.path === path).map((one) => one.body)
  return {
    url: `http://127.0.0.1:${port}`,
    headers,
    get bodies() {
      return received.map((one) => one.body)
    },
    // opentelemetry-proto: resource_spans = 1, scope_spans = 2, spans = 2; trace_id = 1, span_id = 2, parent = 4, name = 5
    spans: () =>
      descend(bodies('/v1/traces'), [1, 2, 2]).map((span) => ({
        traceId: bytes(span, 1).toString('hex'),
        id: bytes(span, 2).toString('hex'),
        parent: bytes(span, 4).toString('hex'),
        name: bytes(span, 5).toString('utf8'),
      })),
    // resource_metrics = 1, scope_metrics = 2, metrics = 2; name = 1
    metrics: () =>
      descend(bodies('/v1/metrics'), [1, 2, 2]).map((metric) => bytes(metric, 1).toString('utf8')),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The messages that lie under these field numbers. */
function descend(messages: readonly Buffer[], [field, ...rest]: readonly number[]): Buffer[] {
  if (field === undefined) return [...messages]
  return descend(
    messages.flatMap((message) =>
      fieldsOf(message)
        .filter(([n]) => n === field)
        .map(([, value]) => value),
    ),
    rest,
  )
}

function bytes(message: Buffer, field: number): Buffer {
  return fieldsOf(message).find(([n]) => n === field)?.[1] ?? Buffer.alloc(0)
}

/** The length-delimited fields of a protobuf message; the others are passed over. */
function fieldsOf(message: Buffer): [number, Buffer][] {
  const fields: [number, Buffer][] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++]!
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const wire = tag % 8
    if (wire === 0) varint()
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else {
      const length = varint()
      fields.push([Math.floor(tag / 8), message.subarray(at, at + length)])
      at += length
    }
  }
  return fields
}
