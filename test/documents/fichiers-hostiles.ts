import { deflateSync } from 'node:zlib'
import { chunk, jpeg, jpegMorceaux, pdf, png, webp } from './fixtures.ts'
import { flux, fluxFlate, pdfAvec } from './pdf-fixtures.ts'

/** A PNG that says it has these dimensions; its pixels are missing. */
function pngDe(largeur: number, hauteur: number): Buffer<ArrayBuffer> {
  const entete = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
  entete.writeUInt32BE(largeur, 0)
  entete.writeUInt32BE(hauteur, 4)
  return Buffer.concat([
    png().subarray(0, 8),
    chunk('IHDR', entete),
    chunk('IDAT', deflateSync(Buffer.alloc(100_000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function jpegDe(largeur: number, hauteur: number): Buffer<ArrayBuffer> {
  const octets = jpeg()
  const sof0 = octets.indexOf(jpegMorceaux.sof0)
  octets.writeUInt16BE(hauteur, sof0 + 5)
  octets.writeUInt16BE(largeur, sof0 + 7)
  return octets
}

const latin1 = (texte: string) => Buffer.from(texte, 'latin1')
const demesuree = 'Le fichier est une image démesurée'
const abimee = 'Le fichier est une image incomplète ou abîmée.'
const sansPixels = Buffer.concat([png().subarray(0, 33), png().subarray(-12)])

/** What it is, its bytes, and how the reason begins. */
export const hostiles: readonly [string, Buffer<ArrayBuffer>, string][] = [
  ['nothing', Buffer.alloc(0), 'Le fichier est vide.'],
  ['a program', latin1('MZ\x90\0'), 'Le fichier est un programme.'],
  ['a program with a PDF inside', Buffer.concat([latin1('MZ\x90\0'), pdf()]), 'Le fichier est un programme.'],
  ['an archive', latin1('PK\x03\x04'), 'Le fichier est une archive ou un document bureautique.'],
  ['a page', latin1('<!doctype html>'), 'Le fichier est une page web.'],
  ['a page with a PDF inside', Buffer.concat([latin1('<html>'), pdf()]), 'Le fichier est une page web.'],
  ['an SVG', latin1('<svg onload="alert(1)"/>'), 'Le fichier est un dessin SVG.'],
  ['a GIF that is a script', latin1('GIF89a/*\0\0*/=1;alert(1)'), 'Le fichier est une image GIF.'],
  ['a text', latin1('Bonjour'), 'Le fichier n’est ni un PDF, ni une image JPEG, PNG ou WebP.'],

  ['a PNG of a billion pixels', pngDe(30_000, 30_000), `${demesuree}: 30000 × 30000 pixels.`],
  ['a PNG as long as a street', pngDe(1, 2_000_000), `${demesuree}: 1 × 2000000 pixels.`],
  ['a JPEG of four billion pixels', jpegDe(65_000, 65_000), `${demesuree}: 65000 × 65000 pixels.`],
  ['a PNG that has not the pixels it says', pngDe(5000, 5000), abimee],
  ['a PNG without pixels', sansPixels, abimee],
  ['a JPEG cut before its end', jpeg().subarray(0, -40), abimee],
  ['a PNG cut before its end', png().subarray(0, 45), abimee],
  ['a WebP cut before its end', webp().subarray(0, -6), abimee],
  ['a JPEG of which only the beginning is one', Buffer.concat([latin1('\xff\xd8\xff'), pdf()]), abimee],

  ['a cut PDF', pdf().subarray(0, 100), 'Le fichier PDF est incomplet ou abîmé.'],
  [
    'a PDF and an archive',
    Buffer.concat([pdf(), latin1('PK\x03\x04')]),
    'Le fichier PDF contient autre chose',
  ],
  ['a PDF that is a page', pdf('<script>'), 'Le fichier PDF contient aussi un fichier d’une autre sorte.'],
  [
    'a PDF that opens a script',
    pdfAvec({ catalogue: '/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>' }),
    'Le fichier PDF contient un script.',
  ],
  [
    'a PDF that starts a program',
    pdfAvec({ catalogue: '/OpenAction << /S /Launch /F (cmd) >>' }),
    'Le fichier PDF contient un programme',
  ],
  [
    'a PDF with a file attached',
    pdfAvec({ objets: [flux('MZ', '/Type /EmbeddedFile'), '<< /EF << /F 4 0 R >> >>'] }),
    'Le fichier PDF contient un fichier joint.',
  ],
  [
    'a PDF that is protected',
    pdfAvec({ objets: ['<< /Filter /Standard >>'], trailer: '/Encrypt 4 0 R' }),
    'Le fichier PDF est protégé',
  ],
  [
    'a PDF that is a bomb',
    pdfAvec({ objets: [fluxFlate(deflateSync(deflateSync(Buffer.alloc(1_000_000))))] }),
    'Le fichier PDF contient des données démesurées',
  ],
]
