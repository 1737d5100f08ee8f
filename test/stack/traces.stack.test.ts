import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { Client } from '../demo/client.ts'
import { pdf } from '../demo/journey.ts'
import { freePort, signIn } from '../demo/sign-in.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { HubProcess, inParts } from '../support/hub-process.ts'
import { type JaegerServer, type JaegerSpan, startJaeger } from './jaeger-server.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'

let jaeger: JaegerServer
let nats: NatsServers
let db: TestDatabase
let folder: string
let hubs: HubProcess[]
let url: string

beforeAll(async () => {
  ;[jaeger, nats, db] = await Promise.all([startJaeger(), startNatsServers(3), freshDatabase()])
  folder = await mkdtemp(join(tmpdir(), 'guichet-traces-'))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  hubs = inParts.map(
    (services) =>
      new HubProcess({
        port,
        databaseUrl: db.url,
        dataFolder: folder,
        publicUrl: url,
        services,
        env: { NATS_URL: nats.urlOf(services), OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlp },
      }),
  )
  await Promise.all(hubs.map((hub) => hub.start()))
}, 120_000)
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.kill()))
  await Promise.all([jaeger.close(), nats.close(), db.drop(), rm(folder, { recursive: true })])
})

/** From a span up to the first: who did what. */
function ancestry(spans: readonly JaegerSpan[], span: JaegerSpan | undefined): string[] {
  if (!span) return []
  const parent = spans.find(({ id }) => id === span.parent)
  return [`${span.service} ${span.name}`, ...ancestry(spans, parent)]
}

test('Jaeger shows a citizen’s request as one trace with true parents, over NATS into the reaction', async () => {
  const amina = new Client(url, await signIn(url, 'amina', demoPassword))
  const piece = await amina.upload<{ id: string }>('/v1/documents?secteur=etat-civil', 'p.pdf', pdf('Piece'))
  const dossier = await amina.post<{ id: string }>('/v1/dossiers', {
    demarche: 'acte-de-naissance',
    formulaire: formulairesValides['acte-de-naissance'],
    pieces: [{ piece: 'justificatif-identite', documentId: piece.body.id }],
  })
  const { traceId } = await amina.post(`/v1/dossiers/${dossier.body.id}/depot`, {})
  const request = 'guichet-gateway POST /v1/dossiers/:id/depot'
  const action = 'guichet-demarches demarches.deposerDossier'
  const reaction = 'guichet-documents process guichet.dossier.depose.v1'
  await eventually(async () => {
    const spans = await jaeger.spansOf(traceId)
    const to = (name: string) =>
      ancestry(
        spans,
        spans.find((span) => span.name === name),
      )
    // A call of one service by another, each with its SQL.
    expect(to('lire les documents')).toEqual([
      'guichet-documents lire les documents',
      'guichet-documents documents.verifierPieces',
      action,
      request,
    ])
    // State and event, in one statement of the log.
    expect(to('changer le dossier')).toEqual(['guichet-demarches changer le dossier', action, request])
    // The relay has ranked it, the publisher brought it to the stream.
    expect(to('send guichet.dossier.depose.v1')).toEqual([
      'guichet-hub send guichet.dossier.depose.v1',
      action,
      request,
    ])
    expect(to('deposer le document')).toEqual([
      'guichet-documents deposer le document',
      reaction,
      action,
      request,
    ])
    // What the reaction itself tells goes the same way.
    expect(to('send guichet.document.depose.v1')).toEqual([
      'guichet-hub send guichet.document.depose.v1',
      reaction,
      action,
      request,
    ])
    expect(spans.filter(({ parent }) => parent === '')).toHaveLength(1)
    const sent = spans.find(({ name }) => name === 'send guichet.dossier.depose.v1')!
    const [event] = await db.sql<{ rang: number }[]>`
      select rang from hub.event where subject = ${`dossier/${dossier.body.id}`} and type = 'guichet.dossier.depose.v1'`
    expect(sent.tags['messaging.nats.stream.sequence']).toBe(event!.rang)
  }, 20_000)
}, 60_000)
