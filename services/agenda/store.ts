import type { JSONValue } from 'postgres'
import type { Lieu, Motif } from '../../contracts/agenda.ts'
import type { EventContract } from '../../contracts/define.ts'
import { query, type Queryable, type Transaction } from '../../infra/db.ts'
import { type Change, commit, type Origin } from '../../infra/event-log.ts'
import type { Occupation, PlageOuverte } from './creneaux.ts'
import type { EtatDuRendezVous, Resultat } from './rendez-vous.ts'

/** The SQL statements of holds and rendez-vous, and of what is free; store-listes.ts has their lists, store-offre.ts the offer itself. */

/** A row as PostgreSQL gives it. */
export type Ligne = Omit<
  EtatDuRendezVous,
  'debut' | 'fin' | 'reserveJusqua' | 'attendDepuis' | 'creeLe' | 'modifieLe'
> & {
  debut: Date
  fin: Date
  reserveJusqua: Date | null
  attendDepuis: Date | null
  creeLe: Date
  modifieLe: Date
}

export function colonnes(sql: Queryable) {
  return sql`id, secteur, motif_id, lieu_id, agent_id, usager_id, debut, fin, place, capacite, statut, reserve_jusqua, dossier_id,
    details, attend_depuis, avis, dernier_avis, version, cree_le, modifie_le`
}

export function depuisLigne(ligne: Ligne): EtatDuRendezVous {
  return {
    ...ligne,
    debut: ligne.debut.toISOString(),
    fin: ligne.fin.toISOString(),
    reserveJusqua: ligne.reserveJusqua?.toISOString() ?? null,
    attendDepuis: ligne.attendDepuis?.toISOString() ?? null,
    creeLe: ligne.creeLe.toISOString(),
    modifieLe: ligne.modifieLe.toISOString(),
  }
}

/** Of a rendez-vous, in minutes: the longest that a motif may have. */
const dureeLaPlusLongue = 480

/** A motif at a place, who receives for it there, and what takes these agents' time in that span. */
export interface OffreLue {
  readonly motif: Motif
  readonly lieu: Lieu
  readonly plages: PlageOuverte[]
  readonly occupations: ReadonlyMap<string, readonly Occupation[]>
}

/**
 * @param de epoch milliseconds, with `a` the span in which occupations matter
 * @param sauf a rendez-vous that is about to leave its slot
 */
export async function lireOffre(
  sql: Queryable,
  {
    motif,
    lieu,
    de,
    a,
    sauf = null,
  }: { motif: string; lieu: string; de: number; a: number; sauf?: string | null },
): Promise<OffreLue | null> {
  const span = sql`tstzrange(${new Date(de)}::timestamptz, ${new Date(a)}::timestamptz)`
  const [ligne] = await query(
    'lire l’offre',
    sql<{ motif: Motif | null; lieu: Lieu | null; plages: PlageOuverte[]; occupations: OccupationLue[] }[]>`
    with plage as (
      select agent_id, premier_jour, debut, fin, recurrence from agenda.plage
      where ouverte and lieu_id = ${lieu} and motif_ids @> ${sql.json([motif])}),
    agent as (select distinct agent_id from plage),
    occupation as (
      select r.agent_id, r.debut_min as debut, r.fin_min as fin, r.motif_id = ${motif} as du_motif
      from agent join agenda.rendez_vous r using (agent_id)
      where r.debut_min > ${de / 60_000 - dureeLaPlusLongue} and r.debut_min < ${a / 60_000} and r.fin_min > ${de / 60_000}
        and r.statut in ('reserve', 'inconnu', 'vu', 'absent') and r.id is distinct from ${sauf}::uuid
      union all
      select b.agent_id, floor(extract(epoch from greatest(lower(b.periode), lower(${span}))) / 60)::integer,
        ceil(extract(epoch from least(upper(b.periode), upper(${span}))) / 60)::integer, false
      from agent join agenda.absence b using (agent_id)
      where b.periode && ${span} and not b.levee)
    select
      (select json_build_object('id', id, 'secteur', secteur, 'titre', titre, 'instructions', instructions, 'mode', mode,
        'duree', duree, 'reservablePar', reservable_par, 'delaiMin', delai_min, 'delaiMax', delai_max,
        'capacite', capacite, 'actif', actif, 'version', version) from agenda.motif where id = ${motif}) as motif,
      (select json_build_object('id', id, 'secteur', secteur, 'libelle', libelle, 'situation', situation,
        'actif', actif, 'version', version) from agenda.lieu where id = ${lieu}) as lieu,
      (select coalesce(json_agg(json_build_object('agentId', agent_id, 'premierJour', premier_jour, 'debut', debut,
        'fin', fin, 'recurrence', recurrence)), '[]') from plage) as plages,
      (select coalesce(json_agg(par_agent), '[]') from (
        select agent_id as "agentId", array_agg(debut) filter (where not du_motif) as debuts,
          array_agg(fin) filter (where not du_motif) as fins,
          array_agg(debut) filter (where du_motif) as "debutsDuMotif", array_agg(fin) filter (where du_motif) as "finsDuMotif"
        from occupation group by agent_id) par_agent) as occupations`,
  )
  if (!ligne?.motif || !ligne.lieu) return null
  return {
    motif: ligne.motif,
    lieu: ligne.lieu,
    plages: ligne.plages,
    occupations: new Map(
      ligne.occupations.map((un) => [
        un.agentId,
        [...occupationsDe(un.debuts, un.fins, null), ...occupationsDe(un.debutsDuMotif, un.finsDuMotif, 1)],
      ]),
    ),
  }
}

