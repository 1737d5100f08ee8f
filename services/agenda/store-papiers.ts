import type { Fragment } from 'postgres'
import { type Papier, secteurDuConseil } from '../../contracts/conseils.ts'
import { PapierDepose, PapierPublie, PapierRetire } from '../../contracts/conseils-evenements.ts'
import { query, type Queryable } from '../../infra/db.ts'
import { commit, type Origin } from '../../infra/event-log.ts'

/** The SQL statements of the council's papers: each moves their session on, so that its version orders what befalls them. */

type Ecrit = { id: string; version: number }

type NouveauPapier = Pick<Papier, 'id' | 'seance' | 'point' | 'type' | 'titre' | 'numero' | 'documentId'>

/**
 * Stores a paper that waits for its file; false when the session has moved on.
 * @throws PostgresError of `papier_document` when that document is, or was, another paper
 */
export async function ajouterPapier(
  sql: Queryable,
  papier: NouveauPapier,
  { version }: { version: number },
  origin: Origin,
): Promise<boolean> {
  const { id, seance, point, type, titre, numero, documentId } = papier
  const row = await commit(
    sql,
    {
      name: 'ajouter le papier',
      write: sql<Ecrit[]>`update agenda.seance set version = version + 1, modifie_le = ${origin.time}
        where id = ${seance} and version = ${version} and not retiree returning id, version`,
      also: [
        sql`insert into agenda.papier (id, seance_id, point_id, type, titre, numero, document_id, cree_le)
          select ${id}::uuid, ecrit.id, ${point}::uuid, ${type}, ${titre}, ${numero}, ${documentId}::uuid, ${origin.time}::timestamptz
          from ecrit`,
      ],
      event: PapierDepose,
      data: { papierId: id, documentId, type, secteur: secteurDuConseil },
      usagerId: null,
    },
    origin,
  )
  return row !== undefined
}

/** A paper that was not taken back, and the version of its session. */
export interface PapierLu extends Pick<Papier, 'id' | 'seance' | 'point' | 'type' | 'documentId'> {
  readonly publie: boolean
  readonly version: number
}

export async function lirePapier(sql: Queryable, id: string): Promise<PapierLu | null> {
  const [papier] = await query(
    'lire le papier',
    sql<PapierLu[]>`
      select p.id, p.seance_id as seance, p.point_id as point, p.type, p.document_id, p.publie_le is not null as publie, s.version
      from agenda.papier p join agenda.seance s on s.id = p.seance_id where p.id = ${id} and p.retire_le is null`,
  )
  return papier ?? null
}

/** Shows a paper to everybody, now that its file is public; false when the session has moved on. */
export async function publierPapier(
  sql: Queryable,
  papier: PapierLu,
  { format, taille, sha256 }: Pick<Papier, 'format' | 'taille' | 'sha256'>,
  origin: Origin,
): Promise<boolean> {
  const champs = sql`publie_le = ${origin.time}, format = ${format}, taille = ${taille}, sha256 = ${sha256}`
  return await changerPapier(sql, papier, { name: 'publier le papier', champs, event: PapierPublie }, origin)
}

/** Takes a paper back from its session; false when the session has moved on. */
export async function retirerPapier(sql: Queryable, papier: PapierLu, origin: Origin): Promise<boolean> {
  const champs = sql`retire_le = ${origin.time}`
  return await changerPapier(sql, papier, { name: 'retirer le papier', champs, event: PapierRetire }, origin)
}

async function changerPapier(
  sql: Queryable,
  { id, seance, point, type, documentId, version }: PapierLu,
  {
    name,
    champs,
    event,
  }: { name: string; champs: Fragment; event: typeof PapierPublie | typeof PapierRetire },
  origin: Origin,
): Promise<boolean> {
  const row = await commit(
    sql,
    {
      name,
      write: sql<Ecrit[]>`update agenda.seance set version = version + 1, modifie_le = ${origin.time}
        where id = ${seance} and version = ${version} returning id, version`,
      also: [
        sql`update agenda.papier set ${champs} from ecrit where papier.id = ${id} and seance_id = ecrit.id`,
        // By OParl an item of the agenda shows its papers, so it changes with them.
        sql`update agenda.point set modifie_le = ${origin.time} from ecrit
          where point.id = ${point}::uuid and seance_id = ecrit.id`,
      ],
      event,
      data: { papierId: id, documentId, type },
      usagerId: null,
    },
    origin,
  )
  return row !== undefined
}
