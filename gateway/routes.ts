import * as agenda from '../contracts/agenda.ts'
import type { Action } from '../contracts/define.ts'
import * as conseils from '../contracts/conseils.ts'
import * as demarches from '../contracts/demarches.ts'
import * as documents from '../contracts/documents.ts'
import * as hub from '../contracts/hub.ts'
import * as identity from '../contracts/identity.ts'
import * as oparl from '../contracts/oparl.ts'
import * as open311 from '../contracts/open311.ts'
import * as rendezVous from '../contracts/rendez-vous.ts'
import * as signalements from '../contracts/signalements.ts'

/**
 * How a row is served:
 * - `json`: params from path, query or body; the action's answer as JSON
 * - `open311`: params from path, query or form; the answer as JSON or XML, by the ending of the address
 * - `upload`, `download`: bytes to and from the documents service
 * - `stream`: server-sent events
 */
export type Transport = 'json' | 'open311' | 'upload' | 'download' | 'stream'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Fastify's notation; `:name` is a param of the action. */
  readonly path: string
  /** Gives params, answer, refusals and the access rule. */
  readonly action: Action
  readonly success: 200 | 201 | 204
  readonly transport: Transport
  /** The media type of a `json` answer that is text, or another kind of JSON. */
  readonly type?: string
}

const row =
  (method: Route['method']) =>
  (path: string, action: Action, success: Route['success'] = 200, transport: Transport = 'json'): Route => ({
    method,
    path,
    action,
    success,
    transport,
  })
/** A reading answered under another type. */
const as = (type: string, route: Route): Route => ({ ...route, type })
const calendar = 'text/calendar'
const get = row('GET')
const post = row('POST')
const patch = row('PATCH')
const del = row('DELETE')

