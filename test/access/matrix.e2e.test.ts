import { randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeclarerAbsence } from '../../contracts/agenda.ts'
import { AnnulerRendezVous, AttendrePlusTot, OuvrirCalendrier } from '../../contracts/rendez-vous.ts'
import { PublierEvenement } from '../../contracts/conseils.ts'
import { DeciderDossier } from '../../contracts/demarches.ts'
import { LireDocument } from '../../contracts/documents.ts'
import { type CleOpen311, EmettreCleOpen311, RevoquerCleOpen311 } from '../../contracts/open311.ts'
import { CreerSignalement, PublierSignalement } from '../../contracts/signalements.ts'
import { routes } from '../../gateway/routes.ts'
import { jetonDe } from '../../services/signalements/jeton.ts'
import { jpeg, pdf } from '../documents/fixtures.ts'
import { booked, dayIn, freeSlot, held, type Office, openOffice } from '../support/agenda.ts'
import { type Api, hubUrl } from '../support/api.ts'
import type { Reply } from '../support/conformity.ts'
import { evenement, publishedSitting, seance, type Sitting } from '../support/conseils.ts'
import { correctionAsked, decided, deposited, draft, inInstruction } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import {
  divergences,
  flipped,
  incompleteness,
  type Matrix,
  parseMatrix,
  routeOfRow,
} from '../support/matrix.ts'
import { anonyme, person, stranger, system } from '../support/people.ts'
import { questioned, report, reported, resolved, somewhere, unconfirmed } from '../support/signalements.ts'

/**
 * Who gets which answer, written by hand from the rules of the city: what is yours is yours alone; an agent
 * sees what was given to their sector, never a draft; an administrator and an aidant without mandate have no
 * right to a dossier; staff systems read events and nothing else. To whom a thing is not shown, it does not
 * exist (404); who is not of the trade is told so (403).
 */
