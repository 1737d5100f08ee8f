import type { Fragment } from 'postgres'
import type { z } from 'zod'
import type { Contact, Temoignage } from '../../contracts/signalement.ts'
import { AbonnementPhotosAjoutees } from '../../contracts/signalements-evenements.ts'
import { query, type Queryable } from '../../infra/db.ts'
import { commit, type Origin } from '../../infra/event-log.ts'
import type { EtatDuSignalement } from './signalement.ts'
import { json, noterEnvoi } from './store.ts'

/** The SQL of what was sent under an id, and of further reports of the same problem. */

/** A further report of the same problem. */
export interface NouveauTemoignage {
  readonly id: string
  readonly description: string | null
  readonly latitude: number
  readonly longitude: number
  readonly photos: readonly string[]
  readonly contact: Contact | null
  readonly constateLe: string
}

/** Stores it with the change that it goes with. */
export function noterTemoignage(
  sql: Queryable,
  t: NouveauTemoignage & { readonly signalementId: string; readonly usagerId: string | null },
  { time }: Pick<Origin, 'time'>,
): Fragment[] {
  return [
    noterEnvoi(sql, t.id),
    sql`insert into signalements.temoignage (id, signalement_id, usager_id, description, latitude, longitude, photos,
        contact, constate_le, cree_le)
      select ${t.id}::uuid, ${t.signalementId}::uuid, ${t.usagerId}::uuid, ${t.description}, ${t.latitude}::float8,
        ${t.longitude}::float8, ${json(sql, t.photos)}, ${t.contact ? json(sql, t.contact) : null}::jsonb,
        ${t.constateLe}::timestamptz, ${time}::timestamptz from ecrit`,
  ]
}

type TemoignageLu = z.infer<typeof Temoignage>

/** How many further reports of this one are somebody's. */
export async function compterTemoignages(
  sql: Queryable,
  signalementId: string,
  usagerId: string,
): Promise<number> {
  const [ligne] = await query(
    'compter les temoignages',
    sql<{ n: number }[]>`select count(*)::int as n from signalements.temoignage
      where signalement_id = ${signalementId} and usager_id = ${usagerId}`,
  )
  return ligne?.n ?? 0
}

/** The photos of all further reports of this one. */
export async function lirePhotos(sql: Queryable, signalementId: string): Promise<string[]> {
  const lignes = await query(
    'lire les photos des temoignages',
    sql<
      { photo: string }[]
    >`select distinct photo from signalements.temoignage, jsonb_array_elements_text(photos) photo
      where signalement_id = ${signalementId}`,
  )
  return lignes.map(({ photo }) => photo)
}

/** What was said last of a report by others, or by one of them alone, the oldest first. */
export async function lireTemoignages(
  sql: Queryable,
  signalementId: string,
  usagerId?: string,
): Promise<TemoignageLu[]> {
  const lignes = await query(
    'lire les temoignages',
    sql<(Omit<TemoignageLu, 'constateLe'> & { constateLe: Date })[]>`
      select id, description, photos, constate_le, contact from signalements.temoignage
      where signalement_id = ${signalementId} ${usagerId ? sql`and usager_id = ${usagerId}` : sql``}
      order by cree_le desc, id desc limit 200`,
  )
  return lignes.toReversed().map((ligne) => ({ ...ligne, constateLe: ligne.constateLe.toISOString() }))
}

/** One's further report, and the following that it came with. */
export interface MonTemoignage {
  readonly id: string
  readonly photos: readonly string[]
  readonly abonnementId: string
  readonly version: number
}

/** Somebody's further report of this one: that of this id, or their last. */
export async function lireMonTemoignage(
  sql: Queryable,
  { signalementId, usagerId, id }: { signalementId: string; usagerId: string; id: string },
): Promise<MonTemoignage | null> {
  const [ligne] = await query(
    'lire le temoignage',
    sql<MonTemoignage[]>`
      select t.id, t.photos, a.id as abonnement_id, a.version from signalements.temoignage t
      join signalements.abonnement a using (signalement_id, usager_id)
      where t.signalement_id = ${signalementId} and t.usager_id = ${usagerId}
      order by t.id::text = ${id} desc, t.cree_le desc, t.id desc limit 1`,
  )
  return ligne ?? null
}

/**
 * Replaces the photos of somebody's further report.
 * @returns false when something was added to it in the meantime: nothing was written
 */
export async function remplacerPhotos(
  sql: Queryable,
  { id: signalementId, reference }: Pick<EtatDuSignalement, 'id' | 'reference'>,
  { id, abonnementId, version }: MonTemoignage,
  { photos, usagerId }: { photos: string[]; usagerId: string },
  origin: Origin,
): Promise<boolean> {
  const row = await commit(
    sql,
    {
      name: 'joindre des photos au temoignage',
      write: sql<{ id: string; version: number }[]>`
        update signalements.abonnement set version = version + 1
        where id = ${abonnementId} and version = ${version} returning id, version`,
      event: AbonnementPhotosAjoutees,
      data: { signalementId, reference, photos },
      usagerId,
      also: [
        sql`update signalements.temoignage t set photos = ${json(sql, photos)} from ecrit where t.id = ${id}`,
      ],
    },
    origin,
  )
  return row !== undefined
}

/** What was sent under this id before, as a report or as a further one. */
export type Envoi = Pick<
  EtatDuSignalement,
  'usagerId' | 'categorie' | 'latitude' | 'longitude' | 'description' | 'contact' | 'photos'
> & { readonly adresse: string | null; readonly reponses: EtatDuSignalement['reponses'] | null } // Of a further report, neither is kept.

/** @returns `efface` for one that nobody confirmed in time */
export async function lireEnvoi(sql: Queryable, id: string): Promise<Envoi | 'efface' | null> {
  const [ligne] = await query(
    'lire l’envoi',
    sql<(Envoi | { categorie: null })[]>`
      select usager_id, categorie, latitude, longitude, description, contact, photos, adresse, reponses
      from signalements.signalement where id = ${id}
      union all select t.usager_id, s.categorie, t.latitude, t.longitude, t.description, t.contact,
        case when t.usager_id = s.usager_id then s.photos else t.photos end, null, null
      from signalements.temoignage t join signalements.signalement s on s.id = t.signalement_id where t.id = ${id}
      union all select null, null, null, null, null, null, null, null, null from signalements.envoi where id = ${id}
      order by categorie nulls last limit 1`,
  )
  if (!ligne) return null
  return ligne.categorie === null ? 'efface' : ligne
}
