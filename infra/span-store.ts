import { type Context, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { z } from 'zod'
import type { Segment } from '../contracts/hub.ts'
import type { Sql } from './db.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'

/** A part whose first span took longer is kept, whatever the sampling. */
export const slowMs = 1000
/** Spans waiting to be written; beyond, the newest parts are dropped and counted: tracing must never slow the hub. */
const maxWaiting = 20_000
const maxSpansPerPart = 500
const batchSize = 200
const flushMs = 500

/** The spans of one unit of work under way in this process: a request, a reaction, a timer. */
interface Part {
  /** Spans begun and not ended; the part is whole when none is left. */
  open: number
  readonly ended: ReadableSpan[]
  sampled: boolean
  failed: boolean
}

/** Where a span keeps its part: a property costs nothing, a WeakMap shows in the profile of every request. */
const partOf = Symbol('part')
type InPart = { [partOf]?: Part }

/** A span as it is stored; where it lies in its trace is known when that is read. */
export type StoredSegment = Omit<z.infer<typeof Segment>, 'debutMs'>

/** A row of `hub.trace_part`. */
interface StoredPart {
  trace_id: string
  root_id: string
  name: string
  started_at: Date
  duration_ms: number
  method: unknown
  route: unknown
  status: unknown
  error: string | null
  spans: StoredSegment[]
}

/** Where kept spans go beside the store. */
export interface SpanSink {
  add(spans: readonly ReadableSpan[]): void
}

/**
 * Keeps traces in PostgreSQL, in batches: one row for all spans of a unit of work, when the last of them ends.
 * A sampled one is kept; another one only if anything in it failed or it was slow. What is kept is also handed to
 * `also`, so that both places hold the same traces (decision 0009).
 */
export class SpanStore implements SpanProcessor {
  #waiting: StoredPart[] = []
  #waitingSpans = 0
  readonly #also: SpanSink | undefined
  #dropped = 0
  #reported = 0
  #writing: Promise<void> = Promise.resolve()
  #loop: Loop | null = null
  #sql: Sql | null = null
  #log: Logger | null = null

  constructor(also?: SpanSink) {
    this.#also = also
  }

  /** How many spans were lost so far because too many waited. */
  get dropped(): number {
    return this.#dropped
  }

  /** From here on traces are written; until then they wait. */
  start(sql: Sql, log: Logger): void {
    this.#sql = sql
    this.#log = log
    this.#loop = new Loop('spans', log, async (stop) => {
      await this.#write(sql)
      if (this.#dropped > this.#reported) {
        log.warn({ dropped: this.#dropped - this.#reported }, 'spans were dropped')
        this.#reported = this.#dropped
      }
      if (this.#waiting.length < batchSize) await pause(flushMs, stop)
    })
  }

  /** Writes what is left and stops. */
  async stop(): Promise<void> {
    await this.#loop?.stop()
    this.#loop = null
    try {
      await this.forceFlush()
    } catch (error) {
      this.#log?.warn({ err: error, dropped: this.#waitingSpans }, 'the last spans could not be written')
    }
    this.#sql = null
  }

  onStart(span: Span, parentContext: Context): void {
    const parent = trace.getSpan(parentContext) as InPart | undefined
    const part = parent?.[partOf] ?? { open: 0, ended: [], sampled: false, failed: false }
    part.open++
    const inPart: InPart = span as Span & InPart
    inPart[partOf] = part
  }

  onEnd(span: ReadableSpan): void {
    const part = (span as ReadableSpan & InPart)[partOf]
    if (!part) return
    part.open--
    part.sampled ||= (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
    part.failed ||= span.status.code === SpanStatusCode.ERROR
    if (part.ended.length < maxSpansPerPart) part.ended.push(span)
    else this.#dropped++
    if (part.open > 0) return
    const spans = part.ended.splice(0)
    if (part.sampled || part.failed || spans.some((one) => milliseconds(one.duration) >= slowMs))
      this.#keep(spans)
  }

  #keep(spans: readonly ReadableSpan[]): void {
    this.#also?.add(spans)
    if (this.#waitingSpans + spans.length > maxWaiting) {
      this.#dropped += spans.length
      return
    }
    this.#waitingSpans += spans.length
    this.#waiting.push(toStored(spans))
  }

  /** One batch after the other: two at once would strike off each other's parts. */
  #write(sql: Sql): Promise<void> {
    const next = this.#writing.then(() => this.#writeBatch(sql))
    this.#writing = next.catch(() => {})
    return next
  }

  async #writeBatch(sql: Sql): Promise<void> {
    const batch = this.#waiting.slice(0, batchSize)
    if (batch.length === 0) return
    // One parameter, so one prepared statement whatever the size of the batch.
    await sql`
      insert into hub.trace_part (trace_id, root_id, name, started_at, duration_ms, method, route, status, error, spans)
      select * from json_to_recordset(${JSON.stringify(batch)}::text::json) as part (trace_id text, root_id text, name text,
        started_at timestamptz, duration_ms double precision, method text, route text, status integer, error text, spans json)
      on conflict do nothing`
    this.#waiting = this.#waiting.slice(batch.length)
    for (const { spans } of batch) this.#waitingSpans -= spans.length
  }

  async forceFlush(): Promise<void> {
    while (this.#sql && this.#waiting.length > 0) await this.#write(this.#sql)
  }

  async shutdown(): Promise<void> {
    await this.stop()
  }
}

/** The last to end is not always the first begun: the root is the one whose parent is not among them. */
function toStored(spans: readonly ReadableSpan[]): StoredPart {
  const ids = new Set(spans.map((span) => span.spanContext().spanId))
  const root = spans.findLast((span) => !ids.has(span.parentSpanContext?.spanId ?? '')) ?? spans.at(-1)!
  const { traceId, spanId } = root.spanContext()
  // A parent ends after its children: where clocks tie, it still comes first.
  const ordered = spans.toReversed().toSorted((a, b) => milliseconds(a.startTime) - milliseconds(b.startTime))
  const failed = ordered.find((span) => span.status.code === SpanStatusCode.ERROR)
  return {
    trace_id: traceId,
    root_id: spanId,
    name: root.name,
    started_at: new Date(milliseconds(root.startTime)),
    duration_ms: milliseconds(root.duration),
    method: root.attributes['http.request.method'] ?? null,
    route: root.attributes['http.route'] ?? null,
    status: root.attributes['http.response.status_code'] ?? null,
    error: failed ? errorType(failed) : null,
    spans: ordered.map(toSegment),
  }
}

function toSegment(span: ReadableSpan): StoredSegment {
  return {
    id: span.spanContext().spanId,
    parent: span.parentSpanContext?.spanId ?? null,
    nom: span.name,
    genre: SpanKind[span.kind].toLowerCase(),
    le: new Date(milliseconds(span.startTime)).toISOString(),
    dureeMs: milliseconds(span.duration),
    erreur: span.status.code === SpanStatusCode.ERROR ? errorType(span) : null,
    attributs: span.attributes,
  }
}

function milliseconds([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1000 + nanoseconds / 1e6
}

function errorType(span: ReadableSpan): string {
  const type = span.attributes['error.type']
  return typeof type === 'string' ? type : 'Error'
}
