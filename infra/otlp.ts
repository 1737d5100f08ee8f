import { setTimeout as delay } from 'node:timers/promises'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Logger } from './log.ts'
import { Loop, pause } from './loop.ts'
import type { SpanSink } from './span-store.ts'

/** Spans waiting to be sent; beyond, the newest are dropped and counted. */
const maxWaiting = 10_000
const batchSize = 500
const flushMs = 1000
/** One batch, its repeats included. */
export const otlpTimeoutMs = 5000
/** The hub does not wait longer for its last spans and figures to be taken. */
export const otlpStopMs = 1000

/**
 * Sends kept spans to an OTLP back end: HTTP, protobuf, `<endpoint>/v1/traces`. The SDK's exporter reads headers,
 * certificates and compression from OTEL_EXPORTER_OTLP_* itself. A back end that does not answer costs the hub
 * nothing but these spans: one warning when it begins, one line when it is over.
 */
export class OtlpSpans implements SpanSink {
  readonly #exporter: OTLPTraceExporter
  /** The endpoint as it may be told: without credentials. */
  readonly #origin: string
  #waiting: ReadableSpan[] = []
  #dropped = 0
  #lostSince: number | null = null
  #loop: Loop | null = null
  #log: Logger | null = null

  constructor(endpoint: string) {
    this.#origin = new URL(endpoint).origin
    this.#exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: otlpTimeoutMs })
  }

  /** How many spans never reached the back end. */
  get dropped(): number {
    return this.#dropped
  }

  add(spans: readonly ReadableSpan[]): void {
    if (this.#waiting.length + spans.length > maxWaiting) this.#dropped += spans.length
    else this.#waiting.push(...spans)
  }

  start(log: Logger): void {
    this.#log = log
    this.#loop = new Loop('otlp spans', log, async (stop) => {
      await this.#sendBatch()
      if (this.#waiting.length < batchSize) await pause(flushMs, stop)
    })
  }

  /** Sends what is left, for as long as the stop may take. */
  async stop(): Promise<void> {
    if (this.#lostSince !== null) return // the turn under way ends with the process
    const drained = (async () => {
      await this.#loop?.stop()
      while (this.#waiting.length > 0 && this.#lostSince === null) await this.#sendBatch()
    })()
    await Promise.race([drained, delay(otlpStopMs)])
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#waiting.splice(0, batchSize)
    if (batch.length === 0) return
    const error = await new Promise<Error | undefined>((resolve) => {
      this.#exporter.export(batch, (result) => {
        if (result.code === ExportResultCode.SUCCESS) resolve(undefined)
        else resolve(result.error ?? new Error('refused'))
      })
    })
    if (error) this.#lost(batch.length, error)
    else this.#taken()
  }

  #lost(spans: number, error: Error): void {
    this.#dropped += spans
    if (this.#lostSince !== null) return
    this.#lostSince = this.#dropped - spans
    this.#log?.warn(
      { err: error },
      `${this.#origin} does not take spans: until it does they are only kept in PostgreSQL`,
    )
  }

  #taken(): void {
    if (this.#lostSince === null) return
    this.#log?.info({ dropped: this.#dropped - this.#lostSince }, `${this.#origin} takes spans again`)
    this.#lostSince = null
  }
}
