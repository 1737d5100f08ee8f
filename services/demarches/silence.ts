import { DossierDecide, DossierEcheanceProche } from '../../contracts/demarches.ts'
import { avancer, type Contexte, type EtatDuDossier, type Resultat, surDossier } from './dossier.ts'
import { debutDuJour, jourDeParis, joursEntre } from '../../infra/calendrier.ts'
import { joursDeRappel } from './horloge.ts'

/**
 * Silence decides at the end of the legal period (CRPA L231-1, L231-4). null when there is nothing to decide
 * (any more): no clock, a clock suspended or not at its end, a dossier already decided, a demarche in which
 * silence means nothing. The decision bears the instant at which the day began in Paris, however late this
 * runs: the citizen's rights date from the law, not from our machines.
 */
export function deciderImplicitement(
  dossier: EtatDuDossier,
  { demarche, maintenant }: Contexte,
): Resultat | null {
  const { silence } = demarche.horloge
  const echeanceLe = echeanceQuiCourt(dossier)
  if (silence === 'aucun' || echeanceLe === null || jourDeParis(maintenant) < echeanceLe) return null
  const sens = silence === 'acceptation' ? 'accepte' : 'refuse'
  const le = debutDuJour(echeanceLe).toISOString()
  const etat = avancer(dossier, maintenant, {
    etat: sens,
    decision: { sens, motivation: null, documentId: null, le, implicite: true },
    echeanceLe: null,
  })
  return {
    etat,
    evenement: {
      contract: DossierDecide,
      data: { ...surDossier(etat), sens, implicite: true, documentId: null },
    },
  }
}

/**
 * Reminds agents that the legal day is near. null when that is not true (any more): the clock moved or
 * stopped, the dossier is decided, or so few days are left that the next reminder says it. The event tells
 * the days left today, fewer than `joursRestants` when this runs late.
 */
export function rappelerEcheance(
  dossier: EtatDuDossier,
  joursRestants: number,
  { maintenant }: Pick<Contexte, 'maintenant'>,
): Resultat | null {
  const echeanceLe = echeanceQuiCourt(dossier)
  if (echeanceLe === null) return null
  const restants = joursEntre(jourDeParis(maintenant), echeanceLe)
  const prochainRappel = joursDeRappel.find((jours) => jours < joursRestants) ?? 0
  if (restants > joursRestants || restants <= prochainRappel) return null
  const etat = avancer(dossier, maintenant, {})
  return {
    etat,
    evenement: {
      contract: DossierEcheanceProche,
      data: { ...surDossier(etat), echeanceLe, joursRestants: restants },
    },
  }
}

/** The legal day of a clock that runs: neither suspended nor stopped by a decision or a reopening. */
function echeanceQuiCourt(dossier: EtatDuDossier): string | null {
  const enCours = dossier.etat === 'en_construction' || dossier.etat === 'en_instruction'
  return enCours && !dossier.suspendue ? dossier.echeanceLe : null
}
