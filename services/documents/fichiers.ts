import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tailleMaximale } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Config } from '../../infra/config.ts'
import { codeSysteme } from './code-systeme.ts'

/** Where the files of documents lie. */
export function racineDesFichiers(config: Pick<Config, 'dataFolder'>): string {
  return join(config.dataFolder, 'documents')
}

/** The folder, in the same file system, of files that are still arriving. */
export function dossierDesArrivees(racine: string): string {
  return join(racine, 'arrivees')
}

/** The place of a document's bytes: named by its random id, in one of 256 folders. */
export function cheminDuFichier(racine: string, id: string): string {
  return join(racine, id.slice(0, 2), id)
}

/**
 * Writes the bytes as they come into a file that nobody reads yet; the next are asked for when these are written.
 * @returns its size and the SHA-256 of its content, in hexadecimal
 * @throws Refusal `corps-trop-grand` beyond 25 MB; whatever `octets` throws
 */
export async function recevoir(
  arrivee: string,
  octets: AsyncIterable<Uint8Array>,
): Promise<{ taille: number; sha256: string }> {
  await mkdir(dirname(arrivee), { recursive: true, mode: 0o700 })
  await using fichier = await open(arrivee, 'wx', 0o600)
  const empreinte = createHash('sha256')
  let taille = 0
  for await (const morceau of octets) {
    taille += morceau.length
    if (taille > tailleMaximale)
      throw new Refusal(
        'corps-trop-grand',
        'Le fichier dépasse 25 Mo: réduisez-le, ou envoyez-le en plusieurs parties.',
      )
    empreinte.update(morceau)
    await fichier.appendFile(morceau)
  }
  return { taille, sha256: empreinte.digest('hex') }
}

/** Gives a file that has arrived its place, so that it outlives a power cut from here on. */
export async function ranger(racine: string, arrivee: string, id: string): Promise<void> {
  const chemin = cheminDuFichier(racine, id)
  await flush(arrivee, 'r+')
  if (await mkdir(dirname(chemin), { recursive: true, mode: 0o700 })) await flushFolder(racine)
  await rename(arrivee, chemin)
  await flushFolder(dirname(chemin))
}

export async function jeter(chemin: string): Promise<void> {
  await rm(chemin, { force: true })
}

/** Opens the bytes of a document. A file that is missing or has not its size is a fault, not an answer. */
export async function ouvrir(racine: string, document: { id: string; taille: number }): Promise<FileHandle> {
  const fichier = await open(cheminDuFichier(racine, document.id), 'r')
  const { size } = await fichier.stat()
  if (size === document.taille) return fichier
  await fichier.close()
  throw new Error(`the file of document ${document.id} has ${size} bytes instead of ${document.taille}`)
}

/** The disk is full, or the account that runs the hub has used its share of it. */
export function manqueDePlace(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].some((code) => code === codeSysteme(error))
}

async function flush(path: string, flags: 'r' | 'r+'): Promise<void> {
  await using handle = await open(path, flags)
  await handle.sync()
}

/** Makes the names in a folder durable; Windows cannot open folders and keeps names in its own journal. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await flush(path, 'r')
}