const expected = parseMatrix(`
                                                        | anonyme | autre | aidant | propriétaire | agent d’ailleurs | agent | admin | système | système muet
GET /v1/moi                                             | 401     | 200   | 200    | 200          | 200              | 200   | 200   | 403     | 403
PATCH /v1/moi                                           | 401     | 200   | 200    | 200          | 200              | 200   | 200   | 403     | 403
GET /v1/moi/suivi                                       | 401     | 200   | 200    | 200          | 200              | 200   | 200   | 403     | 403
GET /v1/moi/suivi/flux                                  | 401     | 200   | 200    | 200          | 200              | 200   | 200   | 403     | 403

GET /v1/demarches                                       | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/demarches/:id                                   | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200

GET /v1/dossiers                                        | 401     | 200   | 200    | 200          | 200              | 200   | 200   | 403     | 403
POST /v1/dossiers                                       | 401     | 201   | 201    | 201          | 201              | 201   | 201   | 403     | 403
GET /v1/dossiers/:id (brouillon)                        | 401     | 404   | 404    | 200          | 404              | 404   | 404   | 403     | 403
GET /v1/dossiers/:id (déposé)                           | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
GET /v1/dossiers/:id (décidé)                           | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
PATCH /v1/dossiers/:id (brouillon)                      | 401     | 404   | 404    | 200          | 404              | 404   | 404   | 403     | 403
PATCH /v1/dossiers/:id (déposé)                         | 401     | 404   | 404    | 409          | 404              | 403   | 404   | 403     | 403
PATCH /v1/dossiers/:id (correction demandée)            | 401     | 404   | 404    | 200          | 404              | 403   | 404   | 403     | 403
POST /v1/dossiers/:id/depot (brouillon)                 | 401     | 404   | 404    | 200          | 404              | 404   | 404   | 403     | 403
POST /v1/dossiers/:id/depot (déposé)                    | 401     | 404   | 404    | 409          | 404              | 403   | 404   | 403     | 403
POST /v1/dossiers/:id/messages (brouillon)              | 401     | 404   | 404    | 409          | 404              | 404   | 404   | 403     | 403
POST /v1/dossiers/:id/messages (déposé)                 | 401     | 404   | 404    | 201          | 404              | 201   | 404   | 403     | 403
POST /v1/dossiers/:id/messages (décidé)                 | 401     | 404   | 404    | 201          | 404              | 201   | 404   | 403     | 403

GET /v1/agents/dossiers                                 | 401     | 403   | 403    | 403          | 200              | 200   | 403   | 403     | 403
POST /v1/dossiers/:id/instruction (brouillon)           | 401     | 403   | 403    | 403          | 404              | 404   | 403   | 403     | 403
POST /v1/dossiers/:id/instruction (déposé)              | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
POST /v1/dossiers/:id/corrections (en instruction)      | 401     | 403   | 403    | 403          | 404              | 201   | 403   | 403     | 403
POST /v1/dossiers/:id/decision (déposé)                 | 401     | 403   | 403    | 403          | 404              | 409   | 403   | 403     | 403
POST /v1/dossiers/:id/decision (en instruction)         | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
POST /v1/dossiers/:id/reouverture (décidé)              | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403

POST /v1/documents (pièce)                              | 401     | 201   | 201    | 201          | 201              | 201   | 201   | 403     | 403
POST /v1/documents (émis par le service)                | 401     | 403   | 403    | 403          | 403              | 201   | 403   | 403     | 403
GET /v1/documents/:id (pièce libre)                     | 401     | 404   | 404    | 200          | 404              | 404   | 404   | 403     | 403
GET /v1/documents/:id (pièce déposée)                   | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
GET /v1/documents/:id (émis, pas encore remis)          | 401     | 404   | 404    | 404          | 404              | 200   | 404   | 403     | 403
GET /v1/documents/:id (décision remise)                 | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
GET /v1/documents/:id/contenu (pièce libre)             | 401     | 404   | 404    | 200          | 404              | 404   | 404   | 403     | 403
GET /v1/documents/:id/contenu (pièce déposée)           | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
GET /v1/documents/:id/contenu (émis, pas encore remis)  | 401     | 404   | 404    | 404          | 404              | 200   | 404   | 403     | 403
GET /v1/documents/:id/contenu (décision remise)         | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
GET /v1/documents/:id/public (publié)                   | 200 | 200 | 200 | 200 | 200 | 200 | 200 | 200 | 200
GET /v1/documents/:id/public (émis, pas encore remis)   | 404 | 404 | 404 | 404 | 404 | 404 | 404 | 404 | 404
DELETE /v1/documents/:id (pièce libre)                  | 401     | 404   | 404    | 204          | 404              | 404   | 404   | 403     | 403
DELETE /v1/documents/:id (pièce déposée)                | 401     | 404   | 404    | 409          | 404              | 409   | 404   | 403     | 403
DELETE /v1/documents/:id (émis, pas encore remis)       | 401     | 404   | 404    | 404          | 404              | 204   | 404   | 403     | 403
DELETE /v1/documents/:id (décision remise)              | 401     | 404   | 404    | 409          | 404              | 409   | 404   | 403     | 403

GET /v1/signalements/categories                         | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/signalements/doublons                           | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/signalements/carte                              | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/signalements/miens                              | 401     | 200   | 200    | 200          | 200              | 200   | 200   | 403     | 403
GET /v1/signalements                                    | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/signalements (avec compte)                     | 401     | 201   | 201    | 201          | 201              | 201   | 201   | 403     | 403
POST /v1/signalements (sans compte)                     | 201     | 201   | 201    | 201          | 201              | 201   | 201   | 403     | 403
POST /v1/confirmations (lien reçu)                      | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/confirmations (lien inventé)                   | 404     | 404   | 404    | 404          | 404              | 404   | 404   | 404     | 404
GET /v1/signalements/:id (à confirmer)                  | 404     | 404   | 404    | 404          | 404              | 404   | 404   | 404     | 404
GET /v1/signalements/:id (nouveau)                      | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/signalements/:id/suivre (nouveau)              | 401     | 200   | 200    | 409          | 200              | 200   | 200   | 403     | 403
DELETE /v1/signalements/:id/suivre (nouveau)            | 401     | 204   | 204    | 204          | 204              | 204   | 204   | 403     | 403
POST /v1/signalements/:id/photos (nouveau)              | 401     | 403   | 403    | 200          | 403              | 403   | 403   | 403     | 403
POST /v1/signalements/:id/photos (résolu)               | 401     | 403   | 403    | 409          | 403              | 403   | 403   | 403     | 403
POST /v1/signalements/:id/question (nouveau)            | 401     | 403   | 403    | 403          | 403              | 200   | 403   | 403     | 403
POST /v1/signalements/:id/question (question posée)     | 401     | 403   | 403    | 403          | 403              | 409   | 403   | 403     | 403
POST /v1/signalements/:id/reponse (nouveau)             | 401     | 403   | 403    | 409          | 403              | 403   | 403   | 403     | 403
POST /v1/signalements/:id/reponse (question posée)      | 401     | 403   | 403    | 200          | 403              | 403   | 403   | 403     | 403
POST /v1/signalements/:id/reouverture (nouveau)         | 401     | 403   | 403    | 409          | 403              | 403   | 403   | 403     | 403
POST /v1/signalements/:id/reouverture (résolu)          | 401     | 403   | 403    | 200          | 403              | 403   | 403   | 403     | 403
POST /v1/signalements/:id/etapes (à confirmer)          | 401     | 403   | 403    | 403          | 404              | 404   | 403   | 403     | 403
POST /v1/signalements/:id/etapes (nouveau)              | 401     | 403   | 403    | 403          | 403              | 200   | 403   | 403     | 403
POST /v1/signalements/:id/etapes (résolu)               | 401     | 403   | 403    | 403          | 403              | 409   | 403   | 403     | 403
POST /v1/signalements/:id/publication (nouveau)         | 401     | 403   | 403    | 403          | 403              | 200   | 403   | 403     | 403
GET /v1/agents/signalements                             | 401     | 403   | 403    | 403          | 200              | 200   | 403   | 403     | 403
GET /v1/documents/:id (photo d’un signalement)          | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
GET /v1/photos/:id (pas publique)                       | 404     | 404   | 404    | 404          | 404              | 404   | 404   | 404     | 404
GET /v1/photos/:id (publique)                           | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200

GET /open311/v2/discovery.:format                       | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /open311/v2/services.:format                        | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /open311/v2/services/:id.:format                    | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /open311/v2/requests.:format (avec clé)            | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /open311/v2/requests.:format (clé retirée)         | 403     | 403   | 403    | 403          | 403              | 403   | 403   | 403     | 403
GET /open311/v2/requests.:format                        | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /open311/v2/requests/:id.:format (nouveau)          | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /open311/v2/requests/:id.:format (à confirmer)      | 404     | 404   | 404    | 404          | 404              | 404   | 404   | 404     | 404
GET /open311/v2/tokens/:id.:format (nouveau)            | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /open311/v2/tokens/:id.:format (à confirmer)        | 404     | 404   | 404    | 404          | 404              | 404   | 404   | 404     | 404
GET /v1/admin/open311/cles                              | 401     | 403   | 403    | 403          | 403              | 403   | 200   | 403     | 403
POST /v1/admin/open311/cles                             | 401     | 403   | 403    | 403          | 403              | 403   | 201   | 403     | 403
DELETE /v1/admin/open311/cles/:id (en service)          | 401     | 403   | 403    | 403          | 403              | 403   | 204   | 403     | 403
DELETE /v1/admin/open311/cles/:id (inconnue)            | 401     | 403   | 403    | 403          | 403              | 403   | 404   | 403     | 403

GET /v1/agenda/motifs                                   | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/agenda/motifs                                  | 401     | 403   | 403    | 403          | 403              | 201   | 403   | 403     | 403
GET /v1/agenda/motifs/:id (pour tous)                   | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/agenda/motifs/:id (pour les agents)             | 404     | 404   | 404    | 404          | 404              | 200   | 404   | 404     | 404
PATCH /v1/agenda/motifs/:id (pour tous)                 | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
PATCH /v1/agenda/motifs/:id (pour les agents)           | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
POST /v1/agenda/motifs/:id/invitations (pour tous)      | 401     | 403   | 403    | 403          | 404              | 201   | 403   | 403     | 403
GET /v1/agenda/lieux                                    | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/agenda/lieux                                   | 401     | 403   | 403    | 403          | 403              | 201   | 403   | 403     | 403
GET /v1/agenda/lieux/:id                                | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
PATCH /v1/agenda/lieux/:id                              | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
GET /v1/agenda/plages                                   | 401     | 403   | 403    | 403          | 200              | 200   | 403   | 403     | 403
POST /v1/agenda/plages                                  | 401     | 403   | 403    | 403          | 403              | 201   | 403   | 403     | 403
GET /v1/agenda/plages/:id                               | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
DELETE /v1/agenda/plages/:id                            | 401     | 403   | 403    | 403          | 404              | 204   | 403   | 403     | 403
GET /v1/agenda/absences                                 | 401     | 403   | 403    | 403          | 200              | 200   | 403   | 403     | 403
POST /v1/agenda/absences                                | 401     | 403   | 403    | 403          | 403              | 201   | 403   | 403     | 403
GET /v1/agenda/absences/:id                             | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
DELETE /v1/agenda/absences/:id                          | 401     | 403   | 403    | 403          | 404              | 204   | 403   | 403     | 403
GET /v1/agenda/creneaux                                 | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/agenda/reservations                            | 401     | 201   | 201    | 201          | 201              | 201   | 201   | 403     | 403
GET /v1/agenda/reservations/:id                         | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
DELETE /v1/agenda/reservations/:id (retenue)            | 401     | 404   | 404    | 204          | 404              | 204   | 404   | 403     | 403
GET /v1/agenda/rendez-vous                              | 401     | 200   | 200    | 200          | 200              | 200   | 200   | 403     | 403
POST /v1/agenda/rendez-vous                             | 401     | 201   | 201    | 201          | 201              | 201   | 201   | 403     | 403
GET /v1/agenda/rendez-vous/:id                          | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
GET /v1/agenda/rendez-vous/:id/ics                      | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
POST /v1/agenda/rendez-vous/:id/annulation (pris)       | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
POST /v1/agenda/rendez-vous/:id/annulation (annulé)     | 401     | 404   | 404    | 409          | 404              | 409   | 404   | 403     | 403
POST /v1/agenda/rendez-vous/:id/deplacement (pris)      | 401     | 404   | 404    | 200          | 404              | 200   | 404   | 403     | 403
POST /v1/agenda/rendez-vous/:id/constat (à venir)       | 401     | 403   | 403    | 403          | 404              | 409   | 403   | 403     | 403
POST /v1/agenda/rendez-vous/:id/constat (du jour)       | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
POST /v1/agenda/rendez-vous/:id/liste-attente (pris)    | 401     | 404   | 404    | 200          | 404              | 403   | 404   | 403     | 403
DELETE /v1/agenda/rendez-vous/:id/liste-attente (en attente) | 401     | 404   | 404    | 204          | 404              | 403   | 404   | 403     | 403
POST /v1/agenda/calendriers                             | 401     | 403   | 403    | 403          | 403              | 201   | 403   | 403     | 403
GET /v1/agenda/calendriers/:id                          | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
DELETE /v1/agenda/calendriers/:id                       | 401     | 403   | 403    | 403          | 404              | 204   | 403   | 403     | 403
GET /v1/agents/rendez-vous                              | 401     | 403   | 403    | 403          | 200              | 200   | 403   | 403     | 403

GET /v1/agenda/evenements                               | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/agenda/evenements.ics                           | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/agenda/evenements.jsonld                        | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/agenda/evenements                              | 401     | 403   | 403    | 403          | 403              | 201   | 403   | 403     | 403
GET /v1/agenda/evenements/:id                           | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /v1/agenda/evenements/:id/ics                       | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
PATCH /v1/agenda/evenements/:id                         | 401     | 403   | 403    | 403          | 404              | 200   | 403   | 403     | 403
GET /v1/agenda/conseils                                 | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
POST /v1/agenda/conseils                                | 401     | 403   | 403    | 403          | 403              | 403   | 403   | 403     | 403
GET /v1/agenda/conseils/:id                             | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
PATCH /v1/agenda/conseils/:id                           | 401     | 403   | 403    | 403          | 403              | 403   | 403   | 403     | 403
DELETE /v1/agenda/conseils/:id                          | 401     | 403   | 403    | 403          | 403              | 403   | 403   | 403     | 403
POST /v1/agenda/conseils/:id/papiers                    | 401     | 403   | 403    | 403          | 403              | 403   | 403   | 403     | 403
DELETE /v1/agenda/papiers/:id                           | 401     | 403   | 403    | 403          | 403              | 403   | 403   | 403     | 403
GET /oparl/v1                                           | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body                                      | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id                                  | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id/organization                     | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id/person                           | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id/legislativeterm                  | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id/meeting                          | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id/agendaitem                       | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id/paper                            | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/body/:id/file                             | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/organization/:id                          | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/meeting/:id                               | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/agendaitem/:id                            | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/paper/:id                                 | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200
GET /oparl/v1/file/:id                                  | 200     | 200   | 200    | 200          | 200              | 200   | 200   | 200     | 200

GET /v1/evenements                                      | 401     | 403   | 403    | 403          | 403              | 403   | 403   | 200     | 403
GET /v1/admin/lettres-mortes                            | 401     | 403   | 403    | 403          | 403              | 403   | 200   | 403     | 403
POST /v1/admin/lettres-mortes/:id/relance (arrêtée)     | 401     | 403   | 403    | 403          | 403              | 403   | 200   | 403     | 403
POST /v1/admin/lettres-mortes/:id/relance (inconnue)    | 401     | 403   | 403    | 403          | 403              | 403   | 404   | 403     | 403
GET /v1/admin/traces                                    | 401     | 403   | 403    | 403          | 403              | 403   | 200   | 403     | 403
GET /v1/admin/traces/:id (gardée)                       | 401     | 403   | 403    | 403          | 403              | 403   | 200   | 403     | 403
GET /v1/admin/traces/:id (inconnue)                     | 401     | 403   | 403    | 403          | 403              | 403   | 404   | 403     | 403
`)

