/** The bytes to send, both ends included. */
export interface Plage {
  readonly debut: number
  readonly fin: number
}

/**
 * What a `Range` header asks of a file of that many bytes (RFC 9110, section 14): one range, cut to the file;
 * `invalide` when it lies outside (416); null when there is none, when it is malformed or of another unit, or
 * when there are several, which the RFC lets a server ignore: then the whole file is sent.
 */
export function lirePlage(entete: string | undefined, taille: number): Plage | 'invalide' | null {
  const demande = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(entete ?? '')
  if (!demande) return null
  const [, premier = '', dernier = ''] = demande
  if (premier === '' && dernier === '') return null
  if (premier === '') {
    const longueur = Number(dernier)
    return longueur === 0 ? 'invalide' : { debut: Math.max(0, taille - longueur), fin: taille - 1 }
  }
  const debut = Number(premier)
  const fin = dernier === '' ? taille - 1 : Number(dernier)
  if (fin < debut && dernier !== '') return null
  return debut >= taille ? 'invalide' : { debut, fin: Math.min(fin, taille - 1) }
}

/** Does an `If-None-Match` header name this entity tag? Weak comparison (RFC 9110, section 13.1.2). */
export function dejaConnu(entete: string | undefined, etag: string): boolean {
  if (entete === undefined) return false
  return entete.split(',').some((element) => ['*', etag, `W/${etag}`].includes(element.trim()))
}
