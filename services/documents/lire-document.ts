import type { z } from 'zod'
import type { Document, LireDocument } from '../../contracts/documents.ts'
import type { Call } from '../../infra/service.ts'
import { visible, vueDocument } from './document.ts'
import * as store from './store.ts'

export async function lireDocument(
  { id }: z.output<typeof LireDocument.params>,
  call: Call,
): Promise<Document> {
  return vueDocument(visible(await store.lireDocument(call.db.sql, id), call.principal))
}
