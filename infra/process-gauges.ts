import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Meter } from '@opentelemetry/api'

const resolutionMs = 20

/** The process itself: event loop, memory, processor. Delays and utilisation are those since the last reading. */
export function observeProcess(meter: Meter): void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let last = performance.eventLoopUtilization()
  const seconds = (name: string, description: string) =>
    meter.createObservableGauge(name, { description, unit: 's' })
  const mean = seconds('nodejs.eventloop.delay.mean', 'Mean delay of the event loop')
  const p99 = seconds('nodejs.eventloop.delay.p99', '99th percentile of the delay of the event loop')
  const max = seconds('nodejs.eventloop.delay.max', 'Longest delay of the event loop')
  const utilization = meter.createObservableGauge('nodejs.eventloop.utilization', {
    description: 'Share of time in which the event loop was busy',
    unit: '1',
  })
  const memory = meter.createObservableUpDownCounter('process.memory.usage', {
    description: 'Resident memory',
    unit: 'By',
  })
  const heap = meter.createObservableUpDownCounter('v8js.memory.heap.used', {
    description: 'Used heap',
    unit: 'By',
  })
  const cpu = meter.createObservableCounter('process.cpu.time', { description: 'Processor time', unit: 's' })
  meter.addBatchObservableCallback(
    (result) => {
      // Node measures the time from one tick of its own timer to the next.
      const read = (nanoseconds: number) =>
        Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000) : 0
      result.observe(mean, read(delay.mean))
      result.observe(p99, read(delay.percentile(99)))
      result.observe(max, read(delay.max))
      delay.reset()
      const now = performance.eventLoopUtilization()
      result.observe(utilization, performance.eventLoopUtilization(now, last).utilization)
      last = now
      const { rss, heapUsed } = process.memoryUsage()
      result.observe(memory, rss)
      result.observe(heap, heapUsed)
      const { user, system } = process.cpuUsage()
      result.observe(cpu, user / 1e6, { 'cpu.mode': 'user' })
      result.observe(cpu, system / 1e6, { 'cpu.mode': 'system' })
    },
    [mean, p99, max, utilization, memory, heap, cpu],
  )
}
