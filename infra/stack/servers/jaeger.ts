import { mkdir } from 'node:fs/promises'
import { findProgram } from '../programs.ts'
import { configuration, isOk, type Server } from '../server.ts'
import type { Site } from '../site.ts'

/** Traces by OTLP on the usual port 4318. */
export function jaegerServer(site: Site): Server {
  const [pages, queries, otlp, health] = [16686, 16685, 4318, 13133].map((usual) => String(site.port(usual)))
  return {
    name: 'jaeger',
    url: `http://127.0.0.1:${pages}`,
    ports: [pages, queries, otlp, health].map(Number),
    signal: 'SIGTERM',
    async prepare() {
      await mkdir(site.at('jaeger'), { recursive: true })
      return {
        command: [await findProgram('jaeger'), '--config', configuration('jaeger/jaeger.yaml')],
        configuration: [configuration('jaeger/jaeger.yaml')],
        env: {
          JAEGER_STORE: site.at('jaeger'),
          JAEGER_HTTP_PORT: pages!,
          JAEGER_GRPC_PORT: queries!,
          JAEGER_OTLP_PORT: otlp!,
          JAEGER_HEALTH_PORT: health!,
          // Its own traces.
          OTEL_TRACES_SAMPLER: 'always_off',
        },
      }
    },
    answers: () => isOk(`http://127.0.0.1:${health}/status`),
  }
}
