import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { Examinateur } from '../../services/documents/examinateur.ts'
import { Tours } from '../../services/documents/tours.ts'
import { eventually } from '../support/eventually.ts'
import { pdf, png } from './fixtures.ts'
import { fluxFlate, pdfAvec } from './pdf-fixtures.ts'

let dossier: string
let lignes: string[]
let log: pino.Logger
beforeEach(async () => {
  dossier = await mkdtemp(join(tmpdir(), 'guichet-examen-'))
  lignes = []
  log = pino({}, { write: (ligne: string) => void lignes.push(ligne) })
})
afterEach(async () => {
  await rm(dossier, { recursive: true })
})

async function fichier(nom: string, octets: Buffer, compte = 'awa') {
  await writeFile(join(dossier, nom), octets)
  return { fichier: join(dossier, nom), cible: join(dossier, `${nom}.propre`), compte }
}

/** Takes seconds to examine. */
const lourd = pdfAvec({ objets: Array.from({ length: 8 }, () => fluxFlate(Buffer.alloc(60 * 1024 * 1024))) })

/** The processes of this one that examine files: what `ps` would say, on Linux. */
async function enfants(): Promise<number[]> {
  const pids = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
  const tous = pids.trim().split(' ').filter(Boolean).map(Number)
  const lignes = await Promise.all(
    tous.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] as const),
  )
  return lignes.filter(([, ligne]) => ligne.includes('examen-processus')).map(([pid]) => pid)
}

const surLinux = process.platform === 'linux' ? test : test.skip
if (process.platform !== 'linux')
  process.stderr.write('a process that falls: skipped, its children are looked for in /proc\n')

surLinux('a process that falls refuses the file for now, and the next one finds another', async () => {
  const examinateur = new Examinateur(log, new Tours())
  const pendant = examinateur.examiner(await fichier('lourd', lourd))
  const refuse = expect(pendant).rejects.toMatchObject({ code: 'service-indisponible' })
  const [pid] = await eventually(async () => {
    const pids = await enfants()
    expect(pids).toHaveLength(1)
    return pids
  })
  process.kill(pid!, 'SIGKILL')
  await refuse
  expect(lignes.join('')).toContain('file examination ended by itself')
  expect(await examinateur.examiner(await fichier('a', pdf()))).toEqual({ type: 'application/pdf' })
  await examinateur.stop()
  expect(await enfants()).toEqual([])
})

surLinux('a file that takes too long is refused, its process ended, and the next one passes', async () => {
  const court = new Examinateur(log, new Tours(), { examen: 1 })
  await expect(court.examiner(await fichier('lourd', lourd))).rejects.toMatchObject({
    code: 'fichier-refuse',
    detail: 'Le fichier est trop complexe: sa vérification n’a pas abouti.',
  })
  expect(await enfants()).toEqual([])
  await court.stop()
})

test('who waits too long for their turn is asked to come back, and the others pass', async () => {
  const examinateur = new Examinateur(log, new Tours({ attente: 1 }))
  const [premier, second] = await Promise.allSettled([
    examinateur.examiner(await fichier('a', pdf())),
    examinateur.examiner(await fichier('b', pdf())),
  ])
  expect([premier.status, second.status]).toEqual(['fulfilled', 'rejected'])
  expect((second as PromiseRejectedResult).reason).toMatchObject({ code: 'service-indisponible' })
  expect(await examinateur.examiner(await fichier('c', png()))).toMatchObject({ type: 'image/png' })
  await examinateur.stop()
})

test('an account that sends files that take long makes another one wait for one of them', async () => {
  const examinateur = new Examinateur(log, new Tours(), { examen: 1500 })
  let faits = 0
  const fait = () => faits++
  const lourds: Promise<unknown>[] = []
  for (let n = 0; n < 3; n++) {
    const demande = await fichier(`lourd${n}`, lourd, 'attaquant')
    lourds.push(examinateur.examiner(demande).then(fait, fait))
  }
  await examinateur.examiner(await fichier('a', png(), 'awa'))
  expect(faits).toBe(1)
  await examinateur.examiner(await fichier('b', png(), 'bintou'))
  expect(faits).toBe(2) // the next heavy one had its turn while nobody else waited
  await examinateur.stop()
  await Promise.all(lourds)
  expect(faits).toBe(3)
})

surLinux('one process serves many files, and ends when there is nothing to do', async () => {
  const examinateur = new Examinateur(log, new Tours(), { repos: 300 })
  const fichiers = await Promise.all(['a', 'b', 'c'].map((nom) => fichier(nom, png())))
  await Promise.all(fichiers.map((demande) => examinateur.examiner(demande)))
  expect((await readdir(dossier)).filter((nom) => nom.endsWith('.propre'))).toHaveLength(3)
  expect(await enfants()).toHaveLength(1)
  await eventually(async () => expect(await enfants()).toEqual([]))
  expect(lignes.join('')).not.toContain('ended by itself')
  await examinateur.stop()
})

surLinux('the process has nothing of the environment of the hub', async () => {
  const examinateur = new Examinateur(log, new Tours())
  await examinateur.examiner(await fichier('a', pdf()))
  const [pid] = await enfants()
  const environnement = await readFile(`/proc/${pid}/environ`, 'utf8')
  expect(environnement).not.toMatch(/URL|HOME|PATH/)
  await examinateur.stop()
})

test('what it cannot write is told as the system tells it', async () => {
  const examinateur = new Examinateur(log, new Tours())
  const demande = { ...(await fichier('a', png())), cible: join(dossier, 'absent', 'a') }
  await expect(examinateur.examiner(demande)).rejects.toMatchObject({
    code: 'ENOENT',
  })
  await examinateur.stop()
})
