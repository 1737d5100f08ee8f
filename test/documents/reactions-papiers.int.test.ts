import { randomUUID } from 'node:crypto'
import { PapierDepose, PapierRetire } from '../../contracts/conseils-evenements.ts'
import { LireDocument, OuvrirLecturePublique, SupprimerDocument } from '../../contracts/documents.ts'
import { onPapierDepose } from '../../services/documents/on-papier-depose.ts'
import { type Bench, startBench, unePersonne } from './bench.ts'
import { pdf } from './fixtures.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(async () => {
  await bench.stop()
})

const types = async (id: string) => (await bench.events(id)).map((event) => event.type)
const televerse = 'guichet.document.televerse.v1'

describe('a paper of the council', () => {
  const greffe = unePersonne('vie-municipale')
  const paper = () => bench.upload(greffe, pdf(), { emisPar: 'agent', secteur: 'vie-municipale' })

  /** The events of one session about one paper, in its order, each ranked. */
  function sitting(documentId: string) {
    const seanceId = randomUUID()
    const about = { papierId: randomUUID(), documentId, type: 'rapport' } as const
    let sequence = 0
    const at = () => ({
      dossierId: seanceId,
      sequence: ++sequence,
      usagerId: greffe.usagers['vie-municipale'],
    })
    return {
      deposed: () => bench.dossierEvent(PapierDepose, at(), { ...about, secteur: 'vie-municipale' }),
      withdrawn: () => bench.dossierEvent(PapierRetire, at(), about),
      done: () => bench.deliver(onPapierDepose, seanceId, 'seance'),
    }
  }
  const isPublic = async (id: string) =>
    await bench.ask(OuvrirLecturePublique, { id }, unePersonne()).then(
      () => true,
      () => false,
    )

  test('is public until its session takes it back, each once however often it is told', async () => {
    const { id } = await paper()
    const { deposed, withdrawn, done } = sitting(id)
    await deposed()
    await done()
    expect(await isPublic(id)).toBe(true)
    await withdrawn()
    await Promise.all([done(), done()])
    expect(await isPublic(id)).toBe(false)
    expect(await types(id)).toEqual([televerse, 'guichet.document.paru.v1', 'guichet.document.depublie.v1'])
  })

  test('is held from its deposit on, and until it is taken back', async () => {
    const { id } = await paper()
    const { deposed, withdrawn, done } = sitting(id)
    await deposed()
    const removal = () => bench.ask(SupprimerDocument, { id }, greffe)
    await expect(removal()).rejects.toMatchObject({ code: 'document-verrouille' })
    await done()
    await withdrawn()
    await expect(removal()).rejects.toMatchObject({ code: 'document-verrouille' })
    await done()
    await removal()
  })

  test('taken back before its deposit was heard of, is never public, and stays deleted if it was meanwhile', async () => {
    const { id } = await paper()
    const { deposed, withdrawn, done } = sitting(id)
    await deposed()
    await withdrawn()
    await bench.ask(SupprimerDocument, { id }, greffe)
    await done()
    expect(await types(id)).toEqual([televerse, 'guichet.document.supprime.v1'])
    await expect(bench.ask(LireDocument, { id }, greffe)).rejects.toMatchObject({ code: 'introuvable' })
  })
})
