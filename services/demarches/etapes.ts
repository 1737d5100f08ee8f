import { DossierEtapeChangee } from '../../contracts/demarches.ts'
import { avancer, type EtatDuDossier, type Resultat, surDossier } from './dossier.ts'

/**
 * What an agent says of a rendez-vous, noted in the dossier it serves: `vu` does the step, anything else undoes it. null
 * when the dossier says so already. The dossier's state and clock stay as they are.
 */
export function noterRendezVous(
  dossier: EtatDuDossier,
  rendezVous: { readonly id: string; readonly statut: 'vu' | 'absent' | 'excuse'; readonly debut: string },
  maintenant: Date,
): Resultat | null {
  const faite = rendezVous.statut === 'vu'
  const autres = dossier.etapes.filter(({ rendezVousId }) => rendezVousId !== rendezVous.id)
  if (faite === autres.length < dossier.etapes.length) return null
  const etapes = faite ? [...autres, { rendezVousId: rendezVous.id, faiteLe: rendezVous.debut }] : autres
  const etat = avancer(dossier, maintenant, { etapes })
  return {
    etat,
    evenement: {
      contract: DossierEtapeChangee,
      data: { ...surDossier(etat), rendezVousId: rendezVous.id, faite },
    },
  }
}