/** The dossiers are of the civil registry: Claire serves it, David serves the schools. */
const amina = person('amina')
const claire = person('claire')
/** Fatou serves the public space. */
const fatou = person('fatou')
const callers: Record<string, Api> = {
  anonyme,
  autre: person('bastien'),
  aidant: person('ines'),
  propriétaire: amina,
  'agent d’ailleurs': person('david'),
  agent: claire,
  admin: person('admin'),
  système: system(),
  'système muet': stranger(['systeme']),
}

interface Row {
  /** Makes the object that the address names, in its situation; returns its id. */
  readonly object?: () => Promise<string>
  /** A function: of the object. */
  readonly body?: unknown
  readonly query?: string | (() => Promise<string>)
  /** Query of an upload. */
  readonly file?: string
  /** Who is an agent of its sector; by default Claire. */
  readonly agent?: Api
  /** Everybody may know that it is there. */
  readonly known?: true
}

const idOf = async (object: Promise<{ id: string }>) => (await object).id
const text = { texte: 'Un mot.' }
const motif = { titre: 'Retrait d’un acte', mode: 'guichet', duree: 30 }
/** Long over: it closes nothing that other rows need. */
const absence = { secteur: 'etat-civil', du: '2020-01-01T00:00:00Z', au: '2020-01-02T00:00:00Z' } as const

