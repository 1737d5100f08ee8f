import { demoPassword } from '../../infra/issuer/accounts.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { Client } from '../demo/client.ts'
import { pdf } from '../demo/journey.ts'
import { eventually } from '../support/eventually.ts'
import { freePort, signIn } from '../demo/sign-in.ts'
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts'
import { linesOf, type OwnHub, startOwnHub } from './own-hub.ts'

let receiver: OtlpReceiver
let hub: OwnHub

beforeAll(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(async () => {
  await hub.stop()
  await hub.database.drop()
})
afterAll(() => receiver.close())

/** From a span up to the first: what called it, as names. */
function ancestry(id: string): string[] {
  const span = receiver.spans().find((one) => one.id === id)
  return span ? [span.name, ...ancestry(span.parent)] : []
}

test('an OTLP back end gets the whole trace of a citizen with true parents, the figures, and our headers', async () => {
  hub = await startOwnHub({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc',
    // What would turn the SDK's own set-up elsewhere changes nothing here.
    OTEL_SDK_DISABLED: 'true',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'always_off',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/v1/traces',
  })
  const amina = new Client(hub.url, await signIn(hub.url, 'amina', demoPassword))
  const piece = await amina.upload<{ id: string }>('/v1/documents?secteur=etat-civil', 'p.pdf', pdf('Piece'))
  const dossier = await amina.post<{ id: string }>('/v1/dossiers', {
    demarche: 'acte-de-naissance',
    formulaire: formulairesValides['acte-de-naissance'],
    pieces: [{ piece: 'justificatif-identite', documentId: piece.body.id }],
  })
  const { traceId } = await amina.post(`/v1/dossiers/${dossier.body.id}/depot`, {})
  await eventually(() => {
    const last = receiver.spans().find((one) => one.traceId === traceId && one.name === 'deposer le document')
    expect(ancestry(last?.id ?? '')).toEqual([
      'deposer le document',
      'process guichet.dossier.depose.v1',
      'demarches.deposerDossier',
      'POST /v1/dossiers/:id/depot',
    ])
  })
  // The administrator's own store has the same trace.
  await eventually(async () => {
    const [stored] = await hub.database.sql<[{ spans: number }]>`
      select coalesce(sum(json_array_length(spans)), 0)::int as spans from hub.trace_part where trace_id = ${traceId}`
    expect(stored.spans).toBeGreaterThan(5)
  })
  expect(await hub.stop()).toBe(0)
  expect(receiver.metrics()).toEqual(
    expect.arrayContaining(['http.server.request.duration', 'guichet.relay.lag']),
  )
  expect(receiver.headers.every((headers) => headers.authorization === 'Basic abc')).toBe(true)
})

test('a back end that does not answer costs one warning: the hub serves, keeps its spans and stops in time', async () => {
  hub = await startOwnHub({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:secret@127.0.0.1:${await freePort()}` })
  const reply = await fetch(`${hub.url}/v1/demarches`)
  expect(reply.headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/)
  await eventually(async () => {
    await fetch(`${hub.url}/v1/demarches`)
    const lost = /guichet_spans_dropped_total\{guichet_destination="otlp"\} (\d+)/.exec(await hub.metrics())
    expect(Number(lost?.[1])).toBeGreaterThan(0)
  })
  await fetch(`${hub.url}/v1/demarches`)
  const began = Date.now()
  expect(await hub.stop()).toBe(0)
  expect(Date.now() - began).toBeLessThan(5000)
  expect(linesOf(hub.process).filter((line) => line.level >= 40)).toEqual([
    expect.objectContaining({ level: 40, msg: expect.stringContaining('does not take spans') }),
  ])
  expect(hub.process.output).not.toContain('secret')
})
