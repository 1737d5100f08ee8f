import { Refusal } from '../../contracts/errors.ts'

/**
 * The harmless string that every antivirus takes for a virus, so that people can see it at work (EICAR, 2003).
 * In two halves, or it would take this file for one.
 */
export const eicar = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join(''),
)

export function logicielMalveillant(): Refusal {
  return new Refusal('fichier-refuse', 'Un logiciel malveillant a été détecté dans le fichier.')
}

/** @throws Refusal `fichier-refuse` when the signature stands anywhere in these bytes */
export function chercherEicar(octets: Buffer): void {
  if (octets.includes(eicar)) throw logicielMalveillant()
}
