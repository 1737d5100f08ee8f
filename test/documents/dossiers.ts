import type { z } from 'zod'
import type {
  DossierCorrectionResolue,
  DossierDecide,
  DossierDepose,
  DossierModifie,
  DossierPrisEnInstruction,
} from '../../contracts/demarches.ts'

/** What the events of a dossier say, as the demarches service writes them. */

const surDossier = { reference: 'EC-7K2M-9QXT', demarche: 'acte-naissance', secteur: 'etat-civil' } as const

function piecesDe(documents: Record<string, string>) {
  return Object.entries(documents).map(([piece, documentId]) => ({ piece, documentId }))
}

/** @param documents the document of each piece */
export function depose(documents: Record<string, string>): z.input<(typeof DossierDepose)['data']> {
  return {
    ...surDossier,
    etat: 'en_construction',
    pieces: piecesDe(documents),
    echeanceLe: '2027-01-24',
    silence: 'rejet',
  }
}

export function prisEnInstruction(
  documents: Record<string, string>,
): z.input<(typeof DossierPrisEnInstruction)['data']> {
  return { ...surDossier, etat: 'en_instruction', pieces: piecesDe(documents) }
}

export function correctionResolue(
  documents: Record<string, string>,
): z.input<(typeof DossierCorrectionResolue)['data']> {
  return {
    ...surDossier,
    etat: 'en_instruction',
    correctionId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    pieces: piecesDe(documents),
    echeanceLe: '2027-01-24',
  }
}

export function decide(documentId: string | null): z.input<(typeof DossierDecide)['data']> {
  return { ...surDossier, etat: 'accepte', sens: 'accepte', implicite: false, documentId }
}

export function modifie(
  etat: 'brouillon' | 'en_construction',
  documents: Record<string, string>,
): z.input<(typeof DossierModifie)['data']> {
  return { ...surDossier, etat, pieces: piecesDe(documents) }
}
