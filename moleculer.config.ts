import { randomUUID } from 'node:crypto'
import type { NatsConnection } from 'nats'
import { type BrokerOptions, Errors, Transporters } from 'moleculer'

/** How the processes of one hub reach each other; absent: everything runs in one. */
export interface Transport {
  readonly servers: string[]
  readonly user?: string | undefined
  readonly pass?: string | undefined
  /** There: an unencrypted line is refused. */
  readonly tls?: object
}

/**
 * How the hub uses Moleculer. Limits that it leaves off by default are chosen here.
 * @param nodeId names this process; begins with its NATS user, whose permissions are for such names
 */
export function brokerOptions(nodeId?: string, transport?: Transport): BrokerOptions {
  return {
    namespace: 'guichet',
    ...(nodeId && { nodeID: nodeId }),
    logger: false,
    validator: false, // the contracts validate
    metrics: false,
    tracing: false, // Moleculer's tracer captures all params; infra/service.ts makes the spans
    uidGenerator: () => randomUUID(), // Moleculer's own can be foretold: who knows the id of a request may answer it
    requestTimeout: 10_000,
    maxCallLevel: 8,
    bulkhead: { enabled: true, concurrency: 200, maxQueueSize: 2000 },
    contextParamsCloning: false,
    skipProcessEventRegistration: true, // infra/main.ts stops the hub in its own order
    ...(transport && distributed(transport)),
  }
}

function distributed({ servers, user, pass, tls }: Transport): BrokerOptions {
  return {
    transporter: new NatsTransporter({
      servers,
      name: 'moleculer',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      ...(user !== undefined && { user, pass }),
      ...(tls && { tls }),
    }),
    // A process that was killed is missed after 3 s, and what it was asked is asked another.
    heartbeatInterval: 1,
    heartbeatTimeout: 3,
    tracking: { enabled: true, shutdownTimeout: 10_000 },
    circuitBreaker: {
      enabled: true,
      threshold: 0.5,
      minRequestCount: 20,
      windowTime: 10,
      halfOpenTime: 1_000,
      // A process that answers is no reason, whatever it answers.
      check: (error) => error instanceof Errors.RequestTimeoutError,
    },
  }
}

/** Moleculer's own reads a message where NATS says that it denies one, and its line is deaf from then on. */
class NatsTransporter extends Transporters.NATS {
  override subscribe(cmd: string, nodeId?: string): Promise<void> {
    const callback = (error: unknown, { data }: { data: Uint8Array }) => {
      if (!error) void this.receive(cmd, Buffer.from(data))
    }
    ;(this.client as NatsConnection).subscribe(this.getTopicName(cmd, nodeId), { callback })
    return Promise.resolve()
  }
}
