import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { TypeDocument } from '../../contracts/documents.ts'
import { reconnaitre } from './contenu.ts'
import { chercherEicar } from './eicar.ts'
import { nettoyerImage } from './image.ts'
import { examinerPdf } from './pdf.ts'

/** What a file was found to be; `propre` is there when it was drawn anew, into another file, of these properties. */
export interface Constat {
  readonly type: TypeDocument
  readonly propre?: { readonly taille: number; readonly sha256: string }
}

/**
 * The embedded scanner: the EICAR signature, then the content from its first byte to its last. A PDF is kept as
 * it is, or its signature would break; an image is drawn anew into `cible`.
 * @throws Refusal `fichier-refuse` with a reason; the system's error when `cible` cannot be written
 */
export async function examiner(fichier: string, cible: string): Promise<Constat> {
  const octets = await readFile(fichier)
  chercherEicar(octets)
  const type = reconnaitre(octets)
  if (type === 'application/pdf') {
    await examinerPdf(octets)
    return { type }
  }
  const image = await nettoyerImage(octets, type)
  await writeFile(cible, image, { flag: 'wx', mode: 0o600 })
  return { type, propre: { taille: image.length, sha256: createHash('sha256').update(image).digest('hex') } }
}
