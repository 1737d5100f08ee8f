import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../infra/stack/programs.ts'
import { freePort } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'

/** One span as Jaeger tells it. */
export interface JaegerSpan {
  readonly id: string
  /** Empty: the first. */
  readonly parent: string
  readonly name: string
  readonly tags: Readonly<Record<string, unknown>>
  /** What ran in the process that sent it. */
  readonly service: string
}

export interface JaegerServer {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlp: string
  spansOf(traceId: string): Promise<JaegerSpan[]>
  close(): Promise<void>
}

interface Answer {
  readonly data?: readonly {
    readonly spans: readonly {
      readonly spanID: string
      readonly operationName: string
      readonly references: readonly { readonly refType: string; readonly spanID: string }[]
      readonly tags: readonly { readonly key: string; readonly value: unknown }[]
      readonly processID: string
    }[]
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>
  }[]
}

/** Jaeger v2 with the configuration of production, and a store of its own. */
export async function startJaeger(): Promise<JaegerServer> {
  const folder = await mkdtemp(join(tmpdir(), 'guichet-jaeger-'))
  const [http, grpc, otlp, health] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const file = join(import.meta.dirname, '../../infra/jaeger/jaeger.yaml')
  const child = spawn(await findProgram('jaeger'), ['--config', file], {
    stdio: 'ignore',
    env: {
      JAEGER_STORE: folder,
      JAEGER_HTTP_PORT: String(http),
      JAEGER_GRPC_PORT: String(grpc),
      JAEGER_OTLP_PORT: String(otlp),
      JAEGER_HEALTH_PORT: String(health),
      OTEL_TRACES_SAMPLER: 'always_off',
    },
  })
  await once(child, 'spawn')
  const api = `http://127.0.0.1:${http}/api`
  await eventually(async () => expect((await fetch(`${api}/services`)).status).toBe(200), 30_000)
  return {
    otlp: `http://127.0.0.1:${otlp}`,
    async spansOf(traceId) {
      const response = await fetch(`${api}/traces/${traceId}`)
      const [trace] = ((await response.json()) as Answer).data ?? []
      return (trace?.spans ?? []).map(({ spanID, operationName, references, tags, processID }) => ({
        id: spanID,
        parent: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID ?? '',
        name: operationName,
        tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
        service: trace?.processes[processID]?.serviceName ?? '',
      }))
    },
    async close() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
