import { randomUUID } from 'node:crypto'
import { CreerLieu, CreerMotif, DeclarerAbsence, OuvrirPlage } from '../../contracts/agenda.ts'
import {
  AttendrePlusTot,
  OuvrirCalendrier,
  PrendreRendezVous,
  ReserverCreneau,
} from '../../contracts/rendez-vous.ts'
import { AnnoncerConseil, PublierEvenement } from '../../contracts/conseils.ts'
import type { Access } from '../../contracts/define.ts'
import { LireDocument } from '../../contracts/documents.ts'
import { type CleOpen311, EmettreCleOpen311 } from '../../contracts/open311.ts'
import { CreerSignalement, PublierSignalement } from '../../contracts/signalements.ts'
import { jetonDe } from '../../services/signalements/jeton.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { jpeg, pdf } from '../documents/fixtures.ts'
import { dayIn, freeSlot, type Office, openOffice } from '../support/agenda.ts'
import type { Api } from '../support/api.ts'
import { evenement, publishedSitting, seance } from '../support/conseils.ts'
import { decided, deposited, draft, inInstruction } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { anonyme, stranger, system } from '../support/people.ts'
import { questioned, report, reported, resolved, somewhere, unconfirmed } from '../support/signalements.ts'
import type { Sample } from './cases.ts'

/** Where a route can be attacked beyond its access check: a caller who may, an object in the right state. */
export interface Ground {
  /** A new one for each request where one person may not do it often. */
  readonly caller: () => Api
  /** Makes the object that the address names; again whenever a request was taken. */
  readonly object?: () => Promise<string>
  readonly sample?: Omit<Sample, 'id'>
}

const anyReport = () => idOf(reported(usager))

const usager = stranger()
const agent = stranger(['usager', 'agent:etat-civil'])
const fatou = stranger(['usager', 'agent:espace-public'])
const administrateur = stranger(['administrateur'])
const systeme = system()
const as = (api: Api) => () => api
const idOf = async (object: Promise<{ id: string }>) => (await object).id

const texte = { texte: 'Un mot.' }
const contents = { formulaire: formulairesValides['acte-de-naissance'], pieces: [] }

const freePiece = () => idOf(usager.uploaded('etat-civil', pdf()))
const issued = () => idOf(agent.uploaded('etat-civil', pdf(), 'decision.pdf', 'agent'))

function upload(query: string): Omit<Sample, 'id'> {
  const head = '--limite\r\nContent-Disposition: form-data; name="fichier"; filename="piece.pdf"\r\n\r\n'
  const bytes = Buffer.concat([Buffer.from(head), pdf(), Buffer.from('\r\n--limite--\r\n')])
  return { query, content: { type: 'multipart/form-data; boundary=limite', bytes } }
}

/** Of a consumer that does not run, so that nothing but the relance changes it. */
async function stoppedLane(): Promise<string> {
  const [lane] = await hubDatabase()<{ id: string }[]>`
    insert into hub.lane (consumer, subject, attempts, failing_since, error, stopped)
    values ('essai.hostile', ${`dossier/${randomUUID()}`}, 10, now(), 'Error', true) returning id`
  return lane!.id
}

/** Where rendez-vous are taken, by as many as want to. */
const office: Office = await openOffice(agent, { capacite: 500 })
const { motif: motifId, lieu: lieuId } = office
const creneau = { motif: motifId, lieu: lieuId, debut: await freeSlot(agent, office) }
const ailleurs = { debut: await freeSlot(agent, office) }
/** An agent of the sector is a person, too, and may have any number. */
const rendezVous = () => idOf(agent.ok(PrendreRendezVous, creneau))
const ofAnother = () => idOf(stranger().ok(PrendreRendezVous, creneau))

const champsMotif = {
  titre: 'Retrait d’un acte',
  instructions: 'Venez avec une pièce d’identité.',
  mode: 'guichet',
  duree: 30,
  reservablePar: 'tous',
  delaiMin: 30,
  delaiMax: 90,
  capacite: 2,
}
const details = {
  telephone: '01 46 55 00 00',
  adresse: '1 rue Béranger',
  precisions: 'Troisième étage.',
}
const champsLieu = { libelle: 'Mairie annexe', situation: '1 rue Béranger, Malakoff' }
const aMotif = () =>
  idOf(agent.ok(CreerMotif, { secteur: 'etat-civil', titre: 'Motif', mode: 'guichet', duree: 30 }))
