import { VerifierPieces } from '../../contracts/documents.ts'
import * as open311 from '../../contracts/open311.ts'
import * as contract from '../../contracts/signalements.ts'
import { answers, defineService, obeys } from '../../infra/service.ts'
import { ajouterPhotos } from './ajouter-photos.ts'
import { avancerSignalement } from './avancer-signalement.ts'
import { emettreCle, listerCles, relireCle, revoquerCle } from './cles.ts'
import { cesserDeSuivre } from './cesser-de-suivre.ts'
import { confirmerSignalement } from './confirmer-signalement.ts'
import { creerSignalement } from './creer-signalement.ts'
import { chercherDoublons } from './doublons.ts'
import { lireSignalement, relireSignalement } from './lire-signalement.ts'
import {
  cartographierSignalements,
  listerCategories,
  listerMesSignalements,
  listerSignalements,
  listerSignalementsAgent,
} from './lister-signalements.ts'
import { minuteriesDesSignalements } from './minuteries.ts'
import { decouvrir, lireService, listerServices } from './open311-services.ts'
import { deposerRequete, relireRequete } from './open311-deposer.ts'
import { lireJeton, lireRequete, listerRequetes } from './open311-requetes.ts'
import { onSignalementAvance } from './on-signalement-avance.ts'
import { poserQuestion } from './poser-question.ts'
import { publierSignalement } from './publier-signalement.ts'
import { repondreQuestion } from './repondre-question.ts'
import { rouvrirSignalement } from './rouvrir-signalement.ts'
import { suivreSignalement } from './suivre-signalement.ts'

export default defineService({
  name: 'signalements',
  actions: [
    answers(contract.ListerCategories, listerCategories),
    answers(contract.ChercherDoublons, chercherDoublons),
    answers(contract.ListerSignalements, listerSignalements),
    answers(contract.ListerMesSignalements, listerMesSignalements),
    answers(contract.CartographierSignalements, cartographierSignalements),
    answers(contract.ListerSignalementsAgent, listerSignalementsAgent),
    answers(contract.LireSignalement, lireSignalement),
    obeys(contract.CreerSignalement, creerSignalement, relireSignalement),
    obeys(contract.ConfirmerSignalement, confirmerSignalement, relireSignalement),
    obeys(contract.SuivreSignalement, suivreSignalement, relireSignalement),
    obeys(contract.CesserDeSuivre, cesserDeSuivre, async () => null),
    obeys(contract.AjouterPhotos, ajouterPhotos, relireSignalement),
    obeys(contract.PoserQuestion, poserQuestion, relireSignalement),
    obeys(contract.RepondreQuestion, repondreQuestion, relireSignalement),
    obeys(contract.RouvrirSignalement, rouvrirSignalement, relireSignalement),
    obeys(contract.AvancerSignalement, avancerSignalement, relireSignalement),
    obeys(contract.PublierSignalement, publierSignalement, relireSignalement),
    answers(open311.DecouvrirOpen311, decouvrir),
    answers(open311.ListerServicesOpen311, listerServices),
    answers(open311.LireServiceOpen311, lireService),
    obeys(open311.DeposerRequeteOpen311, deposerRequete, relireRequete),
    answers(open311.LireJetonOpen311, lireJeton),
    answers(open311.ListerRequetesOpen311, listerRequetes),
    answers(open311.LireRequeteOpen311, lireRequete),
    obeys(open311.EmettreCleOpen311, emettreCle, relireCle),
    answers(open311.ListerClesOpen311, listerCles),
    obeys(open311.RevoquerCleOpen311, revoquerCle, async () => null),
  ],
  calls: [VerifierPieces],
  consumers: [onSignalementAvance],
  timers: minuteriesDesSignalements,
})
