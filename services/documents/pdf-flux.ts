import { pipeline, Readable } from 'node:stream'
import { constants, createInflate, inflateSync } from 'node:zlib'
import { Refusal } from '../../contracts/errors.ts'
import { chercherEicar, eicar } from './eicar.ts'
import { codeSysteme } from './code-systeme.ts'
import { commenceParObjets } from './pdf-syntaxe.ts'

/** Bytes that all the streams of a PDF may give together: some 20 pages scanned in colour, without loss. */
export const decompresseMax = 512 * 1024 * 1024
/** An honest file of 25 MB has some thousands of streams. */
const fluxMax = 50_000
/** A stream is compressed once, rarely twice; more hides something. */
const profondeurMax = 2
/** The structure of a document is small, even of a long one. */
const objetsMax = 32 * 1024 * 1024
const debutMax = 4096
/** Most streams are smaller than this, and then no machinery is set up for them. */
const petitMax = 256 * 1024

/** A stream of a PDF: what stands before it, and what it holds. */
export interface Flux {
  /** From the end of the previous stream on, so it ends with the dictionary of this one. */
  readonly avant: string
  /** Its content as latin1, decompressed: all of it when `objets`, else at least the first 4 KB. */
  readonly texte: string
  /** It was compressed, and begins like a stream of objects: with integers. So do many drawings. */
  readonly objets: boolean
  readonly compresse: boolean
}

/** How many more bytes may come out of a file. */
interface Reserve {
  reste: number
}

/**
 * Goes through the streams of a PDF and decompresses those that are Flate by what they are, for a dictionary may
 * lie. They are searched for the EICAR signature; none but streams of objects is held in memory.
 * @param pdf the same bytes as latin1
 * @throws Refusal `fichier-refuse` for a virus, for a bomb, for what is compressed over and over
 */
export async function* parcourirFlux(
  octets: Buffer,
  pdf: string,
  reserve: Reserve = { reste: decompresseMax },
): AsyncIterable<Flux> {
  let fin = 0
  let nombre = 0
  for (const trouve of pdf.matchAll(/(?<!end)stream(?:\r\n|\n|\r)|endstream/g)) {
    const debut = trouve.index + trouve[0].length
    const avant = pdf.slice(fin, trouve.index)
    fin = debut
    if (trouve[0] === 'endstream') continue
    if (++nombre > fluxMax) throw demesure()
    const contenu = octets.subarray(debut)
    if (estZlib(contenu)) yield { avant, compresse: true, ...(await lire(deplier(contenu, reserve))) }
    else yield { avant, compresse: false, objets: false, texte: pdf.slice(debut, debut + debutMax) }
  }
}

async function lire(morceaux: AsyncIterable<Buffer>): Promise<Pick<Flux, 'texte' | 'objets'>> {
  const gardes: Buffer[] = []
  let taille = 0
  let objets = false
  for await (const morceau of morceaux) {
    if (taille === 0) objets = commenceParObjets(morceau.toString('latin1', 0, debutMax))
    if (objets || taille < debutMax) gardes.push(morceau)
    taille += morceau.length
    if (objets && taille > objetsMax) throw demesure()
  }
  return { objets, texte: Buffer.concat(gardes).toString('latin1') }
}

/** Decompresses, and again when what comes out is compressed itself. */
async function* deplier(
  source: Buffer | AsyncIterable<Buffer>,
  reserve: Reserve,
  profondeur = 1,
): AsyncGenerator<Buffer> {
  const morceaux = gonfler(source, reserve)
  try {
    const premier = await morceaux.next()
    if (premier.done) return
    const tout = async function* () {
      yield premier.value
      yield* morceaux
    }
    if (!estZlib(premier.value)) yield* tout()
    else if (profondeur < profondeurMax) yield* deplier(tout(), reserve, profondeur + 1)
    else throw demesure()
  } finally {
    await morceaux.return(undefined)
  }
}

/** What Flate gives, up to where it is damaged: readers show that much too. */
async function* gonfler(source: Buffer | AsyncIterable<Buffer>, reserve: Reserve): AsyncGenerator<Buffer> {
  let queue: Buffer = Buffer.alloc(0)
  try {
    for await (const morceau of sortieDeFlate(source)) {
      reserve.reste -= morceau.length
      if (reserve.reste < 0) throw demesure()
      chercherEicar(Buffer.concat([queue, morceau]))
      queue = morceau.subarray(-eicar.length)
      yield morceau
    }
  } catch (error) {
    if (!String(codeSysteme(error)).startsWith('Z_')) throw error
  }
}

function sortieDeFlate(source: Buffer | AsyncIterable<Buffer>): Iterable<Buffer> | AsyncIterable<Buffer> {
  const entier = Buffer.isBuffer(source) && gonflerPetit(source)
  if (entier) return [entier]
  const sortie = createInflate({ chunkSize: 64 * 1024, finishFlush: constants.Z_SYNC_FLUSH })
  // Errors come out of `sortie`, for whoever reads it.
  pipeline(Readable.from(Buffer.isBuffer(source) ? [source] : source), sortie, () => {})
  return sortie as AsyncIterable<Buffer>
}

/** All that comes out, when it is little and sound. */
function gonflerPetit(octets: Buffer): Buffer | null {
  try {
    return inflateSync(octets, { maxOutputLength: petitMax, finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return null // too large, or damaged: it is read piece by piece
  }
}

/** RFC 1950: method 8, and a check over the first two bytes. */
function estZlib(octets: Buffer): boolean {
  if (octets.length < 2) return false
  const entete = octets.readUInt16BE(0)
  return (entete & 0x0f00) === 0x0800 && entete % 31 === 0
}

function demesure(): Refusal {
  return new Refusal(
    'fichier-refuse',
    'Le fichier PDF contient des données démesurées une fois décompressées.',
  )
}