const aLieu = () => idOf(agent.ok(CreerLieu, { secteur: 'etat-civil', libelle: 'Lieu' }))
const anAbsence = () => idOf(receveur.ok(DeclarerAbsence, absence))
const { id: dossierId } = await deposited(usager)
/** Agents whose calendars open and close by themselves. */
const receveur = stranger(['usager', 'agent:etat-civil'])
const partant = stranger(['usager', 'agent:etat-civil'])
const calendar = (of: Api) => idOf(of.ok(OuvrirCalendrier, { secteur: 'etat-civil' }))

async function waiting(): Promise<string> {
  const id = await rendezVous()
  await agent.ok(AttendrePlusTot, { id })
  return id
}

/** One that took place this minute, of an agent who had nothing else. */
async function ofToday(): Promise<string> {
  const id = await ofAnother()
  await hubDatabase()`update agenda.rendez_vous set debut = date_trunc('minute', now()) - interval '1 minute', fin = date_trunc('minute', now()),
    agent_id = gen_random_uuid() where id = ${id}`
  return id
}

const greffe = stranger(['usager', 'agent:vie-municipale'])
const sitting = await publishedSitting(greffe)
const points = [{ numero: '1', titre: 'Budget', resultat: 'Adopté' }]
const annonceSansSecteur = {
  titre: evenement.titre,
  lieu: evenement.lieu,
  debut: evenement.debut,
  fin: evenement.fin,
  description: 'Pour tous.',
  situation: '1 rue Béranger',
  gratuit: true,
}
const annonce = { ...annonceSansSecteur, secteur: 'etat-civil' }
const anEvent = () => idOf(agent.ok(PublierEvenement, evenement))
const filtre = ['created_since', 'modified_since']
  .map((name) => `${name}=2020-01-01T00:00:00Z`)
  .concat(['created_until', 'modified_until'].map((name) => `${name}=2090-01-01T00:00:00Z`))
  .join('&')

/** The document that the next paper is to be: each is published once, so whoever makes a session brings a new one. */
const paper = { id: '' }
async function aSitting(): Promise<string> {
  paper.id = (await greffe.uploaded('vie-municipale', pdf(), 'rapport.pdf', 'agent')).id
  return await idOf(greffe.ok(AnnoncerConseil, seance))
}

const absence = { secteur: 'etat-civil', du: '2020-01-01T00:00:00Z', au: '2020-01-02T00:00:00Z' } as const
const plage = {
  secteur: 'etat-civil' as const,
  lieu: lieuId,
  motifs: [motifId],
  premierJour: dayIn(1),
  debut: '09:00',
  fin: '09:05',
}

