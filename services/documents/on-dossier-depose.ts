import {
  DossierCorrectionResolue,
  DossierDepose,
  DossierModifie,
  DossierPrisEnInstruction,
} from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { reaction } from '../../infra/subscriptions.ts'
import * as store from './store.ts'

/**
 * Freezes the pieces of a filed dossier, also those that replaced others while a correction was open, and shares them with the sector that instructs it. One already frozen,
 * for this dossier or for another of the same person, is left as it is.
 * @throws Refusal `piece-inconnue` (the lane stops) when a document is gone, is of another sector or owner, or
 * comes from the administration
 */
export const onDossierDepose = reaction(
  'documents.on-dossier-depose',
  [DossierDepose, DossierModifie, DossierCorrectionResolue, DossierPrisEnInstruction],
  async (event, { sql, now, consumer }) => {
    const dossierId = event.subject.slice('dossier/'.length)
    const { etat, secteur, pieces } = event.data
    if (etat === 'brouillon') return // still the usager's own
    const documents = await store.verrouillerDocuments(
      sql,
      pieces.map((piece) => piece.documentId),
    )
    const parId = new Map(documents.map((document) => [document.id, document]))
    const codes = new Map(pieces.map(({ documentId, piece }) => [documentId, piece]))
    for (const [documentId, piece] of codes) {
      const document = parId.get(documentId)
      if (
        !document ||
        event.usager === null ||
        document.usagerId !== event.usager ||
        document.secteur !== secteur ||
        document.emisPar !== 'usager'
      )
        throw new Refusal('piece-inconnue')
      if (document.statut !== 'libre') continue
      // Deleted between the check of the pieces and the deposit, it comes back: the city has acknowledged a
      // dossier that holds it, and a filed dossier never loses a piece.
      await store.deposerDocument(
        sql,
        document,
        { dossierId, piece },
        { source: 'documents', actor: { kind: 'systeme', id: consumer }, time: now() },
      )
    }
  },
)
