import type { ModeRendezVous } from '../../contracts/agenda.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { DetailsRendezVous } from '../../contracts/rendez-vous.ts'
import { joursEntre } from '../../infra/calendrier.ts'

/** What the agenda's fields must be like beyond their contract. */

/**
 * What a rendez-vous of this kind needs to be told.
 * @throws Refusal `donnees-invalides`
 */
export function verifierDetails(mode: ModeRendezVous, details: DetailsRendezVous): void {
  if (mode === 'telephone' && !details.telephone)
    refuserChamp('/telephone', 'Indiquez le numéro où nous pouvons vous appeler.')
  if (mode === 'domicile' && !details.adresse)
    refuserChamp('/adresse', 'Indiquez l’adresse où nous devons venir.')
}

/**
 * The days from the first to the last.
 * @throws Refusal `donnees-invalides` when the last comes first
 */
export function ecartEntre(du: string, au: string): number {
  const ecart = joursEntre(du, au)
  if (ecart < 0) refuserChamp('/au', 'Le dernier jour vient avant le premier.')
  return ecart
}

/** @throws Refusal `donnees-invalides` at that field */
export function refuserChamp(pointeur: string, message: string): never {
  throw new Refusal('donnees-invalides', undefined, { erreurs: [{ pointeur, message }] })
}
