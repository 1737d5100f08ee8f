import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Ground } from '../../infra/service.ts'
import { codeSysteme } from './code-systeme.ts'
import { cheminDuFichier, dossierDesArrivees, racineDesFichiers } from './fichiers.ts'
import * as store from './store.ts'

const delaiMs = 24 * 60 * 60 * 1000

/**
 * Erases what is over for a day: documents deleted by their owner, row then file; files that no row names (a
 * crash between the two writes of an upload); files that stopped arriving. Several processes may sweep at once.
 * @returns how many rows and files this one erased
 */
export async function balayerFichiers(
  ground: Pick<Ground, 'db' | 'now' | 'config' | 'log'>,
): Promise<{ documents: number; fichiers: number }> {
  const racine = racineDesFichiers(ground.config)
  const avant = new Date(ground.now().getTime() - delaiMs)
  await mkdir(dossierDesArrivees(racine), { recursive: true, mode: 0o700 })
  const documents = await store.effacerSupprimes(ground.db.sql, avant)
  if (!(await racineEstANous(racine, await store.lireMarque(ground.db.sql)))) {
    ground.log.error({}, 'the folder of files belongs to another database: its files are not swept')
    return { documents, fichiers: 0 }
  }
  const avantSurDisque = new Date((await heureDuDisque(racine)) - delaiMs)
  let fichiers = 0
  const effacer = async (chemin: string) => {
    if (!(await plusVieuxQue(chemin, avantSurDisque))) return
    await rm(chemin, { force: true })
    fichiers++
  }
  for (const nom of await readdir(dossierDesArrivees(racine)))
    await effacer(join(dossierDesArrivees(racine), nom))
  for (const casier of (await readdir(racine)).filter((nom) => /^[0-9a-f]{2}$/.test(nom))) {
    const ids = (await readdir(join(racine, casier))).filter((nom) => z.uuid().safeParse(nom).success)
    for (const id of await store.sansDocument(ground.db.sql, ids)) await effacer(cheminDuFichier(racine, id))
  }
  ground.log[documents + fichiers > 0 ? 'info' : 'debug']({ documents, fichiers }, 'files swept')
  return { documents, fichiers }
}

/**
 * The first database to sweep a folder marks it. Under another one every file looks like an orphan, and a
 * wrong DATABASE_URL would destroy them all.
 */
async function racineEstANous(racine: string, marque: string): Promise<boolean> {
  const chemin = join(racine, 'base')
  try {
    return (await readFile(chemin, 'utf8')) === marque
  } catch (error) {
    if (codeSysteme(error) !== 'ENOENT') throw error
  }
  const neuf = join(dossierDesArrivees(racine), randomUUID())
  try {
    await writeFile(neuf, marque, { mode: 0o600, flush: true })
    await link(neuf, chemin) // all of it or nothing, and only if there is none yet
  } catch (error) {
    if (codeSysteme(error) !== 'EEXIST') throw error
  } finally {
    await rm(neuf, { force: true })
  }
  return (await readFile(chemin, 'utf8')) === marque
}

/** The time by which the disk dates its files, epoch milliseconds: no other clock can tell how old one is. */
async function heureDuDisque(racine: string): Promise<number> {
  const temoin = join(dossierDesArrivees(racine), randomUUID())
  await writeFile(temoin, '', { mode: 0o600 })
  try {
    return (await stat(temoin)).mtimeMs
  } finally {
    await rm(temoin, { force: true })
  }
}

async function plusVieuxQue(chemin: string, avant: Date): Promise<boolean> {
  try {
    return (await stat(chemin)).mtime < avant
  } catch (error) {
    if (codeSysteme(error) === 'ENOENT') return false // another process was faster
    throw error
  }
}
