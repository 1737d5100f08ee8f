import { PapierRetire } from '../../contracts/conseils-evenements.ts'
import {
  DocumentDecisionRemise,
  DocumentDepose,
  DocumentJoint,
  DocumentPublie,
  DocumentRetire,
  DocumentSupprime,
  DocumentTeleverse,
} from '../../contracts/documents.ts'
import { type Db, query, type Queryable, type Sql, type Transaction } from '../../infra/db.ts'
import { commit, commitNow, type Origin } from '../../infra/event-log.ts'
import type { DocumentEnregistre } from './document.ts'

/** The SQL statements of the documents service, but for those of council papers. */

function colonnes(sql: Queryable) {
  return sql`id, usager_id, secteur, nom, type, taille, sha256, statut, emis_par, dossier_id, signalement_id, publie_pour,
    version, cree_le, supprime_le`
}

export async function lireDocument(sql: Queryable, id: string): Promise<DocumentEnregistre | null> {
  return (await lireDocuments(sql, [id]))[0] ?? null
}

/** Those of these documents that exist, soft-deleted ones included, in no particular order. */
export async function lireDocuments(sql: Queryable, ids: readonly string[]): Promise<DocumentEnregistre[]> {
  return await query(
    'lire les documents',
    sql<DocumentEnregistre[]>`
    select ${colonnes(sql)} from documents.document where id = any(${[...ids]}::uuid[])`,
  )
}

/** As `lireDocuments`, the rows held until the transaction ends; always in the same order, so that two callers wait instead of deadlocking. */
export async function verrouillerDocuments(
  tx: Transaction,
  ids: readonly string[],
): Promise<DocumentEnregistre[]> {
  return await query(
    'verrouiller les documents',
    tx<DocumentEnregistre[]>`
    select ${colonnes(tx)} from documents.document where id = any(${[...ids]}::uuid[]) order by id for update`,
  )
}

export async function ajouterDocument(db: Db, document: DocumentEnregistre, origin: Origin): Promise<void> {
  await commitNow(
    db,
    {
      name: 'ajouter le document',
      write: db.sql<{ id: string; version: number }[]>`
        insert into documents.document (id, usager_id, secteur, nom, type, taille, sha256, statut, emis_par, dossier_id,
          version, cree_le)
        values (${document.id}, ${document.usagerId}, ${document.secteur}, ${document.nom}, ${document.type},
          ${document.taille}, ${document.sha256}, ${document.statut}, ${document.emisPar}, ${document.dossierId},
          ${document.version}, ${document.creeLe})
        returning id, version`,
      event: DocumentTeleverse,
      data: { secteur: document.secteur, type: document.type, taille: document.taille },
      usagerId: document.usagerId,
    },
    origin,
  )
}

/**
 * Soft deletion of a free document; false when it is not free, or deleted already, and then nothing was written. A
 * dossier that was filed with it, or decided by it, holds it from the commit of that event on; the reaction that freezes
 * it comes later. A session holds its paper likewise, until it takes it back.
 * @param types of the events that freeze such a document
 */
export async function supprimerDocument(
  db: Db,
  document: DocumentEnregistre,
  types: readonly string[],
  origin: Origin,
): Promise<boolean> {
  const { sql } = db
  const retenu =
    document.emisPar === 'usager'
      ? sql`e.usager_id = ${document.usagerId} and (e.data @> ${sql.json({ photos: [document.id] })}
          or e.data ->> 'etat' <> 'brouillon' and e.data @> ${sql.json({ pieces: [{ documentId: document.id }] })})`
      : sql`e.data ->> 'documentId' = ${document.id} and not exists (select from hub.event r
          where r.subject = e.subject and r.type = ${PapierRetire.type} and r.data ->> 'documentId' = ${document.id})`
  const row = await commitNow(
    db,
    {
      name: 'supprimer le document',
      write: db.sql<{ id: string; version: number }[]>`
        update documents.document set supprime_le = ${origin.time}, version = version + 1
        where id = ${document.id} and statut = 'libre' and supprime_le is null
          and not exists (select from hub.event e where e.type = any(${types as string[]}) and ${retenu})
        returning id, version`,
      event: DocumentSupprime,
      data: { secteur: document.secteur },
      usagerId: document.usagerId,
    },
    origin,
  )
  return row !== undefined
}

