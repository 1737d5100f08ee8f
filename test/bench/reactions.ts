import { setTimeout as delay } from 'node:timers/promises'
import type { Sql } from '../../infra/db.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import type { Client } from '../demo/client.ts'
import { pdf } from '../demo/journey.ts'

const demarche = 'stationnement-residentiel'

/**
 * From the commit of a deposit to the commit of the reaction that it causes in another service (the piece is frozen),
 * in milliseconds, by PostgreSQL's own commit timestamps: nothing is polled meanwhile.
 * @param perSecond deposits that are begun each second, whether the earlier ones are answered or not; null: each
 * after the answer to the one before
 */
export async function commitToReaction(
  sql: Sql,
  client: Client,
  count: number,
  perSecond: number | null,
): Promise<number[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push(await draftWithPiece(client))
  const deposits: Promise<unknown>[] = []
  for (const id of ids) {
    const deposit = client.post(`/v1/dossiers/${id}/depot`)
    deposits.push(deposit)
    await (perSecond === null ? deposit : delay(1000 / perSecond))
  }
  await Promise.all(deposits)
  for (;;) {
    const rows = await sql<{ ms: number }[]>`
      select extract(epoch from pg_xact_commit_timestamp(document.xmin) - pg_xact_commit_timestamp(dossier.xmin))::float8 * 1000 as ms
      from demarches.dossier join documents.document on document.dossier_id = dossier.id
      where dossier.id = any(${ids}) order by ms`
    if (rows.length === ids.length) return rows.map((row) => row.ms)
    await delay(50)
  }
}

async function draftWithPiece(client: Client): Promise<string> {
  const piece = await client.upload<{ id: string }>(
    '/v1/documents?secteur=espace-public',
    'piece.pdf',
    pdf('Piece'),
  )
  const dossier = await client.post<{ id: string }>('/v1/dossiers', {
    demarche,
    formulaire: formulairesValides[demarche],
    pieces: [{ piece: 'justificatif-domicile', documentId: piece.body.id }],
  })
  return dossier.body.id
}