const rows: Record<string, Row> = {
  'GET /v1/moi': {},
  'PATCH /v1/moi': { body: { langue: 'fr' } },
  'GET /v1/moi/suivi': {},
  'GET /v1/moi/suivi/flux': {},
  'GET /v1/demarches': {},
  'GET /v1/demarches/:id': { object: async () => 'acte-de-naissance' },
  'GET /v1/dossiers': {},
  'POST /v1/dossiers': { body: { demarche: 'acte-de-naissance' } },
  'GET /v1/dossiers/:id (brouillon)': { object: () => idOf(draft(amina)) },
  'GET /v1/dossiers/:id (déposé)': { object: () => idOf(deposited(amina)) },
  'GET /v1/dossiers/:id (décidé)': { object: () => idOf(decided(amina, claire)) },
  'PATCH /v1/dossiers/:id (brouillon)': { object: () => idOf(draft(amina)), body: { pieces: [] } },
  'PATCH /v1/dossiers/:id (déposé)': { object: () => idOf(deposited(amina)), body: { pieces: [] } },
  'PATCH /v1/dossiers/:id (correction demandée)': {
    object: () => idOf(correctionAsked(amina, claire)),
    body: { pieces: [] },
  },
  'POST /v1/dossiers/:id/depot (brouillon)': { object: () => idOf(draft(amina)) },
  'POST /v1/dossiers/:id/depot (déposé)': { object: () => idOf(deposited(amina)) },
  'POST /v1/dossiers/:id/messages (brouillon)': { object: () => idOf(draft(amina)), body: text },
  'POST /v1/dossiers/:id/messages (déposé)': { object: () => idOf(deposited(amina)), body: text },
  'POST /v1/dossiers/:id/messages (décidé)': { object: () => idOf(decided(amina, claire)), body: text },
  'GET /v1/agents/dossiers': {},
  'POST /v1/dossiers/:id/instruction (brouillon)': { object: () => idOf(draft(amina)) },
  'POST /v1/dossiers/:id/instruction (déposé)': { object: () => idOf(deposited(amina)) },
  'POST /v1/dossiers/:id/corrections (en instruction)': {
    object: () => idOf(inInstruction(amina, claire)),
    body: { motif: 'perime', ...text },
  },
  'POST /v1/dossiers/:id/decision (déposé)': {
    object: () => idOf(deposited(amina)),
    body: { sens: 'accepte' },
  },
  'POST /v1/dossiers/:id/decision (en instruction)': {
    object: () => idOf(inInstruction(amina, claire)),
    body: { sens: 'accepte' },
  },
  'POST /v1/dossiers/:id/reouverture (décidé)': { object: () => idOf(decided(amina, claire)), body: text },
  'POST /v1/documents (pièce)': { file: 'secteur=etat-civil' },
  'POST /v1/documents (émis par le service)': { file: 'secteur=etat-civil&emisPar=agent' },
  'GET /v1/documents/:id (pièce libre)': { object: freePiece },
  'GET /v1/documents/:id (pièce déposée)': { object: depositedPiece },
  'GET /v1/documents/:id (émis, pas encore remis)': { object: issuedDocument },
  'GET /v1/documents/:id (décision remise)': { object: decisionHandedOver },
  'GET /v1/documents/:id/contenu (pièce libre)': { object: freePiece },
  'GET /v1/documents/:id/contenu (pièce déposée)': { object: depositedPiece },
  'GET /v1/documents/:id/contenu (émis, pas encore remis)': { object: issuedDocument },
  'GET /v1/documents/:id/contenu (décision remise)': { object: decisionHandedOver },
  'GET /v1/documents/:id/public (publié)': { object: async () => (await conseil()).documentId },
  'GET /v1/documents/:id/public (émis, pas encore remis)': { object: issuedDocument },
  'DELETE /v1/documents/:id (pièce libre)': { object: freePiece },
  'DELETE /v1/documents/:id (pièce déposée)': { object: depositedPiece },
  'DELETE /v1/documents/:id (émis, pas encore remis)': { object: issuedDocument },
  'DELETE /v1/documents/:id (décision remise)': { object: decisionHandedOver },
  'GET /v1/signalements/categories': {},
  'GET /v1/signalements/doublons': { query: 'categorie=tags&latitude=48.818&longitude=2.296' },
  'GET /v1/signalements/carte': {},
  'GET /v1/signalements/miens': {},
  'GET /v1/signalements': {},
  'POST /v1/signalements (avec compte)': { body: report() },
  'POST /v1/signalements (sans compte)': {
    body: {
      categorie: 'panneau',
      ...somewhere(),
      siDoublon: 'creer',
      contact: { courriel: 'matrice@example.org' },
    },
  },
  'POST /v1/confirmations (lien reçu)': {
    object: waiting,
    body: async (id: string) => ({ jeton: await linkOf(id) }),
  },
  'POST /v1/confirmations (lien inventé)': {
    body: { jeton: jetonDe(randomBytes(32), randomUUID()) },
  },
  'GET /v1/signalements/:id (à confirmer)': { object: waiting },
  ...signalementRows({
    'GET /v1/signalements/:id (nouveau)': { object: () => idOf(reported(amina)) },
    'POST /v1/signalements/:id/suivre (nouveau)': { object: () => idOf(reported(amina)) },
    'DELETE /v1/signalements/:id/suivre (nouveau)': { object: () => idOf(reported(amina)) },
    'POST /v1/signalements/:id/photos (nouveau)': {
      object: () => idOf(reported(amina)),
      body: async () => ({ photos: [await photo()] }),
    },
    'POST /v1/signalements/:id/photos (résolu)': {
      object: () => idOf(resolved(amina, fatou)),
      body: async () => ({ photos: [await photo()] }),
    },
    'POST /v1/signalements/:id/question (nouveau)': { object: () => idOf(reported(amina)), body: text },
    'POST /v1/signalements/:id/question (question posée)': {
      object: () => idOf(questioned(amina, fatou)),
      body: text,
    },
    'POST /v1/signalements/:id/reponse (nouveau)': { object: () => idOf(reported(amina)), body: text },
    'POST /v1/signalements/:id/reponse (question posée)': {
      object: () => idOf(questioned(amina, fatou)),
      body: text,
    },
    'POST /v1/signalements/:id/reouverture (nouveau)': { object: () => idOf(reported(amina)), body: text },
    'POST /v1/signalements/:id/reouverture (résolu)': {
      object: () => idOf(resolved(amina, fatou)),
      body: text,
    },
    'POST /v1/signalements/:id/etapes (nouveau)': {
      object: () => idOf(reported(amina)),
      body: { etape: 'pris_en_charge' },
    },
    'POST /v1/signalements/:id/etapes (résolu)': {
      object: () => idOf(resolved(amina, fatou)),
      body: { etape: 'en_cours' },
    },
    'POST /v1/signalements/:id/publication (nouveau)': {
      object: () => idOf(reported(amina)),
      body: { description: null, photos: [] },
    },
  }),
  'POST /v1/signalements/:id/etapes (à confirmer)': {
    object: waiting,
    body: { etape: 'pris_en_charge' },
    agent: fatou,
  },
  'GET /v1/agents/signalements': {},
  'GET /v1/documents/:id (photo d’un signalement)': { object: reportPhoto, agent: fatou },
  'GET /v1/photos/:id (pas publique)': { object: reportPhoto },
  'GET /v1/photos/:id (publique)': { object: publishedPhoto },
  'GET /open311/v2/discovery.:format': {},
  'GET /open311/v2/services.:format': {},
  'GET /open311/v2/services/:id.:format': { object: async () => 'tags' },
  'POST /open311/v2/requests.:format (avec clé)': { body: async () => request((await openKey()).cle) },
  'POST /open311/v2/requests.:format (clé retirée)': { body: async () => request(await revokedKey()) },
  'GET /open311/v2/requests.:format': {},
  'GET /open311/v2/requests/:id.:format (nouveau)': { object: () => idOf(reported(amina)) },
  'GET /open311/v2/requests/:id.:format (à confirmer)': { object: waiting },
  'GET /open311/v2/tokens/:id.:format (nouveau)': { object: () => idOf(reported(amina)) },
  'GET /open311/v2/tokens/:id.:format (à confirmer)': { object: waiting },
  'GET /v1/admin/open311/cles': {},
  'POST /v1/admin/open311/cles': { body: { client: 'systeme-matrice' } },
  'DELETE /v1/admin/open311/cles/:id (en service)': { object: () => idOf(openKey()) },
  'DELETE /v1/admin/open311/cles/:id (inconnue)': { object: async () => randomUUID() },
  'GET /v1/agenda/motifs': {},
  'POST /v1/agenda/motifs': { body: { ...motif, secteur: 'etat-civil' } },
  'GET /v1/agenda/motifs/:id (pour tous)': { object: async () => (await office()).motif },
  'GET /v1/agenda/motifs/:id (pour les agents)': { object: async () => (await officeOfAgents()).motif },
  'PATCH /v1/agenda/motifs/:id (pour tous)': {
    object: async () => (await office()).motif,
    body: { titre: 'Autre' },
  },
  'PATCH /v1/agenda/motifs/:id (pour les agents)': {
    object: async () => (await officeOfAgents()).motif,
    body: { titre: 'Autre' },
  },
  'POST /v1/agenda/motifs/:id/invitations (pour tous)': {
    object: async () => (await office()).motif,
    body: async () => ({ dossierId: (await deposited(amina)).id }),
  },
  'GET /v1/agenda/lieux': {},
  'POST /v1/agenda/lieux': { body: { secteur: 'etat-civil', libelle: 'Mairie annexe' } },
  'GET /v1/agenda/lieux/:id': { object: async () => (await office()).lieu },
  'PATCH /v1/agenda/lieux/:id': { object: async () => (await office()).lieu, body: { libelle: 'Autre' } },
  'GET /v1/agenda/plages': {},
  'POST /v1/agenda/plages': { body: async () => plage(await office()) },
  'GET /v1/agenda/plages/:id': { object: async () => (await office()).plage },
  'DELETE /v1/agenda/plages/:id': { object: async () => (await openOffice(claire)).plage },
  'GET /v1/agenda/absences': {},
  'POST /v1/agenda/absences': { body: absence },
  'GET /v1/agenda/absences/:id': { object: anAbsence },
  'DELETE /v1/agenda/absences/:id': { object: anAbsence },
  'GET /v1/agenda/creneaux': { query: async () => `${of(await office())}&du=${dayIn(1)}&au=${dayIn(2)}` },
  'POST /v1/agenda/reservations': { body: aSlot },
  'GET /v1/agenda/reservations/:id': { object: async () => idOf(held(amina, await office())) },
  'DELETE /v1/agenda/reservations/:id (retenue)': { object: async () => idOf(held(amina, await office())) },
  'GET /v1/agenda/rendez-vous': {},
  'POST /v1/agenda/rendez-vous': { body: aSlot },
  'GET /v1/agenda/rendez-vous/:id': { object: rendezVous },
  'GET /v1/agenda/rendez-vous/:id/ics': { object: rendezVous },
  'POST /v1/agenda/rendez-vous/:id/annulation (pris)': { object: rendezVous },
  'POST /v1/agenda/rendez-vous/:id/annulation (annulé)': { object: cancelled },
  'POST /v1/agenda/rendez-vous/:id/deplacement (pris)': {
    object: rendezVous,
    body: aLaterSlot,
  },
  'POST /v1/agenda/rendez-vous/:id/constat (à venir)': { object: rendezVous, body: { statut: 'vu' } },
  'POST /v1/agenda/rendez-vous/:id/constat (du jour)': { object: rendezVousOfToday, body: { statut: 'vu' } },
  'POST /v1/agenda/rendez-vous/:id/liste-attente (pris)': { object: rendezVous },
  'DELETE /v1/agenda/rendez-vous/:id/liste-attente (en attente)': { object: onWaitingList },
  'POST /v1/agenda/calendriers': { body: { secteur: 'etat-civil' } },
  'GET /v1/agenda/calendriers/:id': { object: calendar },
  'DELETE /v1/agenda/calendriers/:id': { object: calendar },
  'GET /v1/agents/rendez-vous': {},
  'GET /v1/agenda/evenements': {},
  'GET /v1/agenda/evenements.ics': {},
  'GET /v1/agenda/evenements.jsonld': {},
  'POST /v1/agenda/evenements': { body: evenement },
  'GET /v1/agenda/evenements/:id': { object: anEvent },
  'GET /v1/agenda/evenements/:id/ics': { object: anEvent },
  'PATCH /v1/agenda/evenements/:id': { object: anEvent, body: { annule: true } },
  'GET /v1/agenda/conseils': {},
  'POST /v1/agenda/conseils': { body: seance },
  'GET /v1/agenda/conseils/:id': { object: async () => (await conseil()).seance },
  'PATCH /v1/agenda/conseils/:id': { object: async () => (await conseil()).seance, body: { titre: 'Autre' } },
  'DELETE /v1/agenda/conseils/:id': { object: async () => (await conseil()).seance },
  'POST /v1/agenda/conseils/:id/papiers': {
    object: async () => (await conseil()).seance,
    body: { documentId: randomUUID(), type: 'autre', titre: 'Un papier' },
  },
  'DELETE /v1/agenda/papiers/:id': { object: async () => (await conseil()).papier },
  'GET /oparl/v1': {},
  'GET /oparl/v1/body': {},
  'GET /oparl/v1/body/:id': { object: async () => 'malakoff' },
  'GET /oparl/v1/body/:id/organization': { object: async () => 'malakoff' },
  'GET /oparl/v1/body/:id/person': { object: async () => 'malakoff' },
  'GET /oparl/v1/body/:id/legislativeterm': { object: async () => 'malakoff' },
  'GET /oparl/v1/body/:id/meeting': { object: async () => 'malakoff' },
  'GET /oparl/v1/body/:id/agendaitem': { object: async () => 'malakoff' },
  'GET /oparl/v1/body/:id/paper': { object: async () => 'malakoff' },
  'GET /oparl/v1/body/:id/file': { object: async () => 'malakoff' },
  'GET /oparl/v1/organization/:id': { object: async () => 'conseil-municipal' },
  'GET /oparl/v1/meeting/:id': { object: async () => (await conseil()).seance },
  'GET /oparl/v1/agendaitem/:id': { object: async () => (await conseil()).point },
  'GET /oparl/v1/paper/:id': { object: async () => (await conseil()).papier },
  'GET /oparl/v1/file/:id': { object: async () => (await conseil()).papier },
  'GET /v1/evenements': {},
  'GET /v1/admin/lettres-mortes': {},
  'POST /v1/admin/lettres-mortes/:id/relance (arrêtée)': { object: stoppedLane },
  'POST /v1/admin/lettres-mortes/:id/relance (inconnue)': { object: async () => randomUUID() },
  'GET /v1/admin/traces': {},
  'GET /v1/admin/traces/:id (gardée)': { object: keptTrace },
  'GET /v1/admin/traces/:id (inconnue)': { object: async () => unknownId('/traces/') },
}

