import * as offre from '../../contracts/agenda.ts'
import * as conseils from '../../contracts/conseils.ts'
import * as rendezVous from '../../contracts/rendez-vous.ts'
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
  retirerPapier,
} from './gerer-conseil.ts'
import {
  decrireEvenements,
  exporterEvenement,
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
    answers(offre.ListerMotifs, listerMotifs),
    answers(offre.LireMotif, lireMotif),
    obeys(offre.CreerMotif, creerMotif, (id, call) => lireMotif({ id }, call)),
    obeys(offre.ModifierMotif, modifierMotif, (id, call) => lireMotif({ id }, call)),
    answers(offre.ListerLieux, listerLieux),
    answers(offre.LireLieu, lireLieu),
    obeys(offre.CreerLieu, creerLieu, (id, call) => lireLieu({ id }, call)),
    obeys(offre.ModifierLieu, modifierLieu, (id, call) => lireLieu({ id }, call)),
    answers(offre.ListerPlages, listerPlages),
    answers(offre.LirePlage, lirePlage),
    obeys(offre.OuvrirPlage, ouvrirPlage, (id, call) => lirePlage({ id }, call)),
    obeys(offre.FermerPlage, fermerPlage, rien),
    answers(offre.ListerAbsences, listerAbsences),
    answers(offre.LireAbsence, lireAbsence),
    obeys(offre.DeclarerAbsence, declarerAbsence, (id, call) => lireAbsence({ id }, call)),
    obeys(offre.LeverAbsence, leverAbsence, rien),
    answers(rendezVous.ListerCreneaux, listerCreneaux),
    obeys(rendezVous.ReserverCreneau, reserverCreneau, relire),
    answers(rendezVous.LireReservation, lireRendezVous),
    obeys(rendezVous.LibererReservation, libererReservation, rien),
    obeys(rendezVous.PrendreRendezVous, prendreRendezVous, relire),
    answers(rendezVous.LireRendezVous, lireRendezVous),
    answers(rendezVous.ListerRendezVous, listerRendezVous),
    answers(rendezVous.ListerRendezVousAgent, listerRendezVousAgent),
    obeys(rendezVous.AnnulerRendezVous, annulerRendezVous, relire),
    obeys(rendezVous.DeplacerRendezVous, deplacerRendezVous, relire),
    obeys(rendezVous.ConstaterRendezVous, constaterRendezVous, relire),
    obeys(rendezVous.AttendrePlusTot, attendrePlusTot, relire),
    obeys(rendezVous.NePlusAttendre, nePlusAttendre, rien),
    obeys(rendezVous.InviterUsager, inviterUsager, relireInvitation),
    answers(rendezVous.ExporterRendezVous, exporterRendezVous),
    obeys(rendezVous.OuvrirCalendrier, ouvrirCalendrier, relireCalendrier),
    answers(rendezVous.LireCalendrier, lireCalendrier),
    obeys(rendezVous.FermerCalendrier, fermerCalendrier, rien),
    answers(conseils.ListerEvenementsPublics, listerEvenementsPublics),
    answers(conseils.LireEvenementPublic, lireEvenementPublic),
    answers(conseils.ExporterEvenement, exporterEvenement),
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
    obeys(conseils.RetirerPapier, retirerPapier, rien),
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
