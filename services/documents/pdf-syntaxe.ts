/** Pieces of regular expressions for the syntax of PDF (ISO 32000-2, section 7.2), on bytes read as latin1. */

/** White space and comments, which may stand between any two words. */
export const blanc = String.raw`[\0\t\n\f\r ]*(?:%[^\r\n]{0,200}[\r\n][\0\t\n\f\r ]*)*`

/** A name, each of its letters as it is or as `#` and two hexadecimal digits; not the beginning of a longer one. */
export function nom(texte: string): string {
  const lettres = Array.from(texte, (lettre) => {
    const code = lettre.charCodeAt(0).toString(16)
    return `(?:${lettre}|#${code}|#${code.toUpperCase()})`
  })
  return String.raw`\/${lettres.join('')}(?![A-Za-z0-9#_-])`
}

/** A reference to another object; its number is the first group that it opens. */
export const reference = String.raw`(\d{1,10})${blanc}\d{1,5}${blanc}R`

/** The pieces put together. They read what may be made to hold them up: only where time is limited. */
export function expression(source: string, flags?: string): RegExp {
  return new RegExp(source, flags)
}

const debutObjets = expression(String.raw`^${blanc}\d+${blanc}\d+[\0\t\n\f\r %]`)

/** A stream of objects begins with pairs of integers: the number of each object and its place. */
export function commenceParObjets(texte: string): boolean {
  return debutObjets.test(texte)
}
