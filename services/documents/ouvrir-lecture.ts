import type { z } from 'zod'
import type { Billet, OuvrirLecture, OuvrirLecturePublique, OuvrirPhoto } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { type DocumentEnregistre, visible, vueDocument } from './document.ts'
import { listenerOf } from './listener.ts'
import * as store from './store.ts'

export async function ouvrirLecture(
  { id }: z.output<typeof OuvrirLecture.params>,
  call: Call,
): Promise<z.output<typeof OuvrirLecture.returns>> {
  const document = visible(await store.lireDocument(call.db.sql, id), call.principal)
  return { ...(await billet(document, call)), document: vueDocument(document) }
}

/** A photo that was released, for anybody; its name, which its owner chose, stays private. */
export async function ouvrirPhoto(
  { id }: z.output<typeof OuvrirPhoto.params>,
  call: Call,
): Promise<z.output<typeof OuvrirPhoto.returns>> {
  const document = await store.lireDocument(call.db.sql, id)
  if (!document || document.publiePour === null) throw new Refusal('introuvable')
  return await billet({ ...document, nom: `photo.${document.type.slice('image/'.length)}` }, call)
}

/**
 * What the city published is everybody's, but for the name that an agent gave its file; of anything else nobody is told
 * whether it is there.
 */
export async function ouvrirLecturePublique(
  { id }: z.output<typeof OuvrirLecturePublique.params>,
  call: Call,
): Promise<z.output<typeof OuvrirLecturePublique.returns>> {
  const document = await store.lireDocument(call.db.sql, id)
  if (document?.statut !== 'publie') throw new Refusal('introuvable')
  return await billet({ ...document, nom: 'document' }, call)
}

async function billet(document: DocumentEnregistre, { db }: Call): Promise<z.output<typeof Billet>> {
  const { url, lectures } = listenerOf(db)
  const { ticket, expires } = await lectures.issue({
    id: document.id,
    nom: document.nom,
    type: document.type,
    taille: document.taille,
    sha256: document.sha256,
  })
  return { url: `${url}/contenus/${ticket}`, expireLe: expires.toISOString() }
}
