/**
 * The public reference of a dossier or a signalement, read over the phone and copied by hand: `XXX-XXX-XXX`, in 23 characters
 * that cannot be taken for one another (no 0 O Q, 1 I L, 2 Z, 5 S, 8 B, U). 23 is prime and no two weights
 * are equal modulo 23, so the last character, a weighted check, catches every single wrong character and
 * every swap of two characters. A reference opens nothing by itself: it is not a secret.
 */
const alphabet = '34679ACDEFGHJKMNPRTVWXY'
const longueur = 9

/**
 * A new reference; its owner makes sure that it is unique.
 * @param random a whole number from 0 to `max` - 1, each as likely as the others (`crypto.randomInt`)
 */
export function nouvelleReference(random: (max: number) => number): string {
  const valeurs = Array.from({ length: longueur - 1 }, () => random(alphabet.length))
  const cle = modulo(-sommePonderee(valeurs))
  return grouper([...valeurs, cle].map((valeur) => alphabet.charAt(valeur)).join(''))
}

/**
 * The reference as it is stored, from what a person typed: case, spaces and dashes do not matter.
 * null when it is not a reference or a character of it is wrong.
 */
export function normaliserReference(saisie: string): string | null {
  const caracteres = saisie.replace(/[\s\u2010-\u2015-]/g, '').toUpperCase()
  if (caracteres.length !== longueur) return null
  const valeurs = Array.from(caracteres, (caractere) => alphabet.indexOf(caractere))
  if (valeurs.includes(-1) || modulo(sommePonderee(valeurs)) !== 0) return null
  return grouper(caracteres)
}

/** Weights 9, 8, 7 ... from the left, so that the check character, ninth, weighs 1. */
function sommePonderee(valeurs: readonly number[]): number {
  return valeurs.reduce((somme, valeur, rang) => somme + valeur * (longueur - rang), 0)
}

function modulo(n: number): number {
  return ((n % alphabet.length) + alphabet.length) % alphabet.length
}

function grouper(caracteres: string): string {
  return caracteres.replace(/(.{3})(?=.)/g, '$1-')
}
