import { setTimeout as delay } from 'node:timers/promises'
import type { HubProcess } from '../support/hub-process.ts'

export interface Readiness {
  readonly probes: number
  /** Every status that was answered, each once. */
  readonly statuses: number[]
  readonly slowestMs: number
}

/** Asks each process again and again whether it is ready, as an orchestrator does; a process that is down is none. */
export function watchReadiness(hubs: readonly HubProcess[]): { stop(): Promise<Readiness> } {
  const stopped = new AbortController()
  const statuses = new Set<number>()
  let probes = 0
  let slowestMs = 0
  const watching = hubs
    .filter(({ serves }) => serves)
    .map(async (hub) => {
      while (!stopped.signal.aborted) {
        const started = performance.now()
        const status = await fetch(`${hub.url}/health/ready`).then(
          (response) => response.status,
          () => null,
        )
        if (status !== null) {
          probes++
          statuses.add(status)
          slowestMs = Math.max(slowestMs, Math.round(performance.now() - started))
        }
        await delay(100, undefined, { signal: stopped.signal }).catch(() => {})
      }
    })
  return {
    async stop() {
      stopped.abort()
      await Promise.all(watching)
      return { probes, statuses: [...statuses], slowestMs }
    },
  }
}
