import { randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import {
  LireDocument,
  OuvrirTeleversement,
  SupprimerDocument,
  tailleMaximale,
} from '../../contracts/documents.ts'
import '../../infra/tracing.ts'
import { cheminDuFichier } from '../../services/documents/fichiers.ts'
import { listenerOf } from '../../services/documents/listener.ts'
import { type Bench, sha256, startBench, unePersonne, unTraceId } from './bench.ts'
import { jpeg, pdf, pdfDe, png, webp } from './fixtures.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  await bench.stop()
})

test('a file sent is stored under its random id, with its row and one event', async () => {
  const awa = unePersonne()
  const octets = pdf()
  const document = await bench.upload(awa, octets, { nom: 'C:\\scans\\Acte de naissance.pdf' })
  expect(document).toEqual({
    id: expect.any(String),
    nom: 'Acte de naissance.pdf',
    type: 'application/pdf',
    taille: octets.length,
    sha256: sha256(octets),
    secteur: 'etat-civil',
    statut: 'libre',
    dossierId: null,
    signalementId: null,
    public: false,
    creeLe: expect.any(String),
  })
  expect(await bench.ask(LireDocument, { id: document.id }, awa)).toEqual(document)
  const chemin = cheminDuFichier(bench.folder, document.id)
  expect((await readFile(chemin)).equals(octets)).toBe(true)
  expect((await stat(chemin)).mode & 0o777).toBe(0o600)
  expect(await bench.files()).toEqual([document.id])
  expect(await bench.events(document.id)).toEqual([
    {
      type: 'guichet.document.televerse.v1',
      sequence: 1,
      actorKind: 'usager',
      actorId: awa.usagers['etat-civil'],
      usagerId: awa.usagers['etat-civil'],
      data: { secteur: 'etat-civil', type: 'application/pdf', taille: octets.length },
      traceparent: expect.any(String),
    },
  ])
})

test('the type is what the content is, not what the name says', async () => {
  const awa = unePersonne()
  for (const [octets, type] of [
    [jpeg(), 'image/jpeg'],
    [png(), 'image/png'],
    [webp(), 'image/webp'],
  ] as const)
    expect(await bench.upload(awa, octets, { nom: 'piece.pdf' })).toMatchObject({ type })
})

test('a file of another kind is refused with a reason and leaves nothing', async () => {
  const response = await bench.send(unePersonne(), Buffer.from('MZ\x90 program'), { nom: 'facture.pdf' })
  expect(response.status).toBe(422)
  expect(await response.json()).toEqual({
    code: 'fichier-refuse',
    detail: 'Le fichier est un programme. Envoyez un PDF, ou une image JPEG, PNG ou WebP.',
    extra: {},
  })
  await nothingIsLeft()
})

test('an empty file and a cut one are refused and leave nothing', async () => {
  for (const octets of [Buffer.alloc(0), pdf().subarray(0, 100)]) {
    const response = await bench.send(unePersonne(), octets)
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'fichier-refuse' }),
    ])
  }
  await nothingIsLeft()
})

test('25 MB are taken, one byte more is refused and leaves nothing', async () => {
  const awa = unePersonne()
  const { id, taille } = await bench.upload(awa, pdfDe(tailleMaximale))
  expect(taille).toBe(tailleMaximale)
  const response = await bench.send(awa, pdfDe(tailleMaximale + 1))
  expect([response.status, await response.json()]).toEqual([
    413,
    expect.objectContaining({ code: 'corps-trop-grand' }),
  ])
  expect(await bench.files()).toEqual([id])
})

test('only an agent of the sector issues a document for it, and it belongs to nobody yet', async () => {
  const agent = unePersonne('education')
  const params = { nom: 'decision.pdf', emisPar: 'agent' } as const
  await expect(
    bench.ask(OuvrirTeleversement, { ...params, secteur: 'etat-civil' }, agent),
  ).rejects.toMatchObject({
    code: 'acces-refuse',
  })
  const { id } = await bench.upload(agent, pdf(), { ...params, secteur: 'education' })
  expect(await bench.events(id)).toMatchObject([
    { actorKind: 'agent', actorId: agent.acteurId, usagerId: null },
  ])
})

test('the same request again is answered with the same document, and only one file stays', async () => {
  const awa = unePersonne()
  const key = randomUUID()
  const first = await bench.upload(awa, pdf(), { key })
  expect(await bench.upload(awa, pdf(), { key })).toEqual(first)
  expect(await bench.files()).toEqual([first.id])
})

test('the same request several times at once makes one document', async () => {
  const awa = unePersonne()
  const key = randomUUID()
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => bench.upload(awa, pdf(), { key })))
  expect(new Set(answers.map((document) => document.id)).size).toBe(1)
  expect(await bench.files()).toEqual([answers[0]?.id])
})

test('the same key with other content, another sector or another role is refused and leaves nothing', async () => {
  const awa = unePersonne('etat-civil')
  const key = randomUUID()
  const first = await bench.upload(awa, pdf(), { key })
  for (const [octets, options] of [
    [pdf('autre'), {}],
    [pdf(), { secteur: 'education' }],
    [pdf(), { emisPar: 'agent' }],
  ] as const) {
    const response = await bench.send(awa, octets, { key, ...options })
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'cle-idempotence-reutilisee' }),
    ])
  }
  expect(await bench.files()).toEqual([first.id])
})

test('the same request again after the document was deleted brings nothing back', async () => {
  const awa = unePersonne()
  const key = randomUUID()
  const { id } = await bench.upload(awa, pdf(), { key })
  await bench.ask(SupprimerDocument, { id }, awa)
  expect((await bench.send(awa, pdf(), { key })).status).toBe(404)
  expect(await bench.files()).toEqual([id])
})

test('the same key of two people makes two documents', async () => {
  const key = randomUUID()
  const [first, second] = [
    await bench.upload(unePersonne(), pdf(), { key }),
    await bench.upload(unePersonne(), pdf(), { key }),
  ]
  expect(second.id).not.toBe(first.id)
})

test('an account whose files took a minute to examine is asked to come back, whatever sector it sends to', async () => {
  const awa = unePersonne('education')
  listenerOf(bench.ground.db).tours.compter(awa.acteurId, 70_000)
  for (const options of [{}, { secteur: 'education' }, { secteur: 'education', emisPar: 'agent' }] as const)
    await expect(bench.send(awa, pdf(), options)).rejects.toMatchObject({
      code: 'trop-de-requetes',
      extra: { attendre: 50 },
    })
  await bench.upload(unePersonne(), pdf())
})

test('the trace of the gateway goes on into the event', async () => {
  const traceId = unTraceId()
  const { id } = await bench.upload(unePersonne(), pdf(), {
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  })
  const [event] = await bench.events(id)
  expect(event?.traceparent).toMatch(new RegExp(`^00-${traceId}-`))
})

test('when the database refuses, the answer is a bare 500 and no row stands without its event', async () => {
  await bench.sql`alter table hub.event add constraint refus check (type <> 'guichet.document.televerse.v1')`
  const response = await bench.send(unePersonne(), pdf())
  expect([response.status, await response.json()]).toEqual([500, { code: 'erreur-interne', extra: {} }])
  expect(await bench.sql`select from documents.document`).toHaveLength(0)
})

async function nothingIsLeft(): Promise<void> {
  expect(await bench.files()).toEqual([])
  expect(await bench.sql`select from documents.document`).toHaveLength(0)
  expect(await bench.sql`select from hub.event`).toHaveLength(0)
}
