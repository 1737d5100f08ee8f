import { PapierRetire } from '../../contracts/conseils-evenements.ts'
import { DocumentDepublie, DocumentParu } from '../../contracts/documents.ts'
import { query, type Queryable, type Transaction } from '../../infra/db.ts'
import { commit, type Origin } from '../../infra/event-log.ts'
import type { DocumentEnregistre } from './document.ts'

/** The SQL statements of documents that are papers of the council. */

/** Makes a locked document of the administration public. */
export async function faireParaitreDocument(
  tx: Transaction,
  document: DocumentEnregistre,
  papier: { seanceId: string; papierId: string },
  origin: Origin,
): Promise<void> {
  const { secteur, type, taille, sha256 } = document
  const row = await commit(
    tx,
    {
      name: 'faire paraitre le document',
      write: tx<{ id: string; version: number }[]>`
        update documents.document set statut = 'publie', supprime_le = null, version = version + 1
        where id = ${document.id} and version = ${document.version}
        returning id, version`,
      event: DocumentParu,
      data: { secteur, type, taille, sha256, ...papier },
      usagerId: null,
    },
    origin,
  )
  if (!row) throw new Error('a locked document has changed')
}

/** Takes a locked document back from the public. */
export async function depublierDocument(
  tx: Transaction,
  document: DocumentEnregistre,
  papier: { seanceId: string; papierId: string },
  origin: Origin,
): Promise<void> {
  const row = await commit(
    tx,
    {
      name: 'depublier le document',
      write: tx<{ id: string; version: number }[]>`
        update documents.document set statut = 'libre', version = version + 1
        where id = ${document.id} and version = ${document.version}
        returning id, version`,
      event: DocumentDepublie,
      data: { secteur: document.secteur, ...papier },
      usagerId: null,
    },
    origin,
  )
  if (!row) throw new Error('a locked document has changed')
}

/** Whether its session has taken this paper back, also when the reaction to it comes later. */
export async function papierRetire(
  sql: Queryable,
  { seanceId, papierId }: { seanceId: string; papierId: string },
): Promise<boolean> {
  const rows = await query(
    'chercher le retrait du papier',
    sql`select from hub.event where subject = ${`seance/${seanceId}`} and type = ${PapierRetire.type}
      and data ->> 'papierId' = ${papierId}`,
  )
  return rows.length > 0
}
