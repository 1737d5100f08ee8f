import type { TypeDocument } from '../../contracts/documents.ts'

const longueurMax = 255

/** Devices of Windows, which cannot be names of files there, whatever their ending, also after spaces. */
const reserve = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³]) *(?:\.|$)/i

/** What Windows has in no name; of `a:b` it would make the stream `b` of a file `a`. */
const interdits = /[<>:"|?*]/g

/**
 * The name of an uploaded file, cleaned rather than refused, for people seldom choose it: no folder, no control or
 * invisible character (a right-to-left mark can disguise an ending), no name, character or final point that Windows
 * takes for something else, at most 255 characters, the ending among them. A name of which nothing is left becomes
 * `document`.
 */
export function nettoyerNom(nom: string): string {
  const base = nom.slice(Math.max(nom.lastIndexOf('/'), nom.lastIndexOf('\\')) + 1)
  const visible = base
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
  const propre = visible.trim().replaceAll(interdits, '_')
  let fin = propre.length
  while (fin > 0 && '. '.includes(propre[fin - 1]!)) fin--
  const sansPoint = propre.slice(0, fin)
  if (sansPoint === '') return 'document'
  return couper(reserve.test(sansPoint) ? `_${sansPoint}` : sansPoint)
}

function couper(nom: string): string {
  const [extension = ''] = /\.[a-z\d]{1,10}$/i.exec(nom) ?? []
  const caracteres = Array.from(nom)
  if (caracteres.length <= longueurMax) return nom
  return caracteres.slice(0, longueurMax - extension.length).join('') + extension
}

const extensions: Record<TypeDocument, readonly [string, ...string[]]> = {
  'application/pdf': ['.pdf'],
  'image/jpeg': ['.jpg', '.jpeg', '.jfif'],
  'image/png': ['.png'],
  'image/webp': ['.webp'],
}

/**
 * The same name with the ending of its content, after any other: a PDF that calls itself `facture.pdf.exe` or
 * `page.html` would be run by a double click.
 */
export function nomSelonContenu(nom: string, type: TypeDocument): string {
  const [defaut] = extensions[type]
  if (extensions[type].some((fin) => nom.toLowerCase().endsWith(fin))) return nom
  return (
    Array.from(nom)
      .slice(0, longueurMax - defaut.length)
      .join('') + defaut
  )
}

/**
 * The `Content-Disposition` that saves the file under its name, never opens it (RFC 6266): an ASCII name for old
 * clients, the true one in RFC 8187 encoding.
 */
export function pieceJointeNommee(nom: string, type: TypeDocument): string {
  const entier = nomSelonContenu(nom, type)
  const ascii = entier
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9 ._()-]/gu, '_')
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoder(entier)}`
}

/** Percent-encodes all but RFC 8187 attr-char. */
function encoder(texte: string): string {
  return encodeURIComponent(texte).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
