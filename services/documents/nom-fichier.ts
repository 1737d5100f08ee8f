import type { TypeDocument } from '../../contracts/documents.ts'

/**
 * The name of an uploaded file as it is kept: no folder, no control or invisible character (a right-to-left
 * mark can disguise an ending), at most 255 characters. A name of which nothing is left becomes `document`.
 */
export function nettoyerNom(nom: string): string {
  const base = nom.slice(Math.max(nom.lastIndexOf('/'), nom.lastIndexOf('\\')) + 1)
  const visible = base
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
  const propre = Array.from(visible).slice(0, 255).join('').trim()
  return /^\.*$/.test(propre) ? 'document' : propre
}

const extensions: Record<TypeDocument, readonly [string, ...string[]]> = {
  'application/pdf': ['.pdf'],
  'image/jpeg': ['.jpg', '.jpeg', '.jfif'],
  'image/png': ['.png'],
  'image/webp': ['.webp'],
}

/**
 * The `Content-Disposition` that saves the file under its name, never opens it (RFC 6266): an ASCII name for old
 * clients, the true one in RFC 8187 encoding. The ending follows the content: a PDF that calls itself `.html`
 * would be run by a double click.
 */
export function pieceJointeNommee(nom: string, type: TypeDocument): string {
  const [defaut] = extensions[type]
  const entier = extensions[type].some((fin) => nom.toLowerCase().endsWith(fin)) ? nom : nom + defaut
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
