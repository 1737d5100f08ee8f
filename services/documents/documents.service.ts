import * as contract from '../../contracts/documents.ts'
import { answers, defineService, obeys } from '../../infra/service.ts'
import { lireDocument } from './lire-document.ts'
import { onDossierDecide } from './on-dossier-decide.ts'
import { onDossierDepose } from './on-dossier-depose.ts'
import { onPapierDepose } from './on-papier-depose.ts'
import { onSignalementPhotos } from './on-signalement-photos.ts'
import { onSignalementPublie } from './on-signalement-publie.ts'
import { ouvrirLecture, ouvrirLecturePublique, ouvrirPhoto } from './ouvrir-lecture.ts'
import { ouvrirTeleversement } from './ouvrir-televersement.ts'
import { start } from './start.ts'
import { supprimerDocument } from './supprimer-document.ts'
import { verifierPieces } from './verifier-pieces.ts'

export default defineService({
  name: 'documents',
  actions: [
    answers(contract.OuvrirTeleversement, ouvrirTeleversement),
    answers(contract.OuvrirLecture, ouvrirLecture),
    answers(contract.OuvrirLecturePublique, ouvrirLecturePublique),
    answers(contract.OuvrirPhoto, ouvrirPhoto),
    answers(contract.LireDocument, lireDocument),
    obeys(contract.SupprimerDocument, supprimerDocument, async () => null),
    answers(contract.VerifierPieces, verifierPieces),
  ],
  consumers: [onDossierDepose, onDossierDecide, onSignalementPhotos, onSignalementPublie, onPapierDepose],
  start,
})
