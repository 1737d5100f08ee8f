import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Sql } from './db.ts'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'

/** A trace whose first span took longer is kept, whatever the sampling. */
export const slowMs = 1000
/** Spans waiting to be written; beyond, the newest are dropped and counted: tracing must never slow the hub. */
const maxWaiting = 20_000
/** Traces under way that are not sampled, held until their end tells whether they are worth keeping. */
const maxUndecided = 5_000
const maxSpansPerTrace = 500
const batchSize = 500
const flushMs = 500

interface StoredSpan {
  traceId: string
  spanId: string
  parentId: string | null
  name: string
  kind: string
  startedAt: Date
  durationMs: number
  error: string | null
  entry: boolean
  attributes: Record<string, unknown>
}

/**
 * Keeps spans in PostgreSQL, in batches. A sampled trace is kept; another one is held in memory until the span
 * that began it here ends, and is kept then if anything in it failed or it was slow.
 */
export class SpanStore implements SpanProcessor {
  #waiting: StoredSpan[] = []
  readonly #undecided = new Map<string, StoredSpan[]>()
  #dropped = 0
  #writing: Promise<void> = Promise.resolve()
  #loop: Loop | null = null
  #sql: Sql | null = null
  #log: Logger | null = null

  /** From here on spans are written; until then they wait. */
  start(sql: Sql, log: Logger): void {
    this.#sql = sql
    this.#log = log
    this.#loop = new Loop('spans', log, async (stop) => {
      await this.#write(sql)
      if (this.#dropped > 0) {
        log.warn({ dropped: this.#dropped }, 'spans were dropped')
        this.#dropped = 0
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
      this.#log?.warn({ err: error, dropped: this.#waiting.length }, 'the last spans could not be written')
    }
    this.#sql = null
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const stored = toStored(span)
    if (span.spanContext().traceFlags & TraceFlags.SAMPLED) return this.#keep([stored])
    const { traceId } = stored
    const held = this.#undecided.get(traceId) ?? []
    if (held.length < maxSpansPerTrace) held.push(stored)
    const isFirstHere = !span.parentSpanContext || span.parentSpanContext.isRemote === true
    if (!isFirstHere) {
      if (held.length === 1 && this.#undecided.size >= maxUndecided) this.#dropped++
      else this.#undecided.set(traceId, held)
      return
    }
    this.#undecided.delete(traceId)
    if (stored.durationMs >= slowMs || held.some((one) => one.error !== null)) this.#keep(held)
  }

  #keep(spans: readonly StoredSpan[]): void {
    if (this.#waiting.length + spans.length > maxWaiting) this.#dropped += spans.length
    else this.#waiting.push(...spans)
  }

  /** One batch after the other: two at once would strike off each other's spans. */
  #write(sql: Sql): Promise<void> {
    const next = this.#writing.then(() => this.#writeBatch(sql))
    this.#writing = next.catch(() => {})
    return next
  }

  async #writeBatch(sql: Sql): Promise<void> {
    const batch = this.#waiting.slice(0, batchSize)
    if (batch.length === 0) return
    await sql`insert into hub.span ${sql(
      batch.map((span) => ({
        trace_id: span.traceId,
        span_id: span.spanId,
        parent_id: span.parentId,
        name: span.name,
        kind: span.kind,
        started_at: span.startedAt,
        duration_ms: span.durationMs,
        error: span.error,
        entry: span.entry,
        attributes: sql.json(span.attributes as never),
      })),
    )} on conflict do nothing`
    this.#waiting = this.#waiting.slice(batch.length)
  }

  async forceFlush(): Promise<void> {
    while (this.#sql && this.#waiting.length > 0) await this.#write(this.#sql)
  }

  async shutdown(): Promise<void> {
    await this.stop()
  }
}

function toStored(span: ReadableSpan): StoredSpan {
  const { traceId, spanId } = span.spanContext()
  return {
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId ?? null,
    name: span.name,
    kind: SpanKind[span.kind].toLowerCase(),
    startedAt: new Date(span.startTime[0] * 1000 + span.startTime[1] / 1e6),
    durationMs: span.duration[0] * 1000 + span.duration[1] / 1e6,
    error: span.status.code === SpanStatusCode.ERROR ? errorType(span) : null,
    entry: span.attributes['http.request.method'] !== undefined,
    attributes: span.attributes,
  }
}

function errorType(span: ReadableSpan): string {
  const type = span.attributes['error.type']
  return typeof type === 'string' ? type : 'Error'
}
