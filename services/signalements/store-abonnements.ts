import type { z } from 'zod'
import { AbonnementAverti, AbonnementPris, AbonnementRendu } from '../../contracts/signalements-evenements.ts'
import { query, type Queryable } from '../../infra/db.ts'
import { commit, type Origin } from '../../infra/event-log.ts'
import type { EtatDuSignalement } from './signalement.ts'
import { type NouveauTemoignage, noterTemoignage } from './store-temoignages.ts'

/** The SQL of those who follow reports; what they add to them is in store-temoignages.ts. */

type Suivi = Pick<EtatDuSignalement, 'id' | 'reference'>

/**
 * Makes somebody follow a report, once; who stopped follows again.
 * @param usagerId null for somebody without account, who cannot be told of anything
 * @returns false when they follow it already and bring nothing new: nothing was written
 */
export async function abonner(
  sql: Queryable,
  signalement: Suivi,
  {
    id,
    usagerId,
    origine,
    temoignage,
  }: {
    id: string
    usagerId: string | null
    origine: 'choix' | 'doublon'
    temoignage?: NouveauTemoignage
  },
  origin: Origin,
): Promise<boolean> {
  const t = temoignage
  const row = await commit(
    sql,
    {
      name: 'suivre le signalement',
      write: sql<{ id: string; version: number }[]>`
        insert into signalements.abonnement as a (id, signalement_id, usager_id, actif, version)
        values (${id}, ${signalement.id}, ${usagerId}, true, 1)
        on conflict on constraint abonnement_usager do update set actif = true, version = a.version + 1
          ${t ? sql`` : sql`where not a.actif`}
        returning id, version`,
      event: AbonnementPris,
      data: {
        signalementId: signalement.id,
        reference: signalement.reference,
        origine,
        photos: [...(t?.photos ?? [])],
      },
      usagerId,
      ...(t && { also: noterTemoignage(sql, { ...t, signalementId: signalement.id, usagerId }, origin) }),
    },
    origin,
  )
  return row !== undefined
}

/** What somebody who is not its reporter is to a report. */
export async function liens(
  sql: Queryable,
  signalementId: string,
  usagerId: string,
): Promise<{ suiveur: boolean; temoin: boolean }> {
  const [ligne] = await query(
    'lire l’abonnement',
    sql<{ suiveur: boolean; temoin: boolean }[]>`
      select actif as suiveur, exists (select from signalements.temoignage t
        where t.signalement_id = a.signalement_id and t.usager_id = a.usager_id) as temoin
      from signalements.abonnement a where signalement_id = ${signalementId} and usager_id = ${usagerId}`,
  )
  return ligne ?? { suiveur: false, temoin: false }
}

/** False when they did not follow it. */
export async function desabonner(
  sql: Queryable,
  signalement: Suivi,
  usagerId: string,
  origin: Origin,
): Promise<boolean> {
  const row = await commit(
    sql,
    {
      name: 'ne plus suivre le signalement',
      write: sql<{ id: string; version: number }[]>`
        update signalements.abonnement set actif = false, version = version + 1
        where signalement_id = ${signalement.id} and usager_id = ${usagerId} and actif returning id, version`,
      event: AbonnementRendu,
      data: { signalementId: signalement.id, reference: signalement.reference },
      usagerId,
    },
    origin,
  )
  return row !== undefined
}

export interface Suiveur {
  readonly id: string
  readonly usagerId: string
}

/** Who follows a report and can be told, in a fixed order. */
export async function lireSuiveurs(sql: Queryable, signalementId: string): Promise<Suiveur[]> {
  return await query(
    'lire les suiveurs',
    sql<Suiveur[]>`select id, usager_id from signalements.abonnement
      where signalement_id = ${signalementId} and usager_id is not null and actif order by id`,
  )
}

/** Tells one follower of a step. */
export async function avertir(
  sql: Queryable,
  { id, usagerId }: Suiveur,
  data: z.input<typeof AbonnementAverti.data>,
  origin: Origin,
): Promise<void> {
  await commit(
    sql,
    {
      name: 'avertir un suiveur',
      write: sql<{ id: string; version: number }[]>`
        update signalements.abonnement set version = version + 1 where id = ${id} and actif returning id, version`,
      event: AbonnementAverti,
      data,
      usagerId,
    },
    origin,
  )
}
