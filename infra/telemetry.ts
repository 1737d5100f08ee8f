import { context, propagation, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { NoopSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { readConfig } from './config.ts'

/**
 * Loaded by `node --import` before anything else. Without an OTLP endpoint spans are made (their ids are in
 * the answers and the log) but sent nowhere.
 */
let sdk: NodeSDK | undefined

function startSdk(): void {
  let config: ReturnType<typeof readConfig>
  try {
    config = readConfig()
  } catch {
    return // main.ts reads the same settings and reports what is wrong
  }
  sdk = new NodeSDK({
    serviceName: 'guichet',
    autoDetectResources: false,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    // The caller's sampled flag is not trusted: a stranger must not decide how much we record.
    sampler: new ParentBasedSampler({
      root: new TraceIdRatioBasedSampler(config.traceRatio),
      remoteParentSampled: new TraceIdRatioBasedSampler(config.traceRatio),
      remoteParentNotSampled: new TraceIdRatioBasedSampler(config.traceRatio),
    }),
    ...(config.otlpEndpoint ? {} : { spanProcessors: [new NoopSpanProcessor()] }),
  })
  sdk.start()
}

/** Sends what is left; called once, at the very end. */
export async function stopTelemetry(): Promise<void> {
  await sdk?.shutdown()
}

const tracer = trace.getTracer('guichet')

export interface SpanOptions {
  readonly kind?: SpanKind
  readonly attributes?: Record<string, string | number | boolean>
  /** The parent; absent: the span that is active here. */
  readonly parent?: Context
}

/** Runs `work` in a span that ends whatever happens; an error marks it with its name, never its message. */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = options.parent ?? context.active()
  const span = tracer.startSpan(name, { kind: options.kind ?? SpanKind.INTERNAL, attributes: options.attributes }, parent)
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span))
  } catch (error) {
    failSpan(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** Marks a span as failed: the class of the error and its code, never its text (it may quote a citizen). */
export function failSpan(span: Span, error: unknown): void {
  const name = error instanceof Error ? error.name : 'Error'
  const code = error instanceof Error && 'code' in error ? String(error.code) : name
  span.setAttribute('error.type', code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: name })
}

/** The active span as a W3C `traceparent`, to travel in a header or an event. */
export function currentTraceparent(): string | undefined {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent
}

/** The context that a `traceparent` describes; a missing or malformed one gives a new root. */
export function contextFrom(traceparent: string | undefined): Context {
  return propagation.extract(trace.deleteSpan(context.active()), { traceparent })
}

export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId
}

startSdk()
