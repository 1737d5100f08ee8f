import { randomUUID } from 'node:crypto'
import type { Access } from '../../contracts/define.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { pdf } from '../documents/fixtures.ts'
import type { Api } from '../support/api.ts'
import { decided, deposited, draft, inInstruction } from '../support/dossiers.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { anonyme, stranger, system } from '../support/people.ts'
import type { Sample } from './cases.ts'

/** Where a route can be attacked beyond its access check: a caller who may, an object in the right state. */
export interface Ground {
  /** A new one for each request where one person may not do it often. */
  readonly caller: () => Api
  /** Makes the object that the address names; again whenever a request was taken. */
  readonly object?: () => Promise<string>
  readonly sample?: Omit<Sample, 'id'>
}

const usager = stranger()
const agent = stranger(['usager', 'agent:etat-civil'])
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
