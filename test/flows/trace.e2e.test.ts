import { randomBytes } from 'node:crypto'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { createPool, type Sql } from '../../infra/db.ts'
import { pdf } from '../demo/journey.ts'
import { Client } from '../demo/client.ts'
import { signIn } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { formulairesValides } from '../demarches/exemples.ts'

const baseUrl = process.env.TEST_HUB_URL!
let sql: Sql

beforeAll(() => {
  sql = createPool({ url: process.env.TEST_HUB_DATABASE_URL!, max: 1, name: 'trace test' })
})
afterAll(() => sql.end())

test('the trace that a front end began goes on through the action, the event and the reaction of another service', async () => {
  const session = await signIn(baseUrl, 'amina', demoPassword)
  const amina = new Client(baseUrl, session)
  const piece = await amina.upload<{ id: string }>(
    '/v1/documents?secteur=espace-public',
    'p.pdf',
    pdf('Piece'),
  )
  const dossier = await amina.post<{ id: string }>('/v1/dossiers', {
    demarche: 'stationnement-residentiel',
    formulaire: formulairesValides['stationnement-residentiel'],
    pieces: [{ piece: 'justificatif-domicile', documentId: piece.body.id }],
  })
  const traceId = randomBytes(16).toString('hex')
  const response = await fetch(`${baseUrl}/v1/dossiers/${dossier.body.id}/depot`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await session.token()}`,
      'idempotency-key': traceId,
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('x-trace-id')).toBe(traceId)
  await eventually(async () => {
    const events = await sql<{ type: string; traceparent: string }[]>`
      select type, traceparent from hub.event
      where subject in (${`dossier/${dossier.body.id}`}, ${`document/${piece.body.id}`}) and type like '%.depose.v1' order by rang`
    expect(events.map((event) => event.type)).toEqual([
      'guichet.dossier.depose.v1',
      'guichet.document.depose.v1',
    ])
    expect(events.map((event) => event.traceparent.split('-')[1])).toEqual([traceId, traceId])
    expect(new Set(events.map((event) => event.traceparent.split('-')[2])).size).toBe(2)
  })
})
