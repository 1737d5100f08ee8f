import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { NodeSDK } from '@opentelemetry/sdk-node'
import {
  createAlwaysRecordSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import { type Config, forgetSdkVariables, readConfig } from './config.ts'
import type { Sql } from './db.ts'
import type { Logger } from './log.ts'
import type { OtlpSpans } from './otlp.ts'
import { resource } from './resource.ts'
import { SpanStore } from './span-store.ts'

/** Loaded by `node --import` before anything else: every span of this process passes through here. */
let otlp: OtlpSpans | undefined
/** Keeps the spans of this process for the administrator, and decides which traces are kept anywhere. */
let spanStore: SpanStore | undefined

async function startTracing(): Promise<void> {
  let config: Config
  try {
    config = readConfig()
  } catch {
    return // main.ts reads the same settings and reports what is wrong
  }
  if (config.otlpEndpoint) {
    const { OtlpSpans } = await import('./otlp.ts')
    otlp = new OtlpSpans(config.otlpEndpoint)
  }
  spanStore = new SpanStore(otlp)
  // The caller's sampled flag is not trusted: a stranger must not decide how much we record.
  const ratio = new TraceIdRatioBasedSampler(config.traceRatio)
  const ours = new ParentBasedSampler({
    root: ratio,
    remoteParentSampled: ratio,
    remoteParentNotSampled: ratio,
  })
  forgetSdkVariables()
  new NodeSDK({
    resource,
    autoDetectResources: false,
    instrumentations: [],
    metricReaders: [], // infra/metrics-export.ts has its own
    logRecordProcessors: [],
    textMapPropagator: new W3CTraceContextPropagator(),
    // Everything is recorded: the store decides at the end of a trace, and keeps errors and slow ones.
    sampler: createAlwaysRecordSampler(ours),
    spanProcessors: [spanStore],
  }).start()
}

/** From here on kept spans are written, and sent; returns what does so with the last ones. */
export function keepSpans(sql: Sql, log: Logger): () => Promise<void> {
  spanStore?.start(sql, log)
  otlp?.start(log)
  return async () => {
    await Promise.all([spanStore?.stop(), otlp?.stop()])
  }
}

/** How many spans of this process were lost so far, by where they should have gone. */
export function droppedSpans(): Record<string, number> {
  return { ...(spanStore && { postgresql: spanStore.dropped }), ...(otlp && { otlp: otlp.dropped }) }
}

await startTracing()