let sitting: Promise<Sitting> | undefined
function conseil(): Promise<Sitting> {
  sitting ??= publishedSitting(stranger(['usager', 'agent:vie-municipale']))
  return sitting
}

async function anEvent(): Promise<string> {
  return await idOf(receptionist.ok(PublierEvenement, evenement))
}

/** A counter of the civil registry that is not Claire's own: she is an agent of its sector. */
const receptionist = stranger(['usager', 'agent:etat-civil'])
let opened: Promise<Office> | undefined
function office(): Promise<Office> {
  opened ??= openOffice(receptionist)
  return opened
}
let openedToAgents: Promise<Office> | undefined
function officeOfAgents(): Promise<Office> {
  openedToAgents ??= openOffice(receptionist, { reservablePar: 'agents' })
  return openedToAgents
}

function of({ motif: id, lieu }: Office): string {
  return `motif=${id}&lieu=${lieu}`
}

async function aSlot() {
  const { motif: id, lieu } = await office()
  return { motif: id, lieu, debut: await freeSlot(amina, await office()) }
}
async function aLaterSlot() {
  return { debut: await freeSlot(amina, await office(), 8) }
}

function plage({ motif: id, lieu }: Office) {
  return { secteur: 'etat-civil', lieu, motifs: [id], premierJour: dayIn(1), debut: '09:00', fin: '10:00' }
}

