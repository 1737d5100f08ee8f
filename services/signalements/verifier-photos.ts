import { VerifierPieces } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Secteur } from '../../contracts/principal.ts'
import type { Call } from '../../infra/service.ts'

/**
 * Asks the documents service, in the caller's name, whether these are images that are theirs to give.
 * @throws Refusal `piece-inconnue`
 */
export async function verifierPhotos(call: Call, secteur: Secteur, photos: readonly string[]): Promise<void> {
  if (photos.length === 0) return
  const { inconnus, defauts = [] } = await call.call(VerifierPieces, {
    secteur,
    documentIds: [...photos],
    emisPar: 'usager',
    images: true,
  })
  if (inconnus.length === 0) return
  throw new Refusal('piece-inconnue', undefined, {
    erreurs: photos.flatMap((photo, n) =>
      inconnus.includes(photo)
        ? [
            {
              pointeur: `/photos/${n}`,
              message: messageDe(defauts.find(({ id }) => id === photo)?.defaut, secteur),
            },
          ]
        : [],
    ),
  })
}

function messageDe(defaut: 'type' | 'secteur' | undefined, secteur: Secteur): string {
  if (defaut === 'type') return 'Ce fichier n’est pas une image: envoyez une photo en JPEG, PNG ou WebP.'
  if (defaut === 'secteur')
    return `Cette image a été envoyée pour un autre secteur: envoyez-la de nouveau pour le secteur ${secteur}.`
  return 'Cette image n’existe pas ou ne vous appartient pas.'
}
