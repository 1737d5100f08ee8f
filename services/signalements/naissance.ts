import { Refusal } from '../../contracts/errors.ts'
import { SignalementCree, SignalementRecu } from '../../contracts/signalements-evenements.ts'
import {
  avancer,
  type Contexte,
  echeance,
  type EtatDuSignalement,
  type Resultat,
  surSignalement,
} from './signalement.ts'

export type NouveauSignalement = Pick<
  EtatDuSignalement,
  | 'id'
  | 'reference'
  | 'usagerId'
  | 'client'
  | 'secteur'
  | 'service'
  | 'categorie'
  | 'categorieJeu'
  | 'latitude'
  | 'longitude'
  | 'adresse'
  | 'description'
  | 'reponses'
  | 'photos'
  | 'lienMedia'
  | 'contact'
  | 'constateLe'
>

/**
 * A new report.
 * @param aConfirmer its reporter is not known yet: nobody sees it, and its period begins when they follow the link
 */
export function creer(
  nouveau: NouveauSignalement,
  { aConfirmer, ...contexte }: Contexte & { aConfirmer: boolean },
): Resultat {
  const le = contexte.maintenant.toISOString()
  const etat: EtatDuSignalement = {
    ...nouveau,
    etat: aConfirmer ? 'a_confirmer' : 'nouveau',
    raison: null,
    doublonDe: null,
    descriptionPublique: null,
    photosPubliques: [],
    etapes: aConfirmer ? [] : [{ etat: 'nouveau', le, message: null }],
    questions: [],
    notes: [],
    echeanceLe: aConfirmer ? null : echeance(contexte),
    prevuLe: null,
    version: 1,
    creeLe: le,
    modifieLe: le,
  }
  return aConfirmer
    ? { etat, evenement: { contract: SignalementRecu, data: surSignalement(etat) } }
    : { etat, evenement: evenementDeCreation(etat, echeance(contexte)) }
}

function evenementDeCreation(etat: EtatDuSignalement, echeanceLe: string): Resultat['evenement'] {
  return { contract: SignalementCree, data: { ...surSignalement(etat), echeanceLe, photos: etat.photos } }
}

/**
 * Its reporter has followed the link: from now on it is a report like any other.
 * @throws Refusal `introuvable` when it is not waiting for that
 */
export function confirmer(signalement: EtatDuSignalement, contexte: Contexte): Resultat {
  if (signalement.etat !== 'a_confirmer') throw new Refusal('introuvable')
  const { maintenant } = contexte
  const echeanceLe = echeance(contexte)
  const etat = avancer(signalement, maintenant, {
    etat: 'nouveau',
    echeanceLe,
    etapes: [{ etat: 'nouveau', le: maintenant.toISOString(), message: null }],
    creeLe: maintenant.toISOString(),
  })
  return { etat, evenement: evenementDeCreation(etat, echeanceLe) }
}
