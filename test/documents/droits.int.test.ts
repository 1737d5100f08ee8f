import { randomUUID } from 'node:crypto'
import { DossierDecide, DossierDepose, DossierModifie } from '../../contracts/demarches.ts'
import {
  type Document,
  LireDocument,
  OuvrirLecture,
  SupprimerDocument,
  VerifierPieces,
} from '../../contracts/documents.ts'
import type { Personne } from '../../contracts/principal.ts'
import { onDossierDecide } from '../../services/documents/on-dossier-decide.ts'
import { onDossierDepose } from '../../services/documents/on-dossier-depose.ts'
import { type Bench, startBench, unePersonne, until } from './bench.ts'
import { decide, depose, modifie } from './dossiers.ts'
import { pdf } from './fixtures.ts'

let bench: Bench
const awa = unePersonne()
const autre = unePersonne()
const agent = unePersonne('etat-civil')
const agentAilleurs = unePersonne('education', 'solidarites')
const administrateur: Personne = { ...unePersonne(), administrateur: true }
const tous = { awa, autre, agent, agentAilleurs, administrateur }

let libre: Document
let deposeParAwa: Document
let projet: Document
let decision: Document
beforeAll(async () => {
  bench = await startBench()
  libre = await bench.upload(awa, pdf('libre'))
  deposeParAwa = await bench.upload(awa, pdf('depose'))
  projet = await bench.upload(agent, pdf('projet'), { emisPar: 'agent' })
  decision = await bench.upload(agent, pdf('decision'), { emisPar: 'agent' })
  const at = { dossierId: randomUUID(), usagerId: awa.usagers['etat-civil'] }
  await bench.dossierEvent(DossierDepose, { ...at, sequence: 1 }, depose({ acte: deposeParAwa.id }))
  await bench.deliver(onDossierDepose, at.dossierId)
  await bench.dossierEvent(DossierDecide, { ...at, sequence: 2 }, decide(decision.id))
  await bench.deliver(onDossierDecide, at.dossierId)
})
afterAll(async () => {
  await bench.stop()
})

test.each([
  ['a free document', () => libre, ['awa']],
  ['a filed document', () => deposeParAwa, ['awa', 'agent']],
  ['a decision not yet handed over', () => projet, ['agent']],
  ['a decision handed over', () => decision, ['awa', 'agent']],
] as const)('%s is seen by who may, and does not exist for the others', async (_what, document, seenBy) => {
  const { id } = document()
  for (const [who, principal] of Object.entries(tous))
    for (const action of [LireDocument, OuvrirLecture]) {
      const answer = bench.ask(action, { id }, principal)
      if ((seenBy as readonly string[]).includes(who)) await expect(answer).resolves.toBeDefined()
      else await expect(answer).rejects.toMatchObject({ code: 'introuvable' })
    }
})

test('an unknown document does not exist', async () => {
  await expect(bench.ask(LireDocument, { id: randomUUID() }, awa)).rejects.toMatchObject({
    code: 'introuvable',
  })
})

test('a free document is deleted by its owner, once, with one event', async () => {
  const { id } = await bench.upload(awa, pdf())
  for (const principal of [autre, agent, agentAilleurs, administrateur])
    await expect(bench.ask(SupprimerDocument, { id }, principal)).rejects.toMatchObject({
      code: 'introuvable',
    })
  const key = randomUUID()
  expect(await bench.ask(SupprimerDocument, { id }, awa, key)).toBeNull()
  await expect(bench.ask(LireDocument, { id }, awa)).rejects.toMatchObject({ code: 'introuvable' })
  expect(await bench.ask(SupprimerDocument, { id }, awa, key)).toBeNull()
  await expect(bench.ask(SupprimerDocument, { id }, awa)).rejects.toMatchObject({ code: 'introuvable' })
  expect((await bench.events(id)).map((event) => [event.sequence, event.type, event.actorId])).toEqual([
    [1, 'guichet.document.televerse.v1', awa.usagers['etat-civil']],
    [2, 'guichet.document.supprime.v1', awa.usagers['etat-civil']],
  ])
})

test('several orders to delete at once delete once', async () => {
  const { id } = await bench.upload(awa, pdf())
  const answers: Promise<null>[] = []
  await bench.sql.begin(async (tx) => {
    await tx`select from documents.document where id = ${id} for update`
    for (let n = 0; n < 3; n++) answers.push(bench.ask(SupprimerDocument, { id }, awa))
    await until(async () => {
      const waiting = await bench.sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      return waiting.length === 3
    })
  })
  const settled = await Promise.allSettled(answers)
  expect(settled.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1)
  for (const answer of settled)
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'introuvable' })
  expect(await bench.events(id)).toHaveLength(2)
})

