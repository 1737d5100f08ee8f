import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { createAlwaysRecordSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { forgetTraces } from '../../infra/housekeeping.ts'
import { createLogger } from '../../infra/log.ts'
import { slowMs, SpanStore } from '../../infra/span-store.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
const log = createLogger({ logLevel: 'silent', logPretty: false })

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(() => database.sql`truncate hub.trace_part`)

/** A provider that samples this share of traces and stores what it keeps. */
function provide(ratio: number) {
  const store = new SpanStore()
  const sampler = createAlwaysRecordSampler(new TraceIdRatioBasedSampler(ratio))
  const tracer = new TracerProvider({ sampler, spanProcessors: [store] }).getTracer('test')
  return { store, tracer }
}

async function names(): Promise<string[]> {
  const rows = await database.sql<{ nom: string }[]>`
    select span ->> 'nom' as nom from hub.trace_part, json_array_elements(spans) as span order by 1`
  return rows.map((row) => row.nom)
}

test('a sampled trace is stored, with its parents and its errors', async () => {
  const { store, tracer } = provide(1)
  const parent = tracer.startSpan('request')
  const child = tracer.startSpan('statement', {}, trace.setSpan(context.active(), parent))
  child.setAttribute('error.type', '57014')
  child.setStatus({ code: SpanStatusCode.ERROR })
  child.end()
  parent.end()
  store.start(database.sql, log)
  await store.stop()
  const [part] = await database.sql`select name, error, spans from hub.trace_part`
  expect(part).toMatchObject({
    name: 'request',
    error: '57014',
    spans: [
      { nom: 'request', parent: null, erreur: null },
      { nom: 'statement', parent: parent.spanContext().spanId, erreur: '57014' },
    ],
  })
})

test('of what is not sampled, only traces that failed or were slow are kept, whole', async () => {
  const { store, tracer } = provide(0)
  const run = (name: string, options: { fails?: boolean; ms?: number }) => {
    const start = Date.now()
    const parent = tracer.startSpan(name, { startTime: start })
    const child = tracer.startSpan(
      `${name} part`,
      { startTime: start },
      trace.setSpan(context.active(), parent),
    )
    if (options.fails) child.setStatus({ code: SpanStatusCode.ERROR })
    child.end(start + 1)
    parent.end(start + (options.ms ?? 2))
  }
  run('a usual', {})
  run('b failed', { fails: true })
  run('c slow', { ms: slowMs })
  store.start(database.sql, log)
  await store.stop()
  expect(await names()).toEqual(['b failed', 'b failed part', 'c slow', 'c slow part'])
})

test('a flood beyond the bound is dropped, and the hub goes on', async () => {
  const { store, tracer } = provide(1)
  for (let n = 0; n < 20_100; n++) tracer.startSpan('flood').end()
  store.start(database.sql, log)
  await store.stop()
  expect((await names()).length).toBe(20_000)
})

test('spans are forgotten after seven days', async () => {
  const insert = (id: string, age: string) => database.sql`
    insert into hub.trace_part (trace_id, root_id, name, started_at, duration_ms, spans)
    values (${id}, 's', ${id}, now() - ${age}::interval, 1, ${database.sql.json([{ nom: id }])})`
  await insert('old', '7 days 1 minute')
  await insert('young', '6 days 23 hours')
  expect(await forgetTraces(database.sql)).toBe(1)
  expect(await names()).toEqual(['young'])
})
