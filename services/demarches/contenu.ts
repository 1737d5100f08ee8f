import type { Demarche, PieceJointe } from '../../contracts/demarches.ts'
import { type FieldError, Refusal } from '../../contracts/errors.ts'
import type { EtatDuDossier } from './dossier.ts'
import { limites, verifierFormulaire } from './formulaire.ts'

/**
 * Its form is right and each attachment is one that the demarche asks for; `partiel` lets a draft lack fields and
 * pieces. All that is wrong is told at once.
 * @throws Refusal `donnees-invalides`; `piece-manquante` when nothing but pieces is missing
 */
export function verifierContenu(
  demarche: Demarche,
  { formulaire, pieces }: Pick<EtatDuDossier, 'formulaire' | 'pieces'>,
  options: { partiel: boolean },
): void {
  const demandees = new Set(demarche.pieces.map((piece) => piece.id))
  const incorrectes: FieldError[] = [
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
  const manquantes = options.partiel ? [] : piecesManquantes(demarche, pieces)
  const erreurs = [...incorrectes, ...manquantes].slice(0, limites.erreurs)
  if (erreurs.length > 0)
    throw new Refusal(incorrectes.length > 0 ? 'donnees-invalides' : 'piece-manquante', undefined, {
      erreurs,
    })
}

function piecesManquantes(demarche: Demarche, pieces: readonly PieceJointe[]): FieldError[] {
  const jointes = new Set(pieces.map(({ piece }) => piece))
  return demarche.pieces
    .filter((piece) => piece.obligatoire && !jointes.has(piece.id))
    .map(({ id, libelle }) => ({
      pointeur: '/pieces',
      piece: id,
      message: `Joignez cette pièce: ${libelle}.`,
    }))
}

/** @throws Refusal `donnees-invalides`, always */
export function refuserChamp(pointeur: string, message: string): never {
  throw new Refusal('donnees-invalides', undefined, { erreurs: [{ pointeur, message }] })
}
