import type { Courriel } from '../../infra/courriel.ts'
import { categorieDuJeu } from './catalogue.ts'
import type { EtatDuSignalement } from './signalement.ts'

/** The mail with the link that confirms a report made without account. It repeats nothing that was written in it. */
export function courrielDeConfirmation(
  {
    id,
    reference,
    categorie,
    categorieJeu,
  }: Pick<EtatDuSignalement, 'id' | 'reference' | 'categorie' | 'categorieJeu'>,
  { a, jeton, publicUrl }: { a: string; jeton: string; publicUrl: string },
): Courriel {
  const { libelle } = categorieDuJeu(categorie, categorieJeu)
  return {
    id,
    a,
    sujet: `Confirmez votre signalement ${reference}`,
    texte: [
      'Bonjour,',
      `Vous avez signalé un problème à la Ville de Malakoff : « ${libelle} », référence ${reference}.`,
      'Pour que nos services le reçoivent, ouvrez ce lien puis confirmez. Il est valable 48 heures :',
      `${publicUrl}/signalements/confirmation#${jeton}`,
      'Si ce n’était pas vous, ne faites rien : ce signalement sera effacé, et votre adresse avec lui.',
      'La Ville de Malakoff',
    ].join('\n\n'),
  }
}
