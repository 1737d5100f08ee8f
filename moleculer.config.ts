import type { BrokerOptions } from 'moleculer'

/** How the hub uses Moleculer. Limits that it leaves off by default are chosen here. */
export const brokerOptions: BrokerOptions = {
  namespace: 'guichet',
  logger: false,
  validator: false, // the contracts validate
  metrics: false,
  tracing: false, // Moleculer's tracer captures all params; infra/service.ts makes the spans
  requestTimeout: 10_000,
  maxCallLevel: 8,
  bulkhead: { enabled: true, concurrency: 200, maxQueueSize: 2000 },
  circuitBreaker: { enabled: false }, // calls inside one process; the distributed form switches it on
  contextParamsCloning: false,
  skipProcessEventRegistration: true, // infra/main.ts stops the hub in its own order
}
