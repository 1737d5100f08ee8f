import * as contract from '../../contracts/agenda.ts'
import * as conseils from '../../contracts/conseils.ts'
import { LireDossier } from '../../contracts/demarches.ts'
import { VerifierPieces } from '../../contracts/documents.ts'
import * as oparl from '../../contracts/oparl.ts'
import { answers, type Call, defineService, obeys } from '../../infra/service.ts'
import { annulerRendezVous } from './annuler-rendez-vous.ts'
import { attendrePlusTot, nePlusAttendre } from './attendre-plus-tot.ts'
import { constaterRendezVous } from './constater-rendez-vous.ts'
import { deplacerRendezVous } from './deplacer-rendez-vous.ts'
import { exporterRendezVous } from './exporter-rendez-vous.ts'
import { declarerAbsence, leverAbsence, lireAbsence, listerAbsences } from './gerer-absence.ts'
import { fermerCalendrier, lireCalendrier, ouvrirCalendrier, relireCalendrier } from './gerer-calendrier.ts'
import { creerLieu, lireLieu, listerLieux, modifierLieu } from './gerer-lieu.ts'
import { creerMotif, lireMotif, listerMotifs, modifierMotif } from './gerer-motif.ts'
import {
  annoncerConseil,
  lireConseil,
  listerConseils,
  modifierConseil,
  publierPapier,
  retirerConseil,
} from './gerer-conseil.ts'
import {
  decrireEvenements,
  exporterEvenements,
  lireEvenementPublic,
  listerEvenementsPublics,
  modifierEvenement,
  publierEvenement,
} from './gerer-evenement.ts'
import { fermerPlage, lirePlage, listerPlages, ouvrirPlage } from './gerer-plage.ts'
import { inviterUsager, relireInvitation } from './inviter-usager.ts'
import { libererReservation } from './liberer-reservation.ts'
import * as lireOparl from './lire-oparl.ts'
import { lireRendezVous } from './lire-rendez-vous.ts'
import { listerCreneaux } from './lister-creneaux.ts'
import { listerRendezVous, listerRendezVousAgent } from './lister-rendez-vous.ts'
import { minuteriesDesRendezVous } from './minuteries.ts'
import { onCreneauLibere } from './on-creneau-libere.ts'
import { onDocumentParu } from './on-document-paru.ts'
import { onDossierDecide } from './on-dossier-decide.ts'
import { prendreRendezVous } from './prendre-rendez-vous.ts'
import { reserverCreneau } from './reserver-creneau.ts'

const relire = (id: string, call: Call) => lireRendezVous({ id }, call)
const rien = async () => null
const relireSeance = (id: string, call: Call) => lireConseil({ id }, call)
const relireEvenement = (id: string, call: Call) => lireEvenementPublic({ id }, call)