/** For each row of the route table, one ground for each rule of its access. */
export const grounds: Readonly<Record<string, Partial<Record<Access, Ground>>>> = {
  'GET /v1/moi': { compte: { caller: as(usager) } },
  'PATCH /v1/moi': {
    compte: {
      caller: as(usager),
      sample: {
        body: {
          prenom: 'Camille',
          nom: 'Morel',
          courriel: 'camille@exemple.fr',
          telephone: '0123456789',
          langue: 'fr',
        },
      },
    },
  },
  'GET /v1/moi/suivi': { compte: { caller: as(usager) } },
  'GET /v1/moi/suivi/flux': { compte: { caller: () => stranger() } },
  'GET /v1/demarches': { public: { caller: as(anonyme) } },
  'GET /v1/demarches/:id': { public: { caller: as(anonyme), object: async () => 'acte-de-naissance' } },
  'GET /v1/dossiers': { compte: { caller: as(usager) } },
  'POST /v1/dossiers': {
    compte: { caller: as(usager), sample: { body: { demarche: 'acte-de-naissance', ...contents } } },
  },
  'GET /v1/dossiers/:id': {
    proprietaire: { caller: as(usager), object: () => idOf(draft(usager)) },
    agent: { caller: as(agent), object: () => idOf(deposited(usager)) },
  },
  'PATCH /v1/dossiers/:id': {
    proprietaire: { caller: as(usager), object: () => idOf(draft(usager)), sample: { body: contents } },
  },
  'POST /v1/dossiers/:id/depot': {
    proprietaire: { caller: as(usager), object: () => idOf(draft(usager)) },
  },
  'POST /v1/dossiers/:id/instruction': {
    agent: { caller: as(agent), object: () => idOf(deposited(usager)) },
  },
  'POST /v1/dossiers/:id/corrections': {
    agent: {
      caller: as(agent),
      object: () => idOf(inInstruction(usager, agent)),
      sample: { body: { motif: 'perime', ...texte } },
    },
  },
  'POST /v1/dossiers/:id/messages': {
    proprietaire: { caller: as(usager), object: () => idOf(deposited(usager)), sample: { body: texte } },
    agent: { caller: as(agent), object: () => idOf(deposited(usager)), sample: { body: texte } },
  },
  'POST /v1/dossiers/:id/decision': {
    agent: {
      caller: as(agent),
      object: () => idOf(inInstruction(usager, agent)),
      sample: { body: { sens: 'refuse', motivation: 'Hors délai.' } },
    },
  },
  'POST /v1/dossiers/:id/reouverture': {
    agent: { caller: as(agent), object: () => idOf(decided(usager, agent)), sample: { body: texte } },
  },
  'GET /v1/agents/dossiers': { agent: { caller: as(agent) } },
  'POST /v1/documents': { compte: { caller: as(usager), sample: upload('secteur=etat-civil') } },
  'GET /v1/documents/:id': {
    proprietaire: { caller: as(usager), object: freePiece },
    agent: { caller: as(agent), object: issued },
  },
  'GET /v1/documents/:id/contenu': {
    proprietaire: { caller: as(usager), object: freePiece },
    agent: { caller: as(agent), object: issued },
  },
  'DELETE /v1/documents/:id': {
    proprietaire: { caller: as(usager), object: freePiece },
    agent: { caller: as(agent), object: issued },
  },
  'GET /v1/agenda/motifs': { public: { caller: as(anonyme), sample: { query: 'secteur=etat-civil' } } },
  'POST /v1/agenda/motifs': {
    agent: { caller: as(agent), sample: { body: { secteur: 'etat-civil', ...champsMotif } } },
  },
  'GET /v1/agenda/motifs/:id': { public: { caller: as(anonyme), object: async () => motifId } },
  'PATCH /v1/agenda/motifs/:id': {
    agent: { caller: as(agent), object: aMotif, sample: { body: { ...champsMotif, actif: true } } },
  },
  'POST /v1/agenda/motifs/:id/invitations': {
    agent: { caller: as(agent), object: async () => motifId, sample: { body: { dossierId } } },
  },
  'GET /v1/agenda/lieux': { public: { caller: as(anonyme), sample: { query: 'secteur=etat-civil' } } },
  'POST /v1/agenda/lieux': {
    agent: { caller: as(agent), sample: { body: { secteur: 'etat-civil', ...champsLieu } } },
  },
  'GET /v1/agenda/lieux/:id': { public: { caller: as(anonyme), object: async () => lieuId } },
  'PATCH /v1/agenda/lieux/:id': {
    agent: { caller: as(agent), object: aLieu, sample: { body: { ...champsLieu, actif: true } } },
  },
  'GET /v1/agenda/plages': { agent: { caller: as(agent) } },
  'POST /v1/agenda/plages': {
    agent: { caller: as(agent), sample: { body: { ...plage, recurrence: 'FREQ=WEEKLY;BYDAY=MO,-1FR' } } },
  },
  'GET /v1/agenda/plages/:id': { agent: { caller: as(agent), object: async () => office.plage } },
  'DELETE /v1/agenda/plages/:id': {
    agent: { caller: as(agent), object: () => idOf(agent.ok(OuvrirPlage, plage)) },
  },
  'GET /v1/agenda/absences': { agent: { caller: as(agent) } },
  'POST /v1/agenda/absences': { agent: { caller: as(receveur), sample: { body: absence } } },
  'GET /v1/agenda/absences/:id': { agent: { caller: as(agent), object: anAbsence } },
  'DELETE /v1/agenda/absences/:id': { agent: { caller: as(agent), object: anAbsence } },
  'GET /v1/agenda/creneaux': {
    public: {
      caller: as(anonyme),
      sample: { query: `motif=${motifId}&lieu=${lieuId}&du=${dayIn(1)}&au=${dayIn(20)}` },
    },
  },
  'POST /v1/agenda/reservations': { compte: { caller: () => stranger(), sample: { body: creneau } } },
  'GET /v1/agenda/reservations/:id': {
    proprietaire: { caller: as(agent), object: rendezVous },
    agent: { caller: as(agent), object: ofAnother },
  },
  'DELETE /v1/agenda/reservations/:id': {
    proprietaire: { caller: as(agent), object: () => idOf(agent.ok(ReserverCreneau, creneau)) },
    agent: { caller: as(agent), object: () => idOf(stranger().ok(ReserverCreneau, creneau)) },
  },
  'GET /v1/agenda/rendez-vous': { compte: { caller: as(usager), sample: { query: 'statut=inconnu' } } },
  'POST /v1/agenda/rendez-vous': {
    compte: { caller: () => stranger(), sample: { body: { ...creneau, ...details } } },
  },
  'GET /v1/agenda/rendez-vous/:id': {
    proprietaire: { caller: as(agent), object: rendezVous },
    agent: { caller: as(agent), object: ofAnother },
  },
  'GET /v1/agenda/rendez-vous/:id/ics': {
    proprietaire: { caller: as(agent), object: rendezVous },
    agent: { caller: as(agent), object: ofAnother },
  },
  'POST /v1/agenda/rendez-vous/:id/annulation': {
    proprietaire: { caller: as(agent), object: rendezVous },
    agent: { caller: as(agent), object: ofAnother },
  },
  'POST /v1/agenda/rendez-vous/:id/deplacement': {
    proprietaire: { caller: as(agent), object: rendezVous, sample: { body: ailleurs } },
    agent: { caller: as(agent), object: ofAnother, sample: { body: { ...ailleurs, lieu: lieuId } } },
  },
  'POST /v1/agenda/rendez-vous/:id/constat': {
    agent: { caller: as(agent), object: ofToday, sample: { body: { statut: 'vu' } } },
  },
  'POST /v1/agenda/rendez-vous/:id/liste-attente': {
    proprietaire: { caller: as(agent), object: rendezVous },
  },
  'DELETE /v1/agenda/rendez-vous/:id/liste-attente': {
    proprietaire: { caller: as(agent), object: waiting },
  },
  'POST /v1/agenda/calendriers': {
    agent: { caller: as(agent), sample: { body: { secteur: 'etat-civil' } } },
  },
  'GET /v1/agenda/calendriers/:id': { public: { caller: as(anonyme), object: () => calendar(receveur) } },
  'DELETE /v1/agenda/calendriers/:id': {
    agent: { caller: as(partant), object: () => calendar(partant) },
  },
  'GET /v1/agents/rendez-vous': {
    agent: { caller: as(agent), sample: { query: `du=${dayIn(0)}&au=${dayIn(9)}&statut=inconnu` } },
  },
  'GET /v1/agenda/evenements': {
    public: { caller: as(anonyme), sample: { query: `du=${dayIn(0)}&au=${dayIn(900)}` } },
  },
  'GET /v1/agenda/evenements.ics': { public: { caller: as(anonyme) } },
  'GET /v1/agenda/evenements.jsonld': { public: { caller: as(anonyme) } },
  'POST /v1/agenda/evenements': { agent: { caller: as(agent), sample: { body: annonce } } },
  'GET /v1/agenda/evenements/:id': { public: { caller: as(anonyme), object: anEvent } },
  'GET /v1/agenda/evenements/:id/ics': { public: { caller: as(anonyme), object: anEvent } },
  'PATCH /v1/agenda/evenements/:id': {
    agent: { caller: as(agent), object: anEvent, sample: { body: { ...annonceSansSecteur, annule: true } } },
  },
  'GET /v1/agenda/conseils': { public: { caller: as(anonyme) } },
  'POST /v1/agenda/conseils': {
    agent: { caller: as(greffe), sample: { body: { ...seance, fin: null, points } } },
  },
  'GET /v1/agenda/conseils/:id': { public: { caller: as(anonyme), object: aSitting } },
  'PATCH /v1/agenda/conseils/:id': {
    agent: {
      caller: as(greffe),
      object: aSitting,
      sample: { body: { ...seance, fin: null, points, annulee: true } },
    },
  },
  'DELETE /v1/agenda/conseils/:id': { agent: { caller: as(greffe), object: aSitting } },
  'POST /v1/agenda/conseils/:id/papiers': {
    agent: {
      caller: as(greffe),
      object: aSitting,
      sample: {
        get body() {
          return { documentId: paper.id, type: 'rapport', titre: 'Rapport', numero: '1', point: null }
        },
      },
    },
  },
  'DELETE /v1/agenda/papiers/:id': {
    agent: { caller: as(greffe), object: async () => (await publishedSitting(greffe)).papier },
  },
  'GET /v1/signalements/categories': { public: { caller: as(anonyme) } },
  'GET /v1/signalements/doublons': {
    public: { caller: as(anonyme), sample: { query: 'categorie=tags&latitude=48.818&longitude=2.296' } },
  },
  'GET /v1/signalements/carte': { public: { caller: as(anonyme) } },
  'GET /v1/signalements/miens': { compte: { caller: as(usager) } },
  'GET /v1/signalements': { public: { caller: as(anonyme) } },
  'POST /v1/signalements': {
    public: {
      caller: as(anonyme),
      sample: {
        // Few may wait for one address.
        get body() {
          const contact = { courriel: `${randomUUID()}@example.org` }
          return { categorie: 'panneau', ...somewhere(), siDoublon: 'creer', contact }
        },
      },
    },
    compte: {
      caller: as(usager),
      sample: {
        body: { ...report(), categorie: 'rats', reponses: { animal: 'rat' }, description: 'Un mot.' },
      },
    },
  },
  'POST /v1/confirmations': {
    public: { caller: as(anonyme), sample: { body: { jeton: await link() } } },
  },
  'GET /v1/signalements/:id': {
    public: { caller: as(anonyme), object: anyReport },
    compte: { caller: as(usager), object: anyReport },
  },
  'POST /v1/signalements/:id/suivre': { compte: { caller: () => stranger(), object: anyReport } },
  'DELETE /v1/signalements/:id/suivre': { compte: { caller: as(usager), object: anyReport } },
  'POST /v1/signalements/:id/photos': {
    proprietaire: { caller: as(usager), object: anyReport, sample: { body: { photos: [await photo()] } } },
  },
  'POST /v1/signalements/:id/question': {
    agent: { caller: as(fatou), object: anyReport, sample: { body: texte } },
  },
  'POST /v1/signalements/:id/reponse': {
    proprietaire: {
      caller: as(usager),
      object: () => idOf(questioned(usager, fatou)),
      sample: { body: texte },
    },
  },
  'POST /v1/signalements/:id/reouverture': {
    proprietaire: {
      caller: as(usager),
      object: () => idOf(resolved(usager, fatou)),
      sample: { body: texte },
    },
  },
  'POST /v1/signalements/:id/etapes': {
    agent: {
      caller: as(fatou),
      object: anyReport,
      sample: { body: { etape: 'planifie', prevuLe: inAYear(), message: 'Un mot.', note: 'Un mot.' } },
    },
  },
  'POST /v1/signalements/:id/publication': {
    agent: { caller: as(fatou), object: anyReport, sample: { body: { description: 'Un mot.', photos: [] } } },
  },
  'GET /v1/agents/signalements': { agent: { caller: as(fatou) } },
  'GET /v1/photos/:id': { public: { caller: as(anonyme), object: publishedPhoto } },
  'GET /open311/v2/discovery.:format': { public: { caller: as(anonyme) } },
  'GET /open311/v2/services.:format': { public: { caller: as(anonyme) } },
  'GET /open311/v2/services/:id.:format': { public: { caller: as(anonyme), object: async () => 'tags' } },
  'POST /open311/v2/requests.:format': {
    public: {
      caller: as(anonyme),
      sample: {
        body: {
          api_key: (await openKey()).cle,
          service_code: 'rats',
          lat: 48.816,
          long: 2.296,
          attribute: { animal: 'rat' },
          email: 'camille@exemple.fr',
          phone: '01 46 55 00 00',
          media_url: 'https://exemple.fr/rat.jpg',
        },
      },
    },
  },
  'GET /v1/documents/:id/public': { public: { caller: as(anonyme), object: async () => sitting.documentId } },
  'GET /oparl/v1': { public: { caller: as(anonyme) } },
  'GET /oparl/v1/body': { public: { caller: as(anonyme) } },
  'GET /oparl/v1/body/:id': { public: { caller: as(anonyme), object: async () => 'malakoff' } },
  'GET /oparl/v1/body/:id/organization': {
    public: { caller: as(anonyme), object: async () => 'malakoff', sample: { query: filtre } },
  },
  'GET /oparl/v1/body/:id/person': {
    public: { caller: as(anonyme), object: async () => 'malakoff', sample: { query: filtre } },
  },
  'GET /oparl/v1/body/:id/legislativeterm': {
    public: { caller: as(anonyme), object: async () => 'malakoff', sample: { query: filtre } },
  },
  'GET /oparl/v1/body/:id/meeting': {
    public: { caller: as(anonyme), object: async () => 'malakoff', sample: { query: filtre } },
  },
  'GET /oparl/v1/body/:id/agendaitem': {
    public: { caller: as(anonyme), object: async () => 'malakoff', sample: { query: filtre } },
  },
  'GET /oparl/v1/body/:id/paper': {
    public: { caller: as(anonyme), object: async () => 'malakoff', sample: { query: filtre } },
  },
  'GET /oparl/v1/body/:id/file': {
    public: { caller: as(anonyme), object: async () => 'malakoff', sample: { query: filtre } },
  },
  'GET /oparl/v1/organization/:id': {
    public: { caller: as(anonyme), object: async () => 'conseil-municipal' },
  },
  'GET /oparl/v1/meeting/:id': { public: { caller: as(anonyme), object: async () => sitting.seance } },
  'GET /oparl/v1/agendaitem/:id': { public: { caller: as(anonyme), object: async () => sitting.point } },
  'GET /oparl/v1/paper/:id': { public: { caller: as(anonyme), object: async () => sitting.papier } },
  'GET /oparl/v1/file/:id': { public: { caller: as(anonyme), object: async () => sitting.papier } },
  'GET /open311/v2/requests.:format': { public: { caller: as(anonyme), sample: { query: 'page_size=20' } } },
  'GET /open311/v2/requests/:id.:format': { public: { caller: as(anonyme), object: anyReport } },
  'GET /open311/v2/tokens/:id.:format': { public: { caller: as(anonyme), object: anyReport } },
  'GET /v1/admin/open311/cles': { administrateur: { caller: as(administrateur) } },
  'POST /v1/admin/open311/cles': {
    administrateur: { caller: as(administrateur), sample: { body: { client: 'systeme-hostile' } } },
  },
  'DELETE /v1/admin/open311/cles/:id': {
    administrateur: { caller: as(administrateur), object: async () => (await openKey()).id },
  },
  'GET /v1/evenements': { 'systeme:evenements': { caller: as(systeme) } },
  'GET /v1/admin/lettres-mortes': { administrateur: { caller: as(administrateur) } },
  'POST /v1/admin/lettres-mortes/:id/relance': {
    administrateur: { caller: as(administrateur), object: stoppedLane },
  },
  'GET /v1/admin/traces': { administrateur: { caller: as(administrateur) } },
  'GET /v1/admin/traces/:id': {
    administrateur: { caller: as(administrateur), object: keptTrace },
  },
}

