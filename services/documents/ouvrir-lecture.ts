import type { z } from 'zod'
import type { OuvrirLecture, OuvrirLecturePublique } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { type DocumentEnregistre, visible, vueDocument } from './document.ts'
import { listenerOf } from './listener.ts'
import * as store from './store.ts'

export async function ouvrirLecture(
  { id }: z.output<typeof OuvrirLecture.params>,
  call: Call,
): Promise<z.output<typeof OuvrirLecture.returns>> {
  return ouvrir(visible(await store.lireDocument(call.db.sql, id), call.principal), call)
}

/** What is published is everybody's; of anything else nobody is told whether it is there. */
export async function ouvrirLecturePublique(
  { id }: z.output<typeof OuvrirLecturePublique.params>,
  call: Call,
): Promise<z.output<typeof OuvrirLecturePublique.returns>> {
  const document = await store.lireDocument(call.db.sql, id)
  if (document?.statut !== 'publie') throw new Refusal('introuvable')
  return ouvrir(document, call)
}

function ouvrir(document: DocumentEnregistre, call: Call): z.output<typeof OuvrirLecture.returns> {
  const { url, lectures } = listenerOf(call.db)
  const { ticket, expires } = lectures.issue({
    id: document.id,
    nom: document.nom,
    type: document.type,
    taille: document.taille,
    sha256: document.sha256,
  })
  return {
    url: `${url}/contenus/${ticket}`,
    expireLe: expires.toISOString(),
    document: vueDocument(document),
  }
}