export default defineService({
  name: 'agenda',
  actions: [
    answers(contract.ListerMotifs, listerMotifs),
    answers(contract.LireMotif, lireMotif),
    obeys(contract.CreerMotif, creerMotif, (id, call) => lireMotif({ id }, call)),
    obeys(contract.ModifierMotif, modifierMotif, (id, call) => lireMotif({ id }, call)),
    answers(contract.ListerLieux, listerLieux),
    answers(contract.LireLieu, lireLieu),
    obeys(contract.CreerLieu, creerLieu, (id, call) => lireLieu({ id }, call)),
    obeys(contract.ModifierLieu, modifierLieu, (id, call) => lireLieu({ id }, call)),
    answers(contract.ListerPlages, listerPlages),
    answers(contract.LirePlage, lirePlage),
    obeys(contract.OuvrirPlage, ouvrirPlage, (id, call) => lirePlage({ id }, call)),
    obeys(contract.FermerPlage, fermerPlage, rien),
    answers(contract.ListerAbsences, listerAbsences),
    answers(contract.LireAbsence, lireAbsence),
    obeys(contract.DeclarerAbsence, declarerAbsence, (id, call) => lireAbsence({ id }, call)),
    obeys(contract.LeverAbsence, leverAbsence, rien),
    answers(contract.ListerCreneaux, listerCreneaux),
    obeys(contract.ReserverCreneau, reserverCreneau, relire),
    answers(contract.LireReservation, lireRendezVous),
    obeys(contract.LibererReservation, libererReservation, rien),
    obeys(contract.PrendreRendezVous, prendreRendezVous, relire),
    answers(contract.LireRendezVous, lireRendezVous),
    answers(contract.ListerRendezVous, listerRendezVous),
    answers(contract.ListerRendezVousAgent, listerRendezVousAgent),
    obeys(contract.AnnulerRendezVous, annulerRendezVous, relire),
    obeys(contract.DeplacerRendezVous, deplacerRendezVous, relire),
    obeys(contract.ConstaterRendezVous, constaterRendezVous, relire),
    obeys(contract.AttendrePlusTot, attendrePlusTot, relire),
    obeys(contract.NePlusAttendre, nePlusAttendre, rien),
    obeys(contract.InviterUsager, inviterUsager, relireInvitation),
    answers(contract.ExporterRendezVous, exporterRendezVous),
    obeys(contract.OuvrirCalendrier, ouvrirCalendrier, relireCalendrier),
    answers(contract.LireCalendrier, lireCalendrier),
    obeys(contract.FermerCalendrier, fermerCalendrier, rien),
    answers(conseils.ListerEvenementsPublics, listerEvenementsPublics),
    answers(conseils.LireEvenementPublic, lireEvenementPublic),
    answers(conseils.ExporterEvenements, exporterEvenements),
    answers(conseils.DecrireEvenements, decrireEvenements),
    obeys(conseils.PublierEvenement, publierEvenement, relireEvenement),
    obeys(conseils.ModifierEvenement, modifierEvenement, relireEvenement),
    answers(conseils.ListerConseils, listerConseils),
    answers(conseils.LireConseil, lireConseil),
    obeys(conseils.AnnoncerConseil, annoncerConseil, relireSeance),
    obeys(conseils.ModifierConseil, modifierConseil, relireSeance),
    obeys(conseils.RetirerConseil, retirerConseil, rien),
    obeys(conseils.PublierPapier, publierPapier, relireSeance),
    answers(oparl.LireSystemeOparl, lireOparl.lireSystemeOparl),
    answers(oparl.ListerCorpsOparl, lireOparl.listerCorpsOparl),
    answers(oparl.LireCorpsOparl, lireOparl.lireCorpsOparl),
    answers(oparl.LireOrganisationOparl, lireOparl.lireOrganisationOparl),
    answers(oparl.LireSeanceOparl, lireOparl.lireSeanceOparl),
    answers(oparl.LirePointOparl, lireOparl.lirePointOparl),
    answers(oparl.LirePapierOparl, lireOparl.lirePapierOparl),
    answers(oparl.LireFichierOparl, lireOparl.lireFichierOparl),
    answers(oparl.ListerOrganisationsOparl, lireOparl.listerOrganisationsOparl),
    answers(oparl.ListerPersonnesOparl, lireOparl.listerPersonnesOparl),
    answers(oparl.ListerMandaturesOparl, lireOparl.listerMandaturesOparl),
    answers(oparl.ListerSeancesOparl, lireOparl.listerSeancesOparl),
    answers(oparl.ListerPointsOparl, lireOparl.listerPointsOparl),
    answers(oparl.ListerPapiersOparl, lireOparl.listerPapiersOparl),
    answers(oparl.ListerFichiersOparl, lireOparl.listerFichiersOparl),
  ],
  calls: [LireDossier, VerifierPieces],
  consumers: [onDossierDecide, onCreneauLibere, onDocumentParu],
  timers: minuteriesDesRendezVous,
})