/** A trace of this very person's reading, whether it is written already or not. */
async function keptTrace(): Promise<string> {
  const reply = await anonyme.send('GET', '/v1/demarches')
  return reply.headers.get('x-trace-id') ?? ''
}

async function photo(): Promise<string> {
  return (await usager.uploaded('espace-public', jpeg(), 'photo.jpg')).id
}

/** Of a report that is confirmed once, and then again. */
async function link(): Promise<string> {
  const { id } = await unconfirmed(anonyme, `${randomUUID()}@example.org`)
  const [row] = await hubDatabase()<{ cle: Buffer }[]>`select cle from signalements.secret`
  return jetonDe(row!.cle, id)
}

async function publishedPhoto(): Promise<string> {
  const id = await photo()
  const { id: signalement } = await usager.ok(CreerSignalement, report({ photos: [id] }))
  await fatou.ok(PublierSignalement, { id: signalement, description: null, photos: [id] })
  await eventually(async () => expect((await usager.ok(LireDocument, { id })).public).toBe(true))
  return id
}

async function openKey(): Promise<CleOpen311> {
  return await administrateur.ok(EmettreCleOpen311, { client: 'systeme-hostile' })
}

function inAYear(): string {
  return new Date(Date.now() + 365 * 24 * 3_600_000).toISOString().slice(0, 10)
}