test('an agent deletes a draft decision of the sector, in their own name', async () => {
  const { id } = await bench.upload(agent, pdf(), { emisPar: 'agent' })
  const collegue = unePersonne('etat-civil')
  await bench.ask(SupprimerDocument, { id }, collegue)
  expect((await bench.events(id))[1]).toMatchObject({
    actorKind: 'agent',
    actorId: collegue.acteurId,
    usagerId: null,
  })
})

test('a filed document and a decision can be deleted by nobody', async () => {
  for (const { id } of [deposeParAwa, decision])
    for (const principal of [awa, agent])
      await expect(bench.ask(SupprimerDocument, { id }, principal)).rejects.toMatchObject({
        code: 'document-verrouille',
      })
})

test('from its deposit on a piece cannot be deleted, although the reaction that freezes it has not run', async () => {
  const [garde, brouillon] = [
    await bench.upload(awa, pdf('garde')),
    await bench.upload(awa, pdf('brouillon')),
  ]
  const at = { sequence: 1, usagerId: awa.usagers['etat-civil'], unranked: true }
  await bench.dossierEvent(DossierDepose, { ...at, dossierId: randomUUID() }, depose({ acte: garde.id }))
  const draft = modifie('brouillon', { acte: brouillon.id })
  await bench.dossierEvent(DossierModifie, { ...at, dossierId: randomUUID() }, draft)
  const key = randomUUID()
  for (let n = 0; n < 2; n++)
    await expect(bench.ask(SupprimerDocument, { id: garde.id }, awa, key)).rejects.toMatchObject({
      code: 'document-verrouille',
    })
  expect(await bench.ask(LireDocument, { id: garde.id }, awa)).toMatchObject({ statut: 'libre' })
  expect(await bench.ask(SupprimerDocument, { id: brouillon.id }, awa)).toBeNull()
})

test('from the decision on its document cannot be deleted, although it is not handed over yet', async () => {
  const { id } = await bench.upload(agent, pdf(), { emisPar: 'agent' })
  const at = { dossierId: randomUUID(), sequence: 1, usagerId: awa.usagers['etat-civil'], unranked: true }
  await bench.dossierEvent(DossierDecide, at, decide(id))
  await expect(bench.ask(SupprimerDocument, { id }, agent)).rejects.toMatchObject({
    code: 'document-verrouille',
  })
})

test('what a stranger says of a document in a dossier of theirs does not hold it', async () => {
  const { id } = await bench.upload(awa, pdf())
  const at = { dossierId: randomUUID(), sequence: 1, usagerId: autre.usagers['etat-civil'], unranked: true }
  await bench.dossierEvent(DossierDepose, at, depose({ acte: id }))
  expect(await bench.ask(SupprimerDocument, { id }, awa)).toBeNull()
})

test('the pieces of an usager are their own, of that sector, and not deleted', async () => {
  const efface = await bench.upload(awa, pdf())
  await bench.ask(SupprimerDocument, { id: efface.id }, awa)
  const ailleurs = await bench.upload(awa, pdf(), { secteur: 'education' })
  const dAutrui = await bench.upload(autre, pdf())
  const inconnu = randomUUID()
  const documentIds = [
    libre.id,
    efface.id,
    ailleurs.id,
    deposeParAwa.id,
    dAutrui.id,
    projet.id,
    decision.id,
    inconnu,
  ]
  expect(
    await bench.ask(VerifierPieces, { secteur: 'etat-civil', documentIds, emisPar: 'usager' }, awa),
  ).toEqual({
    inconnus: [efface.id, ailleurs.id, dAutrui.id, projet.id, decision.id, inconnu],
    defauts: [{ id: ailleurs.id, defaut: 'secteur' }],
  })
})

test('the document of a decision is issued by the sector, asked by its agent, and not handed over yet', async () => {
  const documentIds = [projet.id, decision.id, libre.id, deposeParAwa.id]
  const question = { secteur: 'etat-civil', documentIds, emisPar: 'agent' } as const
  expect(await bench.ask(VerifierPieces, question, agent)).toEqual({
    inconnus: documentIds.slice(1),
    defauts: [],
  })
  const deuxSecteurs = unePersonne('etat-civil', 'education')
  const ailleurs = await bench.upload(deuxSecteurs, pdf(), { emisPar: 'agent', secteur: 'education' })
  expect(
    await bench.ask(VerifierPieces, { ...question, documentIds: [ailleurs.id, projet.id] }, deuxSecteurs),
  ).toEqual({ inconnus: [ailleurs.id], defauts: [] })
  for (const principal of [agentAilleurs, awa])
    expect(await bench.ask(VerifierPieces, question, principal)).toEqual({
      inconnus: documentIds,
      defauts: [],
    })
})
