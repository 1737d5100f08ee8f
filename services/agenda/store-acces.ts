import { OffreCreee, OffreRetiree, UsagerInvite } from '../../contracts/agenda-evenements.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { query, type Queryable } from '../../infra/db.ts'
import { commit, type Origin } from '../../infra/event-log.ts'

/** The SQL statements of invitations and of the secret addresses of calendars. */

type Ecrit = { id: string; version: number }

export async function estInvite(sql: Queryable, motifId: string, usagerId: string): Promise<boolean> {
  const rows = await query(
    'chercher une invitation',
    sql`select from agenda.invitation where usager_id = ${usagerId} and motif_id = ${motifId} limit 1`,
  )
  return rows.length > 0
}

export interface Invitation {
  readonly id: string
  readonly motif: string
  readonly usagerId: string
  readonly dossierId: string
}

export async function ajouterInvitation(
  sql: Queryable,
  { id, motif, usagerId, dossierId }: Invitation,
  secteur: Secteur,
  origin: Origin,
): Promise<void> {
  const write = sql<Ecrit[]>`insert into agenda.invitation (id, motif_id, usager_id, dossier_id, version)
    values (${id}, ${motif}, ${usagerId}, ${dossierId}, 1) returning id, version`
  const data = { secteur, motifId: motif, dossierId }
  await commit(sql, { name: 'inviter l’usager', write, event: UsagerInvite, data, usagerId }, origin)
}

export async function lireInvitation(sql: Queryable, id: string): Promise<Invitation | null> {
  const [invitation] = await query(
    'lire l’invitation',
    sql<
      Invitation[]
    >`select id, motif_id as motif, usager_id, dossier_id from agenda.invitation where id = ${id}`,
  )
  return invitation ?? null
}

export interface Calendrier {
  readonly id: string
  readonly cle: string
  readonly secteur: Secteur
  readonly agentId: string
  readonly version: number
}

export async function lireCalendrier(
  sql: Queryable,
  par: { id: string } | { cle: string } | { agentId: string; secteur: Secteur },
): Promise<Calendrier | null> {
  const ou =
    'id' in par
      ? sql`id = ${par.id}`
      : 'cle' in par
        ? sql`cle = ${par.cle} and ouvert`
        : sql`agent_id = ${par.agentId} and secteur = ${par.secteur} and ouvert`
  const [calendrier] = await query(
    'lire le calendrier',
    sql<Calendrier[]>`select id, cle, secteur, agent_id, version from agenda.calendrier where ${ou}`,
  )
  return calendrier ?? null
}

export async function ajouterCalendrier(
  sql: Queryable,
  calendrier: Calendrier,
  origin: Origin,
): Promise<void> {
  const { id, cle, secteur, agentId } = calendrier
  const write = sql<Ecrit[]>`insert into agenda.calendrier (id, cle, secteur, agent_id, ouvert, version)
    values (${id}, ${cle}, ${secteur}, ${agentId}, true, 1) returning id, version`
  const change = { name: 'ouvrir le calendrier', write, event: OffreCreee, usagerId: null }
  await commit(sql, { ...change, data: { secteur, objet: 'calendrier' } }, origin)
}

export async function fermerCalendrier(
  sql: Queryable,
  { id, secteur, version }: Calendrier,
  origin: Origin,
): Promise<boolean> {
  const write = sql<Ecrit[]>`update agenda.calendrier set ouvert = false, version = version + 1
    where id = ${id} and version = ${version} and ouvert returning id, version`
  const change = { name: 'fermer le calendrier', write, event: OffreRetiree, usagerId: null }
  return (await commit(sql, { ...change, data: { secteur, objet: 'calendrier' } }, origin)) !== undefined
}
