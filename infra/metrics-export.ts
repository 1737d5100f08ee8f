import { type Attributes, type HrTime, type Meter, ValueType } from '@opentelemetry/api'
import { hrTime } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, ConfigError } from './config.ts'
import { createPool, poolFigures } from './db.ts'
import { HubStateReader } from './hub-state.ts'
import type { Logger } from './log.ts'
import { activeRequests, durations, liveStreams, redisUp, refusals } from './metrics.ts'
import { otlpStopMs, otlpTimeoutMs } from './otlp.ts'
import { observeProcess } from './process-gauges.ts'
import { resource } from './resource.ts'
import type { Consumer } from './subscriptions.ts'
import { boundaries, type Durations } from './tally.ts'
import { droppedSpans } from './tracing.ts'

export interface MetricsOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly consumers: readonly Consumer[]
  readonly log: Logger
}

/**
 * Shows the figures of this process and of the hub: to Prometheus on METRICS_PORT, and each minute to the OTLP
 * back end when there is one. docs/metrics.md lists them. Returns what ends it.
 * @throws ConfigError when the port is taken
 */
export async function startMetrics(options: MetricsOptions): Promise<() => Promise<void>> {
  const { config, databaseUrl, consumers, log } = options
  const metricProducers = [durationsProducer()]
  const prometheus = config.metricsPort
    ? new PrometheusExporter({
        port: config.metricsPort,
        host: config.metricsListen === 'localhost' ? '127.0.0.1' : config.metricsListen,
        preventServerStart: true,
        withoutScopeInfo: true,
        metricProducers,
      })
    : undefined
  const otlp = config.otlpEndpoint
    ? new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({
          url: `${config.otlpEndpoint}/v1/metrics`,
          timeoutMillis: otlpTimeoutMs,
        }),
        metricProducers,
      })
    : undefined
  const provider = new MeterProvider({
    resource,
    readers: [prometheus, otlp].filter((one) => one !== undefined),
  })
  const sql = createPool({ url: databaseUrl, name: 'metrics', max: 1, statementTimeoutMs: 2000 })
  const meter = provider.getMeter('guichet')
  observeCounts(meter)
  if (config.redisUrl)
    meter
      .createObservableGauge('guichet.redis.up', { description: '1 while Redis answers this process' })
      .addCallback((result) => result.observe(redisUp.value))
  observeProcess(meter)
  observeHub(meter, new HubStateReader(sql, consumers, log))
  const stop = async () => {
    await Promise.race([provider.shutdown(), delay(otlpStopMs)])
    await sql.end({ timeout: 1 })
  }
  try {
    await prometheus?.startServer()
  } catch (error) {
    await stop()
    throw new ConfigError(
      `Metrics cannot be shown on METRICS_PORT=${config.metricsPort}: ${(error as Error).message}`,
    )
  }
  return stop
}

function observeCounts(meter: Meter): void {
  meter
    .createObservableCounter('guichet.refusals', { description: 'Requests refused, by route and code' })
    .addCallback((result) => {
      for (const [value, attributes] of refusals.read()) result.observe(value, attributes)
    })
  const level = (name: string, description: string, read: () => number) =>
    meter.createObservableUpDownCounter(name, { description }).addCallback((result) => result.observe(read()))
  level(
    'http.server.active_requests',
    'Requests being answered, streams included',
    () => activeRequests.value,
  )
  level('guichet.live.streams', 'Live streams that are open', () => liveStreams.value)
  meter
    .createObservableCounter('guichet.spans.dropped', { description: 'Spans that were lost, by destination' })
    .addCallback((result) => {
      for (const [destination, value] of Object.entries(droppedSpans()))
        result.observe(value, { 'guichet.destination': destination })
    })
  const pool = 'db.client.connection.pool.name'
  meter
    .createObservableUpDownCounter('db.client.connection.max', {
      description: 'Connections that a pool may open',
    })
    .addCallback((result) => {
      for (const [name, { max }] of poolFigures) result.observe(max, { [pool]: name })
    })
  meter
    .createObservableUpDownCounter('db.client.connection.pending_requests', {
      description: 'Transactions that wait for a connection',
    })
    .addCallback((result) => {
      for (const [name, { waiting }] of poolFigures) result.observe(waiting, { [pool]: name })
    })
}

/** What is read from the database when somebody looks: the same figure in every process of the hub. */
function observeHub(meter: Meter, reader: HubStateReader): void {
  const gauge = (name: string, description: string, unit = '') =>
    meter.createObservableGauge(name, { description, unit })
  const up = gauge('guichet.database.up', '1 when the database answered this reading')
  const unranked = gauge('guichet.relay.backlog', 'Committed events that have no rang yet')
  const unrankedAge = gauge('guichet.relay.lag', 'Age of the oldest of them', 's')
  const backlog = gauge('guichet.reaction.backlog', 'Events that a consumer has not read yet')
  const backlogAge = gauge('guichet.reaction.lag', 'Age of the oldest of them', 's')
  const retrying = gauge('guichet.lane.retrying', 'Objects on which a reaction failed and is tried again')
  const stopped = gauge('guichet.lane.stopped', 'Objects on which a reaction stopped: dead letters')
  const late = gauge('guichet.timer.backlog', 'Timers that are due')
  const lateAge = gauge('guichet.timer.lag', 'How late the oldest of them is', 's')
  const stoppedTimers = gauge('guichet.timer.stopped', 'Timers that failed for good')
  const connections = gauge('db.client.connection.count', 'Connections of the whole hub to its database')
  meter.addBatchObservableCallback(
    async (result) => {
      const state = await reader.read()
      result.observe(up, state ? 1 : 0)
      if (!state) return
      result.observe(unranked, state.unranked)
      result.observe(unrankedAge, state.unrankedAgeSeconds)
      result.observe(late, state.lateTimers)
      result.observe(lateAge, state.lateTimersAgeSeconds)
      result.observe(stoppedTimers, state.stoppedTimers)
      for (const consumer of state.consumers) {
        const of: Attributes = { 'messaging.consumer.group.name': consumer.name }
        result.observe(backlog, consumer.backlog, of)
        result.observe(backlogAge, consumer.backlogAgeSeconds, of)
        result.observe(retrying, consumer.retrying, of)
        result.observe(stopped, consumer.stopped, of)
      }
      for (const { pool, state: used, count } of state.connections)
        result.observe(connections, count, {
          'db.client.connection.pool.name': pool,
          'db.client.connection.state': used,
        })
    },
    [
      up,
      unranked,
      unrankedAge,
      backlog,
      backlogAge,
      retrying,
      stopped,
      late,
      lateAge,
      stoppedTimers,
      connections,
    ],
  )
}

/** Our own histograms, as the SDK's readers take them. */
function durationsProducer(): MetricProducer {
  const since = hrTime()
  return {
    collect: async () => ({
      resourceMetrics: {
        resource,
        scopeMetrics: [
          { scope: { name: 'guichet' }, metrics: durations.map((one) => histogram(one, since)) },
        ],
      },
      errors: [],
    }),
  }
}

function histogram(of: Durations, startTime: HrTime): HistogramMetricData {
  const endTime = hrTime()
  return {
    descriptor: { name: of.name, description: of.description, unit: 's', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [...of.read()].map(([{ counts, sum, count }, attributes]) => ({
      startTime,
      endTime,
      attributes,
      value: { buckets: { boundaries: [...boundaries], counts: [...counts] }, sum, count },
    })),
  }
}