/** Minutes, the two lists in step; null when there are none. */
interface OccupationLue {
  readonly agentId: string
  readonly debuts: number[] | null
  readonly fins: number[] | null
  readonly debutsDuMotif: number[] | null
  readonly finsDuMotif: number[] | null
}

function occupationsDe(
  debuts: readonly number[] | null,
  fins: readonly number[] | null,
  presents: number | null,
): Occupation[] {
  return (debuts ?? []).map((debut, n) => ({
    debut: debut * 60_000,
    fin: fins![n]! * 60_000,
    presents,
  }))
}

export async function lireRendezVous(sql: Queryable, id: string): Promise<EtatDuRendezVous | null> {
  const [ligne] = await query(
    'lire le rendez-vous',
    sql<Ligne[]>`select ${colonnes(sql)} from agenda.rendez_vous where id = ${id}`,
  )
  return ligne ? depuisLigne(ligne) : null
}

/**
 * Stores a new hold or rendez-vous with its event, in one statement, on any free place of its slot. PostgreSQL decides who
 * is first: null when the slot is full or the agent is taken, and then nothing was written.
 * @returns the place it got
 */
export async function ajouter(
  sql: Queryable,
  resultat: Resultat,
  origin: Origin,
  timers: Record<string, Date | null>,
): Promise<number | null> {
  const { etat } = resultat
  const write = sql<Ecrit[]>`
    insert into agenda.rendez_vous (id, secteur, motif_id, lieu_id, agent_id, usager_id, debut, fin, place, capacite, statut,
      reserve_jusqua, dossier_id, details, version, cree_le, modifie_le)
    select ${etat.id}, ${etat.secteur}, ${etat.motifId}, ${etat.lieuId}, ${etat.agentId}, ${etat.usagerId}::uuid,
      ${etat.debut}, ${etat.fin}, libre.place, ${etat.capacite}, ${etat.statut}, ${etat.reserveJusqua}::timestamptz,
      ${etat.dossierId}::uuid, ${sql.json(etat.details as JSONValue)}, 1, ${etat.creeLe}, ${etat.modifieLe}
    from (${placeLibre(sql, etat)}) libre
    on conflict do nothing returning id, version, place`
  const row = await commit(sql, changement(resultat, 'prendre le creneau', write, timers), origin)
  return row?.place ?? null
}

