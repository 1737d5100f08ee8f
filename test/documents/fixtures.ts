import { crc32, deflateSync } from 'node:zlib'

/** Small true files of each accepted kind, made here so that each byte is known. */

export function pdf(commentaire = 'guichet'): Buffer<ArrayBuffer> {
  const objets = [
    '1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n',
    '2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n',
    '3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>\nendobj\n',
  ]
  let corps = `%PDF-1.7\n%${commentaire}\n`
  const positions = objets.map((objet) => {
    const position = corps.length
    corps += objet
    return `${String(position).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 4\n0000000000 65535 f \n${positions.join('')}`
  return Buffer.from(
    `${corps}${table}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n${corps.length}\n%%EOF\n`,
  )
}

/** A PDF of exactly that many bytes. */
export function pdfDe(taille: number): Buffer<ArrayBuffer> {
  return pdf(
    'x'.repeat(taille - pdf('').length - (String(taille).length - String(pdf('').length).length)),
  ).subarray(0, taille)
}

function segment(marqueur: number, octets: readonly number[]): Buffer<ArrayBuffer> {
  return Buffer.from([0xff, marqueur, (octets.length + 2) >> 8, (octets.length + 2) & 0xff, ...octets])
}

/** A Huffman table of one code of one bit, for the symbol 0: no difference, or end of block. */
const unSymbole = [1, ...Array.from<number>({ length: 15 }).fill(0), 0]

export const jpegMorceaux = {
  debut: Buffer.from([0xff, 0xd8]),
  app0: segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
  dqt: segment(0xdb, [0, ...Array.from<number>({ length: 64 }).fill(1)]),
  sof0: segment(0xc0, [8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
  dht: segment(0xc4, [0x00, ...unSymbole, 0x10, ...unSymbole]),
  sos: segment(0xda, [1, 1, 0, 0, 63, 0]),
  donnees: Buffer.from([0b00111111]),
  fin: Buffer.from([0xff, 0xd9]),
}

/** Eight grey pixels by eight; `extra` are segments before the picture. */
export function jpeg(...extra: Buffer[]): Buffer<ArrayBuffer> {
  const { debut, ...reste } = jpegMorceaux
  return Buffer.concat([debut, ...extra, ...Object.values(reste)])
}

/** A comment, as a segment of a JPEG. */
export function commentaireJpeg(texte: string): Buffer<ArrayBuffer> {
  return segment(0xfe, [...Buffer.from(texte)])
}

/** A part of a PNG. */
export function chunk(nom: string, octets: Buffer): Buffer<ArrayBuffer> {
  const corps = Buffer.concat([Buffer.from(nom), octets])
  const longueur = Buffer.alloc(4)
  longueur.writeUInt32BE(octets.length)
  const controle = Buffer.alloc(4)
  controle.writeUInt32BE(crc32(corps))
  return Buffer.concat([longueur, corps, controle])
}

export function png(): Buffer<ArrayBuffer> {
  const entete = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', entete),
    chunk('IDAT', deflateSync(Buffer.from([0, 128]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** One pixel, lossless. */
export function webp(): Buffer<ArrayBuffer> {
  const image = Buffer.from([0x2f, 0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0])
  const tailles = Buffer.alloc(8)
  tailles.writeUInt32LE(12 + image.length, 0)
  tailles.writeUInt32LE(image.length, 4)
  return Buffer.concat([
    Buffer.from('RIFF'),
    tailles.subarray(0, 4),
    Buffer.from('WEBPVP8L'),
    tailles.subarray(4),
    image,
  ])
}
