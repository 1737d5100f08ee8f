import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
} from '@opentelemetry/api'
import { Refusal } from '../contracts/errors.ts'

/** Spans of what the hub does; `tracing.ts` says where they go. */

const tracer = trace.getTracer('guichet')

export interface SpanOptions {
  readonly kind?: SpanKind
  readonly attributes?: Record<string, string | number | boolean>
  /** The parent; absent: the span that is active here. */
  readonly parent?: Context
  /** Nobody reads a refusal here, so it is a failure: in a reaction or a timer. */
  readonly refusalFails?: boolean
}

/** Runs `work` in a span that ends whatever happens; an error marks it with its name, never its message. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const parent = options.parent ?? context.active()
  const span = tracer.startSpan(
    name,
    { kind: options.kind ?? SpanKind.INTERNAL, attributes: options.attributes },
    parent,
  )
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span))
  } catch (error) {
    failSpan(span, error, options.refusalFails)
    throw error
  } finally {
    span.end()
  }
}

/**
 * Marks a span as failed: the class of the error and its code, never its text (it may quote a citizen). A
 * refusal is an answer like another: it only leaves its code.
 */
export function failSpan(span: Span, error: unknown, refusalFails = false): void {
  if (error instanceof Refusal) {
    span.setAttribute('guichet.refus', error.code)
    if (!refusalFails) return
  }
  const name = error instanceof Error ? error.name : 'Error'
  const code = error instanceof Error && 'code' in error ? String(error.code) : name
  span.setAttribute('error.type', code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: name })
}

/** The active span as a W3C `traceparent`, to travel in a header or an event. */
export function currentTraceparent(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext()
  if (!span) return undefined
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`
}

/** The context that a `traceparent` describes; a missing or malformed one gives a new root. */
export function contextFrom(traceparent: string | undefined): Context {
  const root = trace.deleteSpan(context.active())
  return traceparent === undefined ? root : propagation.extract(root, { traceparent })
}

export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId
}