async function rendezVous(): Promise<string> {
  return await idOf(booked(amina, await office()))
}

async function anAbsence(): Promise<string> {
  return await idOf(receptionist.ok(DeclarerAbsence, absence))
}

async function cancelled(): Promise<string> {
  const id = await rendezVous()
  await amina.ok(AnnulerRendezVous, { id })
  return id
}

async function onWaitingList(): Promise<string> {
  const id = await rendezVous()
  await amina.ok(AttendrePlusTot, { id })
  return id
}

async function rendezVousOfToday(): Promise<string> {
  const id = await idOf(booked(amina, await openOffice(stranger(['usager', 'agent:etat-civil']))))
  await hubDatabase()`update agenda.rendez_vous set debut = date_trunc('minute', now()) - interval '1 minute', fin = date_trunc('minute', now()) where id = ${id}`
  return id
}

async function calendar(): Promise<string> {
  return await idOf(claire.ok(OuvrirCalendrier, { secteur: 'etat-civil' }))
}

/** The trace of a request, once it is written. */
async function keptTrace(): Promise<string> {
  const response = await fetch(`${hubUrl}/v1/demarches`)
  const traceId = response.headers.get('x-trace-id') ?? ''
  await eventually(async () =>
    expect(
      await hubDatabase()`select from hub.trace_part where trace_id = ${traceId} and method is not null`,
    ).toHaveLength(1),
  )
  return traceId
}

