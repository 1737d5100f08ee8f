import { query, type Queryable } from '../../infra/db.ts'
import type { IdempotencyKey } from '../../infra/idempotency.ts'

/** The SQL of Open311 keys. They are no aggregate: what is done with them stands in the journal, not in events. */

interface Acte {
  readonly acteurId: string
  readonly idempotency: IdempotencyKey | null
}

export interface Cle {
  readonly id: string
  readonly client: string
  readonly creeLe: string
}

function demande(sql: Queryable, { idempotency }: Acte) {
  return idempotency
    ? sql`, demande as (insert into hub.request (key, body, result_id)
        select ${idempotency.key}, ${idempotency.body}, ecrit.id from ecrit)`
    : sql``
}

export async function ajouterCle(
  sql: Queryable,
  { id, client, creeLe, empreinte }: Cle & { empreinte: Buffer },
  acte: Acte,
): Promise<void> {
  await query(
    'emettre la cle',
    sql`with ecrit as (
        insert into signalements.cle_open311 (id, client, empreinte, cree_le)
        values (${id}, ${client}, ${empreinte}, ${creeLe}) returning id, client),
      journal as (insert into hub.journal (acteur_id, acte, objet)
        select ${acte.acteurId}::uuid, 'emission de cle Open311', ecrit.client || ' ' || ecrit.id from ecrit)
      ${demande(sql, acte)} select id from ecrit`,
  )
}

/** False when there is no such key in force. */
export async function revoquerCle(
  sql: Queryable,
  { id, le }: { id: string; le: Date },
  acte: Acte,
): Promise<boolean> {
  const lignes = await query(
    'revoquer la cle',
    sql<{ id: string }[]>`with ecrit as (
        update signalements.cle_open311 set revoquee_le = ${le} where id = ${id} and revoquee_le is null
        returning id, client),
      journal as (insert into hub.journal (acteur_id, acte, objet)
        select ${acte.acteurId}::uuid, 'revocation de cle Open311', ecrit.client || ' ' || ecrit.id from ecrit)
      ${demande(sql, acte)} select id from ecrit`,
  )
  return lignes.length > 0
}

/** The keys in force, or that one. */
export async function lireCles(sql: Queryable, id?: string): Promise<Cle[]> {
  const lignes = await query(
    'lire les cles',
    sql<(Omit<Cle, 'creeLe'> & { creeLe: Date })[]>`select id, client, cree_le from signalements.cle_open311
      where revoquee_le is null ${id === undefined ? sql`` : sql`and id = ${id}`} order by client, cree_le limit 200`,
  )
  return lignes.map((ligne) => ({ ...ligne, creeLe: ligne.creeLe.toISOString() }))
}

/** Whose key has this digest; null when none in force has. */
export async function trouverClient(sql: Queryable, empreinte: Buffer): Promise<string | null> {
  const [ligne] = await query(
    'trouver la cle',
    sql<{ client: string }[]>`select client from signalements.cle_open311
      where empreinte = ${empreinte} and revoquee_le is null`,
  )
  return ligne?.client ?? null
}
