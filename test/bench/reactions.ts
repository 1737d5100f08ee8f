import type { Sql } from '../../infra/db.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import type { Client } from '../demo/client.ts'
import { pdf } from '../demo/journey.ts'

const demarche = 'stationnement-residentiel'

/**
 * From the commit of a deposit to the commit of the reaction that it causes in another service (the piece is frozen),
 * in milliseconds, by PostgreSQL's own commit timestamps: nothing is polled meanwhile.
 * @param clients how many people file at once
 */
export async function commitToReaction(sql: Sql, client: Client, clients: number): Promise<number[]> {
  const perClient = Math.ceil(160 / clients)
  const filed = await Promise.all(
    Array.from({ length: clients }, async () => {
      const ids: string[] = []
      for (let n = 0; n < perClient; n++) {
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
        await client.post(`/v1/dossiers/${dossier.body.id}/depot`)
        ids.push(dossier.body.id)
      }
      return ids
    }),
  )
  const ids = filed.flat()
  for (;;) {
    const rows = await sql<{ ms: number }[]>`
      select extract(epoch from pg_xact_commit_timestamp(document.xmin) - pg_xact_commit_timestamp(dossier.xmin))::float8 * 1000 as ms
      from demarches.dossier join documents.document on document.dossier_id = dossier.id
      where dossier.id = any(${ids}) order by ms`
    if (rows.length === ids.length) return rows.map((row) => row.ms)
  }
}
