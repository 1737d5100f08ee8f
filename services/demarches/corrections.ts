import {
  DossierCorrectionDemandee,
  DossierCorrectionResolue,
  type MotifCorrection,
} from '../../contracts/demarches.ts'
import { refuserChamp, verifierContenu } from './contenu.ts'
import {
  avancer,
  type Contexte,
  correctionOuverte,
  type EtatDuDossier,
  horlogeDuDossier,
  type Resultat,
  type Role,
  surDossier,
} from './dossier.ts'
import { jourDeParis } from '../../infra/calendrier.ts'

/** An agent gives the dossier back to the usager; the clock waits for the answer. */
export function demanderCorrection(
  dossier: EtatDuDossier,
  {
    motif,
    texte,
    correctionId,
    messageId,
  }: { motif: MotifCorrection; texte: string; correctionId: string; messageId: string },
  contexte: Contexte,
): Resultat {
  const demandeeLe = jourDeParis(contexte.maintenant)
  const corrections = [
    ...dossier.corrections,
    { id: correctionId, motif, demandeeLe, resolueLe: null, messageId },
  ]
  const etat = avancer(dossier, contexte.maintenant, {
    etat: 'en_construction',
    corrections,
    instructionInterrompue: dossier.instructionInterrompue || dossier.etat === 'en_instruction',
    ...horlogeDuDossier({ ...dossier, corrections }, contexte),
  })
  return {
    etat,
    evenement: {
      contract: DossierCorrectionDemandee,
      data: { ...surDossier(etat), correctionId, motif },
    },
    message: { id: messageId, auteur: 'agent', texte, correctionId, creeLe: etat.modifieLe },
  }
}

/**
 * The usager answers a correction; the last answer gives the dossier back and lets the clock run.
 * @throws Refusal `donnees-invalides`, `piece-manquante`
 */
export function resoudreCorrection(
  dossier: EtatDuDossier,
  { texte, messageId, correctionId }: { texte: string; messageId: string; correctionId: string },
  contexte: Contexte & { role: Role },
): Resultat {
  if (contexte.role !== 'usager') refuserChamp('/correctionId', 'Seul l’usager répond à une correction.')
  const demandee = dossier.corrections.find((c) => c.id === correctionId && c.resolueLe === null)
  if (!demandee) refuserChamp('/correctionId', 'Cette correction n’est pas attendue sur ce dossier.')
  verifierContenu(contexte.demarche, dossier, { partiel: false })

  const resolueLe = jourDeParis(contexte.maintenant)
  const corrections = dossier.corrections.map((c) => (c === demandee ? { ...c, resolueLe } : c))
  const reprise = dossier.instructionInterrompue && !correctionOuverte({ corrections })
  const etat = avancer(dossier, contexte.maintenant, {
    corrections,
    ...(reprise && { etat: 'en_instruction', instructionInterrompue: false }),
    ...horlogeDuDossier({ ...dossier, corrections }, contexte),
  })
  return {
    etat,
    evenement: {
      contract: DossierCorrectionResolue,
      data: { ...surDossier(etat), correctionId, pieces: etat.pieces, echeanceLe: etat.echeanceLe },
    },
    message: { id: messageId, auteur: 'usager', texte, correctionId, creeLe: etat.modifieLe },
  }
}
