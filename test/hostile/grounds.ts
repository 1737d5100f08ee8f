import { randomUUID } from 'node:crypto'
import type { Access } from '../../contracts/define.ts'
import { LireDocument } from '../../contracts/documents.ts'
import { type CleOpen311, EmettreCleOpen311 } from '../../contracts/open311.ts'
import { CreerSignalement, PublierSignalement } from '../../contracts/signalements.ts'
import { jetonDe } from '../../services/signalements/jeton.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { jpeg, pdf } from '../documents/fixtures.ts'
import type { Api } from '../support/api.ts'
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
  'GET /v1/signalements/categories': { public: { caller: as(anonyme) } },
  'GET /v1/signalements/doublons': {
    public: { caller: as(anonyme), sample: { query: 'categorie=tags&latitude=48.818&longitude=2.296' } },
  },
  'GET /v1/signalements/carte': { public: { caller: as(anonyme) } },
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
