import { randomBytes } from 'node:crypto'
import { ListerTraces, LireTrace, type Segment } from '../../contracts/hub.ts'
import type { z } from 'zod'
import { pdf } from '../documents/fixtures.ts'
import { hubUrl } from '../support/api.ts'
import { deposited } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { person } from '../support/people.ts'

const admin = person('admin')

type Span = z.infer<typeof Segment>

/** From a span up to the first: what called it, as names. */
function ancestry(spans: readonly Span[], of: Span | undefined): string[] {
  if (!of) return []
  return [
    of.nom,
    ...ancestry(
      spans,
      spans.find((span) => span.id === of.parent),
    ),
  ]
}

test('one request of a citizen is one trace, with true parents from HTTP to the reaction in another service', async () => {
  const amina = person('amina')
  const { id: documentId } = await amina.uploaded('etat-civil', pdf())
  const dossier = await deposited(amina, { pieces: [{ piece: 'justificatif-identite', documentId }] })
  const [event] = await hubDatabase()<{ traceparent: string }[]>`
    select traceparent from hub.event where subject = ${`dossier/${dossier.id}`} and type = 'guichet.dossier.depose.v1'`
  const traceId = event!.traceparent.split('-')[1]!
  // Each process stores its own spans in its own time.
  const spans = await eventually(async () => {
    const { segments } = await admin.ok(LireTrace, { id: traceId })
    const last = segments.find((span) => span.nom === 'deposer le document')
    expect(ancestry(segments, last)).toEqual([
      'deposer le document',
      'process guichet.dossier.depose.v1',
      'demarches.deposerDossier',
      'POST /v1/dossiers/:id/depot',
    ])
    return segments
  })
  expect(spans.every((span) => span.erreur === null)).toBe(true)
})

test('the traces of a dossier are found by its reference, newest first, page by page', async () => {
  const dossier = await deposited(person('amina'))
  const first = await eventually(async () => {
    const page = await admin.ok(ListerTraces, { reference: dossier.reference, limite: 1 })
    expect(page.elements).toMatchObject([{ methode: 'POST', route: '/v1/dossiers/:id/depot', statut: 200 }])
    expect(page.suivant).not.toBeNull()
    return page
  })
  const second = await admin.ok(ListerTraces, { reference: dossier.reference, apres: first.suivant! })
  expect(second.elements.at(-1)).toMatchObject({ methode: 'POST', route: '/v1/dossiers', statut: 201 })
})

test('traces are narrowed by route, duration, time and failure; a refusal is no failure', async () => {
  const route = '/v1/demarches/:id'
  const since = new Date().toISOString()
  const refused = await fetch(`${hubUrl}/v1/demarches/inconnue-${randomBytes(4).toString('hex')}`)
  expect(refused.status).toBe(404)
  const mine = refused.headers.get('x-trace-id')
  await eventually(async () => {
    const { elements } = await admin.ok(ListerTraces, { route, du: since, erreur: 'false' })
    expect(elements).toContainEqual(expect.objectContaining({ traceId: mine, statut: 404, erreur: null }))
    expect(elements.every((trace) => trace.route === route && trace.le >= since)).toBe(true)
  })
  expect((await admin.ok(ListerTraces, { route, du: since, erreur: 'true' })).elements).toEqual([])
  expect((await admin.ok(ListerTraces, { route, du: since, dureeMin: 60_000 })).elements).toEqual([])
  expect((await admin.ok(ListerTraces, { au: '2000-01-01T00:00:00Z' })).elements).toEqual([])
})
