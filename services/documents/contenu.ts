import type { TypeDocument } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'

/**
 * Recognises a whole file by what it is: its first bytes tell the format, then its structure is walked to its
 * end, so a truncated file does not pass. Neither its name nor its declared type is asked. What follows the
 * end of an image is let through: telephones append films and thumbnails there.
 * @throws Refusal `fichier-refuse` with a reason for the person who sent it
 */
export function reconnaitre(octets: Uint8Array): TypeDocument {
  if (octets.length === 0) throw new Refusal('fichier-refuse', 'Le fichier est vide.')
  for (const { type, nom, commence, complet } of formats) {
    if (!commence(octets)) continue
    if (complet(octets)) return type
    throw new Refusal('fichier-refuse', `Le fichier ${nom} est incomplet ou abîmé.`)
  }
  throw new Refusal('fichier-refuse', 'Le fichier n’est ni un PDF, ni une image JPEG, PNG ou WebP.')
}

interface Format {
  readonly type: TypeDocument
  readonly nom: string
  readonly commence: (octets: Uint8Array) => boolean
  readonly complet: (octets: Uint8Array) => boolean
}

const formats: readonly Format[] = [
  { type: 'application/pdf', nom: 'PDF', commence: commencePdf, complet: pdfComplet },
  {
    type: 'image/jpeg',
    nom: 'JPEG',
    commence: (o) => texte(o, 0, 3) === '\xff\xd8\xff',
    complet: jpegComplet,
  },
  {
    type: 'image/png',
    nom: 'PNG',
    commence: (o) => texte(o, 0, 8) === '\x89PNG\r\n\x1a\n',
    complet: pngComplet,
  },
  {
    type: 'image/webp',
    nom: 'WebP',
    commence: (o) => texte(o, 0, 4) === 'RIFF' && texte(o, 8, 12) === 'WEBP',
    complet: webpComplet,
  },
]

function texte(octets: Uint8Array, debut: number, fin: number): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1', debut, fin)
}

function entier(octets: Uint8Array, position: number, longueur: 2 | 4, petitBoutiste = false): number {
  const vue = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  return longueur === 2 ? vue.getUint16(position, petitBoutiste) : vue.getUint32(position, petitBoutiste)
}

/**
 * Readers look for the header in the first 1024 bytes (Adobe, PDF Reference 1.7, appendix H). Only a byte order mark and
 * white space may stand before it here: anything else would let a program or a web page wear a PDF inside.
 */
function commencePdf(octets: Uint8Array): boolean {
  return /^(?:\xef\xbb\xbf)?[\0\t\n\f\r ]*%PDF-[12]\.\d/.test(texte(octets, 0, 1024))
}

/** The end mark lies in the last 1024 bytes (appendix H again), after the place of the cross-reference table. */
function pdfComplet(octets: Uint8Array): boolean {
  const fin = texte(octets, Math.max(0, octets.length - 1024), octets.length)
  return /startxref\s+\d+\s+%%EOF/.test(fin)
}

/** An honest file of 25 MB has a few thousand parts at most; one made of millions would hold up everybody. */
const partiesMax = 20_000

/** Walks the segments: at least one frame and one scan, then the end-of-image marker (ITU T.81, annex B). */
function jpegComplet(octets: Uint8Array): boolean {
  let position = 2
  let image = false
  let balayage = false
  for (let parties = 0; parties < partiesMax && position + 1 < octets.length; parties++) {
    if (octets[position] !== 0xff) return false
    const marqueur = octets[position + 1]!
    if (marqueur === 0xff) {
      position++
      continue
    }
    if (marqueur === 0xd9) return image && balayage
    if (marqueur === 0x00 || marqueur === 0xd8 || position + 4 > octets.length) return false
    const longueur = entier(octets, position + 2, 2)
    if (longueur < 2) return false
    // Frames are C0 to CF, but for tables (C4, CC) and a reserved code (C8).
    if (marqueur >= 0xc0 && marqueur <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marqueur)) image = true
    position += 2 + longueur
    if (marqueur === 0xda) {
      balayage = true
      position = finDuBalayage(octets, position)
    }
  }
  return false
}

/** The next marker after compressed data, in which FF is followed by 00 or by a restart marker, D0 to D7. */
function finDuBalayage(octets: Uint8Array, debut: number): number {
  let position = debut
  for (; position + 1 < octets.length; position++) {
    if (octets[position] !== 0xff) continue
    const suivant = octets[position + 1]!
    if (suivant !== 0x00 && !(suivant >= 0xd0 && suivant <= 0xd7)) break
  }
  return position
}

/** Walks the chunks: IHDR with its 13 bytes first, image data, then an empty IEND (RFC 2083). */
function pngComplet(octets: Uint8Array): boolean {
  let donnees = false
  let position = 8
  for (let parties = 0; parties < partiesMax && position + 12 <= octets.length; parties++) {
    const longueur = entier(octets, position, 4)
    const nom = texte(octets, position + 4, position + 8)
    if ((position === 8) !== (nom === 'IHDR')) return false
    if (nom === 'IHDR' && longueur !== 13) return false
    if (nom === 'IDAT') donnees = true
    if (nom === 'IEND') return donnees && longueur === 0
    position += 12 + longueur
  }
  return false
}

/** Walks the chunks up to the size that RIFF announces, all of it in the file; one must be an image (RFC 9649). */
function webpComplet(octets: Uint8Array): boolean {
  const fin = 8 + entier(octets, 4, 4, true)
  if (fin > octets.length) return false
  let image = false
  let position = 12
  for (let parties = 0; parties < partiesMax && position + 8 <= fin; parties++) {
    if (['VP8 ', 'VP8L', 'ANMF'].includes(texte(octets, position, position + 4))) image = true
    const longueur = entier(octets, position + 4, 4, true)
    if (position + 8 + longueur > fin) return false
    position += 8 + longueur + (longueur % 2)
  }
  return image && position >= fin
}
