import * as contract from '../../contracts/demarches.ts'
import { VerifierPieces } from '../../contracts/documents.ts'
import { answers, type Call, defineService, obeys } from '../../infra/service.ts'
import { creerDossier } from './creer-dossier.ts'
import { deciderDossier } from './decider-dossier.ts'
import { demanderCorrection } from './demander-correction.ts'
import { deposerDossier } from './deposer-dossier.ts'
import { envoyerMessage } from './envoyer-message.ts'
import { instruireDossier } from './instruire-dossier.ts'
import { lireDossier } from './lire-dossier.ts'
import { lireDemarche, listerDemarches } from './lister-demarches.ts'
import { listerDossiers, listerDossiersAgent } from './lister-dossiers.ts'
import { minuteriesDesDossiers } from './minuteries.ts'
import { modifierDossier } from './modifier-dossier.ts'
import { onRendezVousConstate } from './on-rendez-vous-constate.ts'
import { publierDemarches } from './publier-demarches.ts'
import { rouvrirDossier } from './rouvrir-dossier.ts'

const relire = (id: string, call: Call) => lireDossier({ id }, call)

export default defineService({
  name: 'demarches',
  actions: [
    answers(contract.ListerDemarches, listerDemarches),
    answers(contract.LireDemarche, lireDemarche),
    obeys(contract.CreerDossier, creerDossier, relire),
    obeys(contract.ModifierDossier, modifierDossier, relire),
    obeys(contract.DeposerDossier, deposerDossier, relire),
    obeys(contract.InstruireDossier, instruireDossier, relire),
    obeys(contract.DemanderCorrection, demanderCorrection, relire),
    obeys(contract.EnvoyerMessage, envoyerMessage, relire),
    obeys(contract.DeciderDossier, deciderDossier, relire),
    obeys(contract.RouvrirDossier, rouvrirDossier, relire),
    answers(contract.LireDossier, lireDossier),
    answers(contract.ListerDossiers, listerDossiers),
    answers(contract.ListerDossiersAgent, listerDossiersAgent),
  ],
  consumers: [onRendezVousConstate],
  calls: [VerifierPieces],
  timers: minuteriesDesDossiers,
  start: async (ground) => {
    await publierDemarches(ground)
    return async () => {}
  },
})
