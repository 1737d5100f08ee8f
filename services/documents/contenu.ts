// oxlint-disable no-control-regex -- it reads the bytes of files, and many are control characters
import type { TypeDocument } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'

const acceptes = 'Envoyez un PDF, ou une image JPEG, PNG ou WebP.'

/** What is taken, by its first bytes. Only a byte order mark and white space may stand before a PDF. */
const formats: readonly [type: TypeDocument, commence: RegExp][] = [
  ['application/pdf', /^(?:\xef\xbb\xbf)?[\0\t\n\f\r ]*%PDF-[12]\.\d/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
]

/** What people send by mistake, or worse: only to tell them what it is. */
const connus: readonly [nom: string, commence: RegExp][] = [
  [
    'une photo au format HEIC ou AVIF, que tout le monde ne peut pas ouvrir',
    /^[^]{4}ftyp(?:hei|hev|mif|msf|avi)/,
  ],
  ['une image GIF', /^GIF8/],
  ['une image TIFF', /^(?:II\*\0|MM\0\*)/],
  ['une archive ou un document bureautique', /^(?:PK[\x03\x05]|Rar!|7z\xbc\xaf|\x1f\x8b|\xd0\xcf\x11\xe0)/],
  ['un programme', /^(?:MZ|\x7fELF|#!)/],
  ['un dessin SVG', /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--[^>]*>\s*|<!doctype svg[^>]*>\s*)*<svg\b/i],
  ['une page web', /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script)\b/i],
]

/**
 * Says what a file is from its first bytes; neither its name nor its declared type is asked. Whether it is whole
 * and harmless is for `examinerPdf` and `nettoyerImage`.
 * @throws Refusal `fichier-refuse` with a reason that names what may be sent
 */
export function reconnaitre(octets: Buffer): TypeDocument {
  if (octets.length === 0) throw new Refusal('fichier-refuse', 'Le fichier est vide.')
  // Adobe's readers look for the header of a PDF in the first 1024 bytes (PDF Reference 1.7, appendix H).
  const debut = octets.toString('latin1', 0, 1024)
  const format = formats.find(([, commence]) => commence.test(debut))
  if (format) return format[0]
  const connu = connus.find(([, commence]) => commence.test(debut))
  throw new Refusal(
    'fichier-refuse',
    connu
      ? `Le fichier est ${connu[0]}. ${acceptes}`
      : 'Le fichier n’est ni un PDF, ni une image JPEG, PNG ou WebP.',
  )
}