/** A report is public, and Fatou's to handle. */
function signalementRows(rows: Record<string, Row>): Record<string, Row> {
  return Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, { ...row, agent: fatou, known: true }]),
  )
}

function request(api_key: string | null): object {
  const { latitude: lat, longitude: long } = somewhere()
  return { api_key, service_code: 'trottoir-abime', lat, long }
}

async function openKey(): Promise<CleOpen311> {
  return await callers['admin']!.ok(EmettreCleOpen311, { client: 'systeme-matrice' })
}

async function revokedKey(): Promise<string | null> {
  const { id, cle } = await openKey()
  await callers['admin']!.ok(RevoquerCleOpen311, { id })
  return cle
}

async function waiting(): Promise<string> {
  return (await unconfirmed(anonyme, `${randomUUID()}@example.org`)).id
}

async function linkOf(id: string): Promise<string> {
  const [row] = await hubDatabase()<{ cle: Buffer }[]>`select cle from signalements.secret`
  return jetonDe(row!.cle, id)
}

async function photo(): Promise<string> {
  return (await amina.uploaded('espace-public', jpeg(), 'photo.jpg')).id
}

async function reportPhoto(): Promise<string> {
  const id = await photo()
  await amina.ok(CreerSignalement, report({ photos: [id] }))
  await eventually(async () => expect((await amina.ok(LireDocument, { id })).statut).toBe('depose'))
  return id
}

async function publishedPhoto(): Promise<string> {
  const id = await reportPhoto()
  const { signalementId } = await amina.ok(LireDocument, { id })
  await fatou.ok(PublierSignalement, { id: signalementId!, description: null, photos: [id] })
  await eventually(async () => expect((await amina.ok(LireDocument, { id })).public).toBe(true))
  return id
}

async function freePiece(): Promise<string> {
  return (await amina.uploaded('etat-civil', pdf())).id
}

async function depositedPiece(): Promise<string> {
  const documentId = await freePiece()
  await deposited(amina, { pieces: [{ piece: 'justificatif-identite', documentId }] })
  await eventually(async () =>
    expect((await amina.ok(LireDocument, { id: documentId })).statut).toBe('depose'),
  )
  return documentId
}

async function issuedDocument(): Promise<string> {
  return (await claire.uploaded('etat-civil', pdf(), 'decision.pdf', 'agent')).id
}

async function decisionHandedOver(): Promise<string> {
  const documentId = await issuedDocument()
  const { id } = await inInstruction(amina, claire)
  await claire.ok(DeciderDossier, { id, sens: 'accepte', documentId })
  await eventually(async () =>
    expect((await amina.ok(LireDocument, { id: documentId })).statut).toBe('decision'),
  )
  return documentId
}

/** Of a consumer that does not run, so that nothing but the relance changes it. */
async function stoppedLane(): Promise<string> {
  const [lane] = await hubDatabase()<{ id: string }[]>`
    insert into hub.lane (consumer, subject, attempts, failing_since, error, stopped)
    values ('essai.matrice', ${`dossier/${randomUUID()}`}, 10, now(), 'Error', true) returning id`
  return lane!.id
}

const observed = new Map<string, ReadonlyMap<string, number>>()

async function ask(api: Api, row: string, { body, file, query }: Row, id: string): Promise<Reply> {
  const [method = '', path = ''] = routeOfRow(row).split(' ')
  const address = path.replace(':id', id).replace(':format', 'json')
  if (path.endsWith('/flux')) return await api.open(address)
  if (file) return await api.upload(file, pdf())
  const sent: unknown = typeof body === 'function' ? await (body as (id: string) => unknown)(id) : body
  const asked = typeof query === 'function' ? await query() : query
  return await api.send(method, asked ? `${address}?${asked}` : address, { body: sent })
}

