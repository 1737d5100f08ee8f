import type { z } from 'zod'
import type { OuvrirLecture } from '../../contracts/documents.ts'
import type { Call } from '../../infra/service.ts'
import { visible, vueDocument } from './document.ts'
import { listenerOf } from './listener.ts'
import * as store from './store.ts'

export async function ouvrirLecture(
  { id }: z.output<typeof OuvrirLecture.params>,
  call: Call,
): Promise<z.output<typeof OuvrirLecture.returns>> {
  const document = visible(await store.lireDocument(call.db.sql, id), call.principal)
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