/** Freezes a locked document into a filed dossier. */
export async function deposerDocument(
  tx: Transaction,
  document: DocumentEnregistre,
  depot: { dossierId: string; piece: string },
  origin: Origin,
): Promise<void> {
  const row = await commit(
    tx,
    {
      name: 'deposer le document',
      write: tx<{ id: string; version: number }[]>`
        update documents.document
        set statut = 'depose', dossier_id = ${depot.dossierId}, supprime_le = null, version = version + 1
        where id = ${document.id} and version = ${document.version}
        returning id, version`,
      event: DocumentDepose,
      data: { secteur: document.secteur, ...depot },
      usagerId: document.usagerId,
    },
    origin,
  )
  if (!row) throw new Error('a locked document has changed')
}

/** Gives a locked document of the administration to the usager whose dossier it decides. */
export async function remettreDocument(
  tx: Transaction,
  document: DocumentEnregistre,
  remise: { usagerId: string; dossierId: string; reference: string },
  origin: Origin,
): Promise<void> {
  const { usagerId, dossierId, reference } = remise
  const row = await commit(
    tx,
    {
      name: 'remettre le document',
      write: tx<{ id: string; version: number }[]>`
        update documents.document
        set statut = 'decision', usager_id = ${usagerId}, dossier_id = ${dossierId}, supprime_le = null,
          version = version + 1
        where id = ${document.id} and version = ${document.version}
        returning id, version`,
      event: DocumentDecisionRemise,
      data: { secteur: document.secteur, dossierId, reference },
      usagerId,
    },
    origin,
  )
  if (!row) throw new Error('a locked document has changed')
}

/** Keeps a locked photo with the report that it was joined to. */
export async function joindreDocument(
  tx: Transaction,
  document: DocumentEnregistre,
  signalementId: string,
  origin: Origin,
): Promise<void> {
  const row = await commit(
    tx,
    {
      name: 'joindre le document',
      write: tx<{ id: string; version: number }[]>`
        update documents.document
        set statut = 'depose', signalement_id = ${signalementId}, supprime_le = null, version = version + 1
        where id = ${document.id} and version = ${document.version}
        returning id, version`,
      event: DocumentJoint,
      data: { secteur: document.secteur, signalementId },
      usagerId: document.usagerId,
    },
    origin,
  )
  if (!row) throw new Error('a locked document has changed')
}

/** Shows a locked photo to everybody, or no longer. */
export async function publierDocument(
  tx: Transaction,
  document: DocumentEnregistre,
  { signalementId, publique }: { signalementId: string; publique: boolean },
  origin: Origin,
): Promise<void> {
  const row = await commit(
    tx,
    {
      name: 'publier le document',
      write: tx<{ id: string; version: number }[]>`
        update documents.document set publie_pour = ${publique ? signalementId : null}, version = version + 1
        where id = ${document.id} and version = ${document.version}
        returning id, version`,
      event: publique ? DocumentPublie : DocumentRetire,
      data: { secteur: document.secteur, signalementId },
      usagerId: document.usagerId,
    },
    origin,
  )
  if (!row) throw new Error('a locked document has changed')
}

/** The photos that are public with this report. */
export async function lirePublies(sql: Queryable, signalementId: string): Promise<string[]> {
  const rows = await query(
    'lire les photos publiques',
    sql<{ id: string }[]>`select id from documents.document where publie_pour = ${signalementId}`,
  )
  return rows.map((row) => row.id)
}

/** Erases the rows of documents soft-deleted before that instant; returns how many. */
export async function effacerSupprimes(sql: Sql, avant: Date): Promise<number> {
  const result = await query(
    'effacer les documents supprimes',
    sql`delete from documents.document where supprime_le < ${avant} and statut = 'libre'`,
  )
  return result.count
}

/** Those of these identifiers that no row bears. */
export async function sansDocument(sql: Sql, ids: readonly string[]): Promise<string[]> {
  const rows = await query(
    'chercher les fichiers sans document',
    sql<{ id: string }[]>`
    select f.id from unnest(${[...ids]}::uuid[]) as f (id)
    where not exists (select from documents.document d where d.id = f.id)`,
  )
  return rows.map((row) => row.id)
}

/** The mark that the folder of this database's files bears. */
export async function lireMarque(sql: Sql): Promise<string> {
  const [row] = await query('lire la marque du depot', sql<{ id: string }[]>`select id from documents.depot`)
  if (!row) throw new Error('documents.depot has lost its row')
  return row.id
}
