import type { z } from 'zod'
import type { Dossier } from '../../contracts/demarches.ts'
import type { Document } from '../../contracts/documents.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { Client, persist } from '../demo/client.ts'
import { pdf } from '../demo/journey.ts'
import { type Session, signIn } from '../demo/sign-in.ts'
import { formulairesValides } from '../demarches/exemples.ts'

type DossierLu = z.infer<typeof Dossier>

/** What a client was told is done: this dossier reached this version by this event. */
export interface Acknowledged {
  readonly dossierId: string
  readonly version: number
  readonly type: string
}

/** What the clients know at the end; the checkers hold the databases against it. */
export interface History {
  readonly acknowledged: Acknowledged[]
  readonly dossiers: string[]
  readonly pieces: { dossierId: string; documentId: string }[]
  readonly decisions: { dossierId: string; documentId: string }[]
}

/** The events of each dossier, one per request, in order: no more, no less. */
export const expectedTypes = [
  'cree',
  'modifie',
  'depose',
  'pris-en-instruction',
  'correction-demandee',
  'correction-resolue',
  'decide',
].map((name) => `guichet.dossier.${name}.v1`)

const form = formulairesValides['stationnement-residentiel']

/**
 * Plays `count` dossiers, `width` at a time, each request repeated under its key until it is answered.
 * @param open how a person signs in; absent: through the login page
 */
export async function playDossiers(
  baseUrl: string,
  count: number,
  width: number,
  open = (who: string): Promise<Session> => persist(() => signIn(baseUrl, who, demoPassword)),
): Promise<History> {
  const history: History = { acknowledged: [], dossiers: [], pieces: [], decisions: [] }
  const person = async (who: string) => new Client(baseUrl, await open(who))
  const usagers = [await person('amina'), await person('bastien')]
  const agent = await person('fatou')
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await playOne(usagers[next++ % usagers.length]!, agent, history)
    }),
  )
  return history
}

async function playOne(usager: Client, agent: Client, history: History): Promise<void> {
  const acknowledge = (dossier: DossierLu) => {
    const type = expectedTypes[dossier.version - 1]
    if (!type) throw new Error(`version ${dossier.version} of a dossier is one too many`)
    history.acknowledged.push({ dossierId: dossier.id, version: dossier.version, type })
    return dossier
  }
  const upload = async (who: Client, emisPar: string) =>
    (
      await who.upload<z.infer<typeof Document>>(
        `/v1/documents?secteur=espace-public&emisPar=${emisPar}`,
        'piece.pdf',
        pdf('Piece'),
      )
    ).body
  const { body: cree } = await usager.post<DossierLu>('/v1/dossiers', {
    demarche: 'stationnement-residentiel',
    formulaire: form,
  })
  const { id } = acknowledge(cree)
  history.dossiers.push(id)
  const piece = await upload(usager, 'usager')
  acknowledge(
    (
      await usager.patch<DossierLu>(`/v1/dossiers/${id}`, {
        pieces: [{ piece: 'justificatif-domicile', documentId: piece.id }],
      })
    ).body,
  )
  acknowledge((await usager.post<DossierLu>(`/v1/dossiers/${id}/depot`)).body)
  history.pieces.push({ dossierId: id, documentId: piece.id })
  acknowledge((await agent.post<DossierLu>(`/v1/dossiers/${id}/instruction`)).body)
  const demande = acknowledge(
    (
      await agent.post<DossierLu>(`/v1/dossiers/${id}/corrections`, {
        motif: 'incorrect',
        texte: 'À préciser.',
      })
    ).body,
  )
  acknowledge(
    (
      await usager.post<DossierLu>(`/v1/dossiers/${id}/messages`, {
        texte: 'Voici.',
        correctionId: demande.corrections[0]!.id,
      })
    ).body,
  )
  const decision = await upload(agent, 'agent')
  acknowledge(
    (await agent.post<DossierLu>(`/v1/dossiers/${id}/decision`, { sens: 'accepte', documentId: decision.id }))
      .body,
  )
  history.decisions.push({ dossierId: id, documentId: decision.id })
}

/** A draft that only waits to be deposited, with one piece. */
export async function draftWithPiece(usager: Client): Promise<{ id: string; pieceId: string }> {
  const { body: piece } = await usager.upload<{ id: string }>(
    '/v1/documents?secteur=espace-public&emisPar=usager',
    'piece.pdf',
    pdf('Piece'),
  )
  const { body: dossier } = await usager.post<{ id: string }>('/v1/dossiers', {
    demarche: 'stationnement-residentiel',
    formulaire: form,
    pieces: [{ piece: 'justificatif-domicile', documentId: piece.id }],
  })
  return { id: dossier.id, pieceId: piece.id }
}