/** THE table: every address of the API. Who may call each is its contract's `access`. */
export const routes: readonly Route[] = [
  get('/v1/moi', identity.LireMoi),
  patch('/v1/moi', identity.ModifierMoi),
  get('/v1/moi/suivi', identity.LireSuivi),
  get('/v1/moi/suivi/flux', identity.SuivreSuivi, 200, 'stream'),

  get('/v1/demarches', demarches.ListerDemarches),
  get('/v1/demarches/:id', demarches.LireDemarche),
  get('/v1/dossiers', demarches.ListerDossiers),
  post('/v1/dossiers', demarches.CreerDossier, 201),
  get('/v1/dossiers/:id', demarches.LireDossier),
  patch('/v1/dossiers/:id', demarches.ModifierDossier),
  post('/v1/dossiers/:id/depot', demarches.DeposerDossier),
  post('/v1/dossiers/:id/instruction', demarches.InstruireDossier),
  post('/v1/dossiers/:id/corrections', demarches.DemanderCorrection, 201),
  post('/v1/dossiers/:id/messages', demarches.EnvoyerMessage, 201),
  post('/v1/dossiers/:id/decision', demarches.DeciderDossier),
  post('/v1/dossiers/:id/reouverture', demarches.RouvrirDossier),
  get('/v1/agents/dossiers', demarches.ListerDossiersAgent),

  post('/v1/documents', documents.OuvrirTeleversement, 201, 'upload'),
  get('/v1/documents/:id', documents.LireDocument),
  get('/v1/documents/:id/contenu', documents.OuvrirLecture, 200, 'download'),
  get('/v1/documents/:id/public', documents.OuvrirLecturePublique, 200, 'download'),
  del('/v1/documents/:id', documents.SupprimerDocument, 204),
  get('/v1/photos/:id', documents.OuvrirPhoto, 200, 'download'),

  get('/v1/signalements/categories', signalements.ListerCategories),
  get('/v1/signalements/doublons', signalements.ChercherDoublons),
  { ...get('/v1/signalements/carte', signalements.CartographierSignalements), type: 'application/geo+json' },
  get('/v1/signalements/miens', signalements.ListerMesSignalements),
  get('/v1/signalements', signalements.ListerSignalements),
  post('/v1/signalements', signalements.CreerSignalement, 201),
  post('/v1/confirmations', signalements.ConfirmerSignalement),
  get('/v1/signalements/:id', signalements.LireSignalement),
  post('/v1/signalements/:id/suivre', signalements.SuivreSignalement),
  del('/v1/signalements/:id/suivre', signalements.CesserDeSuivre, 204),
  post('/v1/signalements/:id/photos', signalements.AjouterPhotos),
  post('/v1/signalements/:id/question', signalements.PoserQuestion),
  post('/v1/signalements/:id/reponse', signalements.RepondreQuestion),
  post('/v1/signalements/:id/reouverture', signalements.RouvrirSignalement),
  post('/v1/signalements/:id/etapes', signalements.AvancerSignalement),
  post('/v1/signalements/:id/publication', signalements.PublierSignalement),
  get('/v1/agents/signalements', signalements.ListerSignalementsAgent),

  get('/open311/v2/discovery.:format', open311.DecouvrirOpen311, 200, 'open311'),
  get('/open311/v2/services.:format', open311.ListerServicesOpen311, 200, 'open311'),
  get('/open311/v2/services/:id.:format', open311.LireServiceOpen311, 200, 'open311'),
  post('/open311/v2/requests.:format', open311.DeposerRequeteOpen311, 200, 'open311'),
  get('/open311/v2/requests.:format', open311.ListerRequetesOpen311, 200, 'open311'),
  get('/open311/v2/requests/:id.:format', open311.LireRequeteOpen311, 200, 'open311'),
  get('/open311/v2/tokens/:id.:format', open311.LireJetonOpen311, 200, 'open311'),
  get('/v1/admin/open311/cles', open311.ListerClesOpen311),
  post('/v1/admin/open311/cles', open311.EmettreCleOpen311, 201),
  del('/v1/admin/open311/cles/:id', open311.RevoquerCleOpen311, 204),

  get('/v1/agenda/motifs', agenda.ListerMotifs),
  post('/v1/agenda/motifs', agenda.CreerMotif, 201),
  get('/v1/agenda/motifs/:id', agenda.LireMotif),
  patch('/v1/agenda/motifs/:id', agenda.ModifierMotif),
  post('/v1/agenda/motifs/:id/invitations', rendezVous.InviterUsager, 201),
  get('/v1/agenda/lieux', agenda.ListerLieux),
  post('/v1/agenda/lieux', agenda.CreerLieu, 201),
  get('/v1/agenda/lieux/:id', agenda.LireLieu),
  patch('/v1/agenda/lieux/:id', agenda.ModifierLieu),
  get('/v1/agenda/plages', agenda.ListerPlages),
  post('/v1/agenda/plages', agenda.OuvrirPlage, 201),
  get('/v1/agenda/plages/:id', agenda.LirePlage),
  del('/v1/agenda/plages/:id', agenda.FermerPlage, 204),
  get('/v1/agenda/absences', agenda.ListerAbsences),
  post('/v1/agenda/absences', agenda.DeclarerAbsence, 201),
  get('/v1/agenda/absences/:id', agenda.LireAbsence),
  del('/v1/agenda/absences/:id', agenda.LeverAbsence, 204),
  get('/v1/agenda/creneaux', rendezVous.ListerCreneaux),
  post('/v1/agenda/reservations', rendezVous.ReserverCreneau, 201),
  get('/v1/agenda/reservations/:id', rendezVous.LireReservation),
  del('/v1/agenda/reservations/:id', rendezVous.LibererReservation, 204),
  get('/v1/agenda/rendez-vous', rendezVous.ListerRendezVous),
  post('/v1/agenda/rendez-vous', rendezVous.PrendreRendezVous, 201),
  get('/v1/agenda/rendez-vous/:id', rendezVous.LireRendezVous),
  as(calendar, get('/v1/agenda/rendez-vous/:id/ics', rendezVous.ExporterRendezVous)),
  post('/v1/agenda/rendez-vous/:id/annulation', rendezVous.AnnulerRendezVous),
  post('/v1/agenda/rendez-vous/:id/deplacement', rendezVous.DeplacerRendezVous),
  post('/v1/agenda/rendez-vous/:id/constat', rendezVous.ConstaterRendezVous),
  post('/v1/agenda/rendez-vous/:id/liste-attente', rendezVous.AttendrePlusTot),
  del('/v1/agenda/rendez-vous/:id/liste-attente', rendezVous.NePlusAttendre, 204),
  post('/v1/agenda/calendriers', rendezVous.OuvrirCalendrier, 201),
  as(calendar, get('/v1/agenda/calendriers/:id', rendezVous.LireCalendrier)),
  del('/v1/agenda/calendriers/:id', rendezVous.FermerCalendrier, 204),
  get('/v1/agents/rendez-vous', rendezVous.ListerRendezVousAgent),
  get('/v1/agenda/evenements', conseils.ListerEvenementsPublics),
  as(calendar, get('/v1/agenda/evenements.ics', conseils.ExporterEvenements)),
  as('application/ld+json', get('/v1/agenda/evenements.jsonld', conseils.DecrireEvenements)),
  post('/v1/agenda/evenements', conseils.PublierEvenement, 201),
  get('/v1/agenda/evenements/:id', conseils.LireEvenementPublic),
  as(calendar, get('/v1/agenda/evenements/:id/ics', conseils.ExporterEvenement)),
  patch('/v1/agenda/evenements/:id', conseils.ModifierEvenement),
  get('/v1/agenda/conseils', conseils.ListerConseils),
  post('/v1/agenda/conseils', conseils.AnnoncerConseil, 201),
  get('/v1/agenda/conseils/:id', conseils.LireConseil),
  patch('/v1/agenda/conseils/:id', conseils.ModifierConseil),
  del('/v1/agenda/conseils/:id', conseils.RetirerConseil, 204),
  post('/v1/agenda/conseils/:id/papiers', conseils.PublierPapier, 201),
  del('/v1/agenda/papiers/:id', conseils.RetirerPapier, 204),

  get('/oparl/v1', oparl.LireSystemeOparl),
  get('/oparl/v1/body', oparl.ListerCorpsOparl),
  get('/oparl/v1/body/:id', oparl.LireCorpsOparl),
  get('/oparl/v1/body/:id/organization', oparl.ListerOrganisationsOparl),
  get('/oparl/v1/body/:id/person', oparl.ListerPersonnesOparl),
  get('/oparl/v1/body/:id/legislativeterm', oparl.ListerMandaturesOparl),
  get('/oparl/v1/body/:id/meeting', oparl.ListerSeancesOparl),
  get('/oparl/v1/body/:id/agendaitem', oparl.ListerPointsOparl),
  get('/oparl/v1/body/:id/paper', oparl.ListerPapiersOparl),
  get('/oparl/v1/body/:id/file', oparl.ListerFichiersOparl),
  get('/oparl/v1/organization/:id', oparl.LireOrganisationOparl),
  get('/oparl/v1/meeting/:id', oparl.LireSeanceOparl),
  get('/oparl/v1/agendaitem/:id', oparl.LirePointOparl),
  get('/oparl/v1/paper/:id', oparl.LirePapierOparl),
  get('/oparl/v1/file/:id', oparl.LireFichierOparl),

  get('/v1/evenements', hub.ListerEvenements),
  get('/v1/admin/lettres-mortes', hub.ListerLettresMortes),
  post('/v1/admin/lettres-mortes/:id/relance', hub.RelancerLettreMorte),
  get('/v1/admin/traces', hub.ListerTraces),
  get('/v1/admin/traces/:id', hub.LireTrace),
]
