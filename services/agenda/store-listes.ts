import type { Secteur } from '../../contracts/principal.ts'
import { query, type Queryable } from '../../infra/db.ts'
import type { EtatDuRendezVous } from './rendez-vous.ts'
import { colonnes, depuisLigne, type Ligne } from './store.ts'

/** The SQL statements that list rendez-vous. */

/** Statuses that take the agent's time, as in the constraints of the table. */
const occupent = ['reserve', 'inconnu', 'vu', 'absent']

export async function listerRendezVous(
  sql: Queryable,
  filtre: {
    usagerIds: readonly string[]
    statut?: string | undefined
    dossierId?: string | undefined
    apres: { debut: string; id: string } | null
    limite: number
  },
): Promise<EtatDuRendezVous[]> {
  const { apres } = filtre
  const lignes = await query(
    'lister mes rendez-vous',
    sql<Ligne[]>`
    select ${colonnes(sql)} from agenda.rendez_vous
    where usager_id = any(${filtre.usagerIds as string[]}) ${filtre.statut ? sql`and statut = ${filtre.statut}` : sql`and statut <> 'expire'`}
      ${filtre.dossierId ? sql`and dossier_id = ${filtre.dossierId}` : sql``}
      ${apres ? sql`and (debut, id) < (${apres.debut}::timestamptz, ${apres.id}::uuid)` : sql``}
    order by debut desc, id desc limit ${filtre.limite}`,
  )
  return lignes.map(depuisLigne)
}

export async function listerRendezVousAgent(
  sql: Queryable,
  filtre: {
    secteurs: readonly Secteur[]
    de: Date | null
    a: Date | null
    agentId?: string | undefined
    statut?: string | undefined
    dossierId?: string | undefined
    apres: { debut: string; id: string } | null
    limite: number
  },
): Promise<EtatDuRendezVous[]> {
  const { apres, de, a } = filtre
  const lignes = await query(
    'lister les rendez-vous du secteur',
    sql<Ligne[]>`
    select ${colonnes(sql)} from agenda.rendez_vous
    where secteur = any(${filtre.secteurs as Secteur[]})
      ${de ? sql`and debut >= ${de}` : sql``} ${a ? sql`and debut < ${a}` : sql``}
      ${filtre.agentId ? sql`and agent_id = ${filtre.agentId}` : sql``}
      ${filtre.dossierId ? sql`and dossier_id = ${filtre.dossierId}` : sql``}
      ${filtre.statut ? sql`and statut = ${filtre.statut}` : sql`and statut = any(${occupent})`}
      ${apres ? sql`and (debut, id) > (${apres.debut}::timestamptz, ${apres.id}::uuid)` : sql``}
    order by debut, id limit ${filtre.limite}`,
  )
  return lignes.map(depuisLigne)
}

/** Those of a dossier that are still to come. */
export async function listerDuDossier(sql: Queryable, dossierId: string): Promise<EtatDuRendezVous[]> {
  const lignes = await query(
    'lister les rendez-vous du dossier',
    sql<
      Ligne[]
    >`select ${colonnes(sql)} from agenda.rendez_vous where dossier_id = ${dossierId} and statut = 'inconnu' order by id`,
  )
  return lignes.map(depuisLigne)
}

/** Who waits for an earlier slot of this motif at this place than this instant leaves them, longest first. */
export async function listerLesAttentes(
  sql: Queryable,
  filtre: { motifId: string; lieuId: string; apres: Date; limite: number },
): Promise<EtatDuRendezVous[]> {
  const lignes = await query(
    'lister les attentes',
    sql<Ligne[]>`
    select ${colonnes(sql)} from agenda.rendez_vous
    where motif_id = ${filtre.motifId} and lieu_id = ${filtre.lieuId} and attend_depuis is not null and statut = 'inconnu'
      and debut > ${filtre.apres}
    order by attend_depuis, id limit ${filtre.limite}`,
  )
  return lignes.map(depuisLigne)
}

/** Who filed this dossier, under the identifier of its sector, as the log has it. */
export async function usagerDuDossier(sql: Queryable, dossierId: string): Promise<string | null> {
  const [ligne] = await query(
    'lire l’usager du dossier',
    sql<{ usagerId: string | null }[]>`
    select usager_id from hub.event where subject = ${`dossier/${dossierId}`} and sequence = 1`,
  )
  return ligne?.usagerId ?? null
}
