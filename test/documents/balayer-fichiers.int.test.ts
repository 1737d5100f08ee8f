import { randomUUID } from 'node:crypto'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DossierDepose } from '../../contracts/demarches.ts'
import { LireDocument, SupprimerDocument } from '../../contracts/documents.ts'
import { balayerFichiers } from '../../services/documents/balayer-fichiers.ts'
import { cheminDuFichier, dossierDesArrivees } from '../../services/documents/fichiers.ts'
import { onDossierDepose } from '../../services/documents/on-dossier-depose.ts'
import { type Bench, startBench, unePersonne } from './bench.ts'
import { depose } from './dossiers.ts'
import { pdf } from './fixtures.ts'

let bench: Bench
beforeEach(async () => {
  bench = await startBench()
})
afterEach(async () => {
  await bench.stop()
})

const heure = 60 * 60 * 1000
const awa = unePersonne()

/** A file of that age, as a crash leaves it. */
async function laisser(chemin: string, heures: number): Promise<void> {
  await mkdir(dirname(chemin), { recursive: true })
  await writeFile(chemin, pdf())
  await vieillir(chemin, heures)
}

/** Files are as old as the disk says, whatever the clock of the service. */
async function vieillir(chemin: string, heures: number): Promise<void> {
  const le = new Date(Date.now() - heures * heure)
  await utimes(chemin, le, le)
}

test('files without a document go after 24 hours, those with one stay', async () => {
  const { id } = await bench.upload(awa, pdf())
  await laisser(cheminDuFichier(bench.folder, id), 1000)
  const [vieux, recent] = [randomUUID(), randomUUID()]
  await laisser(cheminDuFichier(bench.folder, vieux), 25)
  await laisser(cheminDuFichier(bench.folder, recent), 23)
  expect(await balayerFichiers(bench.ground)).toEqual({ documents: 0, fichiers: 1 })
  expect((await bench.files()).toSorted()).toEqual([id, recent].toSorted())
})

test('a crash between the file and its row leaves an orphan that is swept', async () => {
  await bench.sql`alter table hub.event add constraint refus check (type <> 'guichet.document.televerse.v1')`
  await bench.send(awa, pdf())
  const [id] = await bench.files()
  bench.advance(25 * heure)
  await balayerFichiers(bench.ground)
  expect(await bench.files()).toEqual([id])
  await vieillir(cheminDuFichier(bench.folder, id!), 25)
  await balayerFichiers(bench.ground)
  expect(await bench.files()).toEqual([])
})

test('files that stopped arriving go after 24 hours', async () => {
  await laisser(join(dossierDesArrivees(bench.folder), 'vieux'), 25)
  await laisser(join(dossierDesArrivees(bench.folder), 'recent'), 23)
  await balayerFichiers(bench.ground)
  expect(await bench.files()).toEqual(['recent'])
})

test('a deleted document is erased after 24 hours, row and file, and its name with it', async () => {
  const { id } = await bench.upload(awa, pdf())
  await vieillir(cheminDuFichier(bench.folder, id), 25)
  await bench.ask(SupprimerDocument, { id }, awa)
  bench.advance(23 * heure)
  expect(await balayerFichiers(bench.ground)).toEqual({ documents: 0, fichiers: 0 })
  bench.advance(2 * heure)
  expect(await balayerFichiers(bench.ground)).toEqual({ documents: 1, fichiers: 1 })
  expect(await bench.files()).toEqual([])
  expect(await bench.sql`select from documents.document`).toHaveLength(0)
})

test('a document deleted and then brought back by a filed dossier is never erased', async () => {
  const { id } = await bench.upload(awa, pdf())
  const at = { dossierId: randomUUID(), sequence: 1, usagerId: awa.usagers['etat-civil'] }
  await bench.ask(SupprimerDocument, { id }, awa)
  await bench.dossierEvent(DossierDepose, at, depose({ acte: id }))
  await bench.deliver(onDossierDepose, at.dossierId)
  bench.advance(1000 * heure)
  expect(await balayerFichiers(bench.ground)).toEqual({ documents: 0, fichiers: 0 })
  expect(await bench.ask(LireDocument, { id }, awa)).toMatchObject({ statut: 'depose' })
  expect((await bench.read(awa, id)).status).toBe(200)
})

test('several processes may sweep at once', async () => {
  const vieux = Array.from({ length: 50 }, () => randomUUID())
  for (const id of vieux) await laisser(cheminDuFichier(bench.folder, id), 25)
  await Promise.all([1, 2, 3, 4].map(() => balayerFichiers(bench.ground)))
  expect(await bench.files()).toEqual([])
})

test('under another database every file looks like an orphan: none is touched', async () => {
  await balayerFichiers(bench.ground)
  const id = randomUUID()
  await laisser(cheminDuFichier(bench.folder, id), 1000)
  await bench.sql`update documents.depot set id = gen_random_uuid()`
  expect(await balayerFichiers(bench.ground)).toEqual({ documents: 0, fichiers: 0 })
  expect(await bench.files()).toEqual([id])
  expect(bench.lines.join('')).toContain('belongs to another database')
})

test('what is not a document in the folder is left alone', async () => {
  await laisser(join(bench.folder, 'ab', 'notes.txt'), 1000)
  await laisser(join(bench.folder, 'LISEZMOI'), 1000)
  await balayerFichiers(bench.ground)
  expect((await bench.files()).toSorted()).toEqual(['LISEZMOI', 'notes.txt'])
})