describe('each caller gets what the table says', () => {
  test.each([...expected.keys()])('%s', async (name) => {
    const row = rows[name]!
    const shared = (await row.object?.()) ?? ''
    const cells = await Promise.all(
      Object.entries(callers).map(async ([caller, usual]) => {
        const api = caller === 'agent' ? (row.agent ?? usual) : usual
        // Who should succeed may change the object: they get one of their own.
        const succeeds = (expected.get(name)!.get(caller) ?? 0) < 300
        const id = succeeds && !name.startsWith('GET') && row.object ? await row.object() : shared
        const reply = await ask(api, name, row, id)
        if (mustNotTell(reply.status, caller) && row.object && !row.known)
          expect(withoutTrace(reply)).toEqual(withoutTrace(await ask(api, name, row, unknownId(name))))
        return [caller, reply.status] as const
      }),
    )
    observed.set(name, new Map(cells))
    expect(divergences(new Map([[name, expected.get(name)!]]), observed)).toEqual([])
  })
})

/** The id of nothing, in the form that the route knows. */
function unknownId(row: string): string {
  return row.includes('/traces/') ? randomBytes(16).toString('hex') : randomUUID()
}

/** A refusal must be the same whether the thing exists or not; an agent may know of what their sector holds. */
function mustNotTell(status: number, caller: string): boolean {
  return status === 401 || status === 404 || (status === 403 && caller !== 'agent')
}

function withoutTrace({ status, headers, body }: Reply) {
  const { traceId: _, ...problem } = { ...(body as Record<string, unknown>) }
  const kept = [...headers].filter(([name]) => name !== 'x-trace-id' && name !== 'date')
  return { status, headers: Object.fromEntries(kept), problem }
}

describe('the table is complete', () => {
  const served = routes.map(({ method, path }) => `${method} ${path}`)

  test('every route of the gateway has a row, every row a route, and every row is asked', () => {
    expect(incompleteness(expected.keys(), served)).toEqual([])
    expect(Object.keys(rows).toSorted()).toEqual([...expected.keys()].toSorted())
    expect([...expected.values()].map((cells) => [...cells.keys()])).toEqual(
      [...expected].map(() => Object.keys(callers)),
    )
  })

  test('the API reference shows these routes and no other', async () => {
    const { paths } = (await anonyme.send<{ paths: Record<string, object> }>('GET', '/v1/openapi.json')).body
    const shown = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(incompleteness(expected.keys(), shown)).toEqual([])
  })

  test('beside these routes the gateway serves only pages that anyone may read', async () => {
    const folder = join(import.meta.dirname, '../../gateway')
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
    const found = texts.flatMap((text) => addresses(text)).toSorted()
    expect(found).toEqual([...openAddresses, 'the route table', 'what addAsset is given'].toSorted())
    for (const path of openAddresses) {
      const response = await fetch(`${hubUrl}${path}`)
      await response.bytes()
      expect(`${path} ${response.status}`).toBe(`${path} 200`)
    }
  })

  test('no other method answers at any of these addresses', async () => {
    const admin = callers['admin']!
    for (const path of new Set(routes.map((route) => route.path)))
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
        if (!served.includes(`${method} ${path}`)) {
          const { status } = await admin.send(method, path.replace(':id', randomUUID()))
          expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 405`)
        }
  })
})

/** Public on purpose, by hand: no account, no citizen, nothing to protect. */
const openAddresses = [
  '/',
  '/docs',
  '/docs/',
  '/docs/reference.css',
  '/docs/reference.js',
  '/docs/sign-in.js',
  '/favicon.ico',
  '/favicon.svg',
  '/health/live',
  '/health/ready',
  '/robots.txt',
  '/signalements/confirmation',
  '/signalements/confirmation.js',
  '/v1/asyncapi.json',
  '/v1/openapi.json',
]

/** The addresses that this source text gives to Fastify, in whatever way. */
function addresses(text: string): string[] {
  const registrations =
    /\bapp\s*\.\s*(?:get|post|put|patch|delete|head|options|all|route)\s*\(\s*([^,\n]*)|\baddAsset\(app,\s*([^,]*)/g
  return [...text.matchAll(registrations)].map(([, direct, asset]) => {
    const given = (direct ?? asset)!.trim()
    if (given === '{') return 'the route table'
    if (given === 'url') return 'what addAsset is given'
    return /^'(.*)'$/.exec(given)?.[1] ?? given
  })
}

describe('the table bites', () => {
  test('an address that a source file adds by itself is found', () => {
    expect(addresses(`app.get('/v1/secrets', x)`)).toEqual(['/v1/secrets'])
    expect(addresses('app .post( `/v1/${name}`, x)')).toEqual(['`/v1/${name}`'])
    expect(addresses(`addAsset(app, '/dump.sql', x)`)).toEqual(['/dump.sql'])
  })

  test('whichever expectation is changed, that one cell is reported', () => {
    for (const [row, cells] of expected)
      for (const [caller, status] of cells) {
        const changed = flipped(expected, row, caller)
        expect(divergences(changed, observed)).toEqual([
          `${row}, ${caller}: expected ${changed.get(row)!.get(caller)}, got ${status}`,
        ])
      }
  })

  test('a caller who was not asked is reported', () => {
    const silent: Matrix = new Map([...observed].map(([row, cells]) => [row, new Map([...cells].slice(1))]))
    expect(divergences(expected, silent)).toHaveLength(expected.size)
  })

  test('a route without row and a row without route are reported', () => {
    const names = [...expected.keys()]
    expect(incompleteness(names, ['GET /v1/secrets', ...names.map(routeOfRow)])).toEqual([
      'no expectation for GET /v1/secrets',
    ])
    expect(incompleteness(['DELETE /v1/moi (vide)', ...names], names.map(routeOfRow))).toEqual([
      'no route DELETE /v1/moi',
    ])
  })

  test('a table with a cell too few, too many or unreadable is refused', () => {
    for (const line of [
      'GET /a | 200',
      'GET /a | 200 | 200 | 200',
      'GET /a | 200 | 20',
      'GET /a | 200 | 200\nGET /a | 200 | 200',
    ])
      expect(() => parseMatrix(`x | one | two\n${line}`)).toThrow('GET /a')
  })
})
