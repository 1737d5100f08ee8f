import type { Demarche, PieceJointe } from '../../contracts/demarches.ts'
import { type FieldError, Refusal } from '../../contracts/errors.ts'
import type { EtatDuDossier } from './dossier.ts'
import { verifierFormulaire } from './formulaire.ts'

/**
 * Its form is right and each attachment is one that the demarche asks for; `partiel` lets a draft lack fields.
 * @throws Refusal `donnees-invalides`
 */
export function verifierContenu(
  demarche: Demarche,
  { formulaire, pieces }: Pick<EtatDuDossier, 'formulaire' | 'pieces'>,
  options: { partiel: boolean },
): void {
  const demandees = new Set(demarche.pieces.map((piece) => piece.id))
  const erreurs: FieldError[] = [
    ...verifierFormulaire(demarche, formulaire, options),
    ...pieces.flatMap(({ piece }, i) =>
      demandees.has(piece)
        ? []
        : [
            {
              pointeur: `/pieces/${i}/piece`,
              message: 'Cette pièce n’est pas demandée dans cette démarche.',
            },
          ],
    ),
  ]
  if (erreurs.length > 0) throw new Refusal('donnees-invalides', undefined, { erreurs })
}

/** @throws Refusal `piece-manquante` */
export function verifierPiecesObligatoires(demarche: Demarche, pieces: readonly PieceJointe[]): void {
  const jointes = new Set(pieces.map(({ piece }) => piece))
  const erreurs = demarche.pieces
    .filter((piece) => piece.obligatoire && !jointes.has(piece.id))
    .map((piece) => ({ pointeur: '/pieces', message: `Joignez cette pièce: ${piece.libelle}.` }))
  if (erreurs.length > 0) throw new Refusal('piece-manquante', undefined, { erreurs })
}

/** @throws Refusal `donnees-invalides`, always */
export function refuserChamp(pointeur: string, message: string): never {
  throw new Refusal('donnees-invalides', undefined, { erreurs: [{ pointeur, message }] })
}
