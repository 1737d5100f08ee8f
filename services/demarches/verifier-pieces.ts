import { VerifierPieces } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import type { EtatDuDossier } from './dossier.ts'

/** Asks the documents service, in the caller's name, whether these attachments are theirs to give. */
export async function verifierPieces(
  call: Call,
  dossier: Pick<EtatDuDossier, 'secteur' | 'pieces'>,
): Promise<void> {
  if (dossier.pieces.length === 0) return
  const { inconnus } = await call.call(VerifierPieces, {
    secteur: dossier.secteur,
    documentIds: dossier.pieces.map((piece) => piece.documentId),
    emisPar: 'usager',
  })
  if (inconnus.length === 0) return
  throw new Refusal('piece-inconnue', undefined, {
    erreurs: dossier.pieces.flatMap((piece, n) =>
      inconnus.includes(piece.documentId)
        ? [
            {
              pointeur: `/pieces/${n}/documentId`,
              message: 'Ce document n’existe pas ou ne vous appartient pas.',
            },
          ]
        : [],
    ),
  })
}
