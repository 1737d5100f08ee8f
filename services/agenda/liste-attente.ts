import { CreneauPlusTotPropose, ListeAttenteChangee } from '../../contracts/agenda-evenements.ts'
import { jourDeParis, joursEntre } from '../../infra/calendrier.ts'
import { avancer, type EtatDuRendezVous, exiger, type Resultat, surRendezVous } from './rendez-vous.ts'

/** An earlier slot is worth a notice when it is 2 days earlier; 3 notices at most, one a day. */
const joursPlusTot = 2
const avisAuPlus = 3

/** @throws Refusal `transition-impossible` for one that waits already, or is too near to become earlier */
export function attendre(rendezVous: EtatDuRendezVous, oui: boolean, maintenant: Date): Resultat {
  exiger(rendezVous, 'usager', oui ? 'attendre_plus_tot' : 'ne_plus_attendre', maintenant)
  const etat = avancer(rendezVous, maintenant, { attendDepuis: oui ? maintenant.toISOString() : null })
  return {
    etat,
    evenement: { contract: ListeAttenteChangee, data: { ...surRendezVous(etat), attendPlusTot: oui } },
  }
}

/** Offers a freed slot to who waits; null when it is not 2 days earlier, or they had 3 notices, or one today. */
export function proposer(
  rendezVous: EtatDuRendezVous,
  libre: { readonly debut: string; readonly lieuId: string },
  maintenant: Date,
): Resultat | null {
  const aujourdhui = jourDeParis(maintenant)
  const avance = joursEntre(jourDeParis(new Date(libre.debut)), jourDeParis(new Date(rendezVous.debut)))
  if (rendezVous.statut !== 'inconnu' || rendezVous.attendDepuis === null) return null
  if (avance < joursPlusTot || rendezVous.avis >= avisAuPlus || rendezVous.dernierAvis === aujourdhui)
    return null
  const etat = avancer(rendezVous, maintenant, { avis: rendezVous.avis + 1, dernierAvis: aujourdhui })
  const data = { ...surRendezVous(etat), propose: libre.debut, lieuPropose: libre.lieuId }
  return { etat, evenement: { contract: CreneauPlusTotPropose, data } }
}