/** One free place of a slot, any of them: many who come at once shall not all try the same. */
function placeLibre(sql: Queryable, { id, agentId, debut, capacite }: EtatDuRendezVous) {
  return sql`select n as place from generate_series(1, ${capacite}::integer) n
    where not exists (select from agenda.rendez_vous r where r.agent_id = ${agentId} and r.debut_min = ${Date.parse(debut) / 60_000} and r.place = n
      and r.id <> ${id} and r.statut in ('reserve', 'inconnu', 'vu', 'absent'))
    order by random() limit 1`
}

type Ecrit = { id: string; version: number; place: number }

/**
 * Stores what became of a rendez-vous, its slot unchanged, with its event. False when it is no longer at the version that
 * the rules saw, and then nothing was written.
 */
export async function changer(
  sql: Queryable,
  resultat: Resultat,
  origin: Origin,
  timers: Record<string, Date | null>,
): Promise<boolean> {
  const { etat } = resultat
  const write = sql<Ecrit[]>`
    update agenda.rendez_vous set statut = ${etat.statut}, reserve_jusqua = ${etat.reserveJusqua}::timestamptz,
      usager_id = ${etat.usagerId}::uuid, dossier_id = ${etat.dossierId}::uuid,
      details = ${sql.json(etat.details as JSONValue)}, attend_depuis = ${etat.attendDepuis}::timestamptz, avis = ${etat.avis},
      dernier_avis = ${etat.dernierAvis}::date, version = ${etat.version}, modifie_le = ${etat.modifieLe}
    where id = ${etat.id} and version = ${etat.version - 1}
    returning id, version, place`
  return (
    (await commit(sql, changement(resultat, 'changer le rendez-vous', write, timers), origin)) !== undefined
  )
}

/**
 * Moves a rendez-vous to another slot, its event beside it. Those who move to one agent take turns: two updates that
 * PostgreSQL finds in each other's way would wait for each other. False when it is no longer at that version, or the
 * slot is full.
 * @throws PostgresError of `rendez_vous_agent` or `rendez_vous_place` when the slot is taken meanwhile
 */
export async function deplacer(
  tx: Transaction,
  resultat: Resultat,
  origin: Origin,
  timers: Record<string, Date | null>,
): Promise<boolean> {
  const { etat } = resultat
  await query('attendre son tour', tx`select pg_advisory_xact_lock(726871, hashtext(${etat.agentId}))`)
  const write = tx<Ecrit[]>`
    update agenda.rendez_vous r set agent_id = ${etat.agentId}, lieu_id = ${etat.lieuId}, debut = ${etat.debut}, fin = ${etat.fin},
      place = libre.place, capacite = ${etat.capacite}, version = ${etat.version}, modifie_le = ${etat.modifieLe}
    from (${placeLibre(tx, etat)}) libre
    where r.id = ${etat.id} and r.version = ${etat.version - 1}
    returning r.id, r.version, r.place`
  return (
    (await commit(tx, changement(resultat, 'deplacer le rendez-vous', write, timers), origin)) !== undefined
  )
}

function changement(
  { etat, evenement }: Resultat,
  name: string,
  write: Change<EventContract, Ecrit>['write'],
  timers: Record<string, Date | null>,
): Change<EventContract, Ecrit> {
  return {
    name,
    write,
    event: evenement.contract as EventContract,
    data: evenement.data,
    usagerId: etat.usagerId,
    timers,
  }
}

/**
 * Live holds of one person, and all that they have to come: what bounds what one account may take. Until this
 * transaction ends nobody else counts for that person, so that two who count at once cannot both take the last.
 */
export async function compterLesPrises(
  tx: Transaction,
  usagerId: string,
  maintenant: Date,
): Promise<{ reserves: number; aVenir: number }> {
  await query('attendre son tour', tx`select pg_advisory_xact_lock(726872, hashtext(${usagerId}))`)
  const [ligne] = await query(
    'compter les prises',
    tx<{ reserves: number; aVenir: number }[]>`
    select count(*) filter (where statut = 'reserve')::int as reserves,
      count(*)::int as a_venir
    from agenda.rendez_vous
    where usager_id = ${usagerId} and debut > ${maintenant} and statut in ('reserve', 'inconnu')`,
  )
  return ligne ?? { reserves: 0, aVenir: 0 }
}
