import type { Absence, Lieu, Motif, Plage } from '../../contracts/agenda.ts'
import { OffreCreee, OffreModifiee, OffreRetiree } from '../../contracts/agenda-evenements.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { query, type Queryable } from '../../infra/db.ts'
import { commit, type Origin } from '../../infra/event-log.ts'

/** The SQL statements of what agents offer: motifs, places, openings, absences. */

type Ecrit = { id: string; version: number }

export async function listerMotifs(sql: Queryable, secteur?: Secteur): Promise<Motif[]> {
  return await query(
    'lister les motifs',
    sql<Motif[]>`select * from agenda.motif where actif ${secteur ? sql`and secteur = ${secteur}` : sql``}
      order by titre, id limit 500`,
  )
}

export async function lireMotifs(sql: Queryable, ids: readonly string[]): Promise<Motif[]> {
  if (ids.length === 0) return []
  return await query(
    'lire les motifs',
    sql<Motif[]>`select * from agenda.motif where id = any(${[...ids]}::uuid[])`,
  )
}

export async function lireMotif(sql: Queryable, id: string): Promise<Motif | null> {
  return (await lireMotifs(sql, [id]))[0] ?? null
}

/** Stores a new motif, or its next version; false when it has moved on. */
export async function enregistrerMotif(sql: Queryable, motif: Motif, origin: Origin): Promise<boolean> {
  const m = motif
  const write =
    m.version === 1
      ? sql<
          Ecrit[]
        >`insert into agenda.motif (id, secteur, titre, instructions, mode, duree, reservable_par, delai_min,
          delai_max, capacite, actif, version)
        values (${m.id}, ${m.secteur}, ${m.titre}, ${m.instructions}, ${m.mode}, ${m.duree}, ${m.reservablePar},
          ${m.delaiMin}, ${m.delaiMax}, ${m.capacite}, ${m.actif}, 1) returning id, version`
      : sql<
          Ecrit[]
        >`update agenda.motif set titre = ${m.titre}, instructions = ${m.instructions}, mode = ${m.mode},
          duree = ${m.duree}, reservable_par = ${m.reservablePar}, delai_min = ${m.delaiMin}, delai_max = ${m.delaiMax},
          capacite = ${m.capacite}, actif = ${m.actif}, version = ${m.version}
        where id = ${m.id} and version = ${m.version - 1} returning id, version`
  const data = { secteur: m.secteur, objet: 'motif' as const }
  const change = { name: 'enregistrer le motif', write, data, usagerId: null }
  return (
    (await commit(sql, { ...change, event: m.version === 1 ? OffreCreee : OffreModifiee }, origin)) !==
    undefined
  )
}

/** @param filtre.motif those with an opening for it that is not over on that day */
export async function listerLieux(
  sql: Queryable,
  { secteur, motif, jour }: { secteur?: Secteur | undefined; motif?: string | undefined; jour: string },
): Promise<Lieu[]> {
  const ouvert =
    motif === undefined
      ? sql``
      : sql`and exists (select from agenda.plage p where p.ouverte and p.lieu_id = lieu.id
        and p.motif_ids @> ${sql.json([motif])} and (p.recurrence is not null or p.premier_jour >= ${jour}::date))`
  return await query(
    'lister les lieux',
    sql<
      Lieu[]
    >`select * from agenda.lieu where actif ${secteur ? sql`and secteur = ${secteur}` : sql``} ${ouvert}
      order by libelle, id limit 500`,
  )
}

export async function lireLieux(sql: Queryable, ids: readonly string[]): Promise<Lieu[]> {
  if (ids.length === 0) return []
  return await query(
    'lire les lieux',
    sql<Lieu[]>`select * from agenda.lieu where id = any(${[...ids]}::uuid[])`,
  )
}

export async function lireLieu(sql: Queryable, id: string): Promise<Lieu | null> {
  return (await lireLieux(sql, [id]))[0] ?? null
}

/** Stores a new place, or its next version; false when it has moved on. */
export async function enregistrerLieu(sql: Queryable, lieu: Lieu, origin: Origin): Promise<boolean> {
  const { id, secteur, libelle, situation, actif, version } = lieu
  const write =
    version === 1
      ? sql<Ecrit[]>`insert into agenda.lieu (id, secteur, libelle, situation, actif, version)
        values (${id}, ${secteur}, ${libelle}, ${situation}, ${actif}, 1) returning id, version`
      : sql<Ecrit[]>`update agenda.lieu set libelle = ${libelle}, situation = ${situation}, actif = ${actif},
          version = ${version} where id = ${id} and version = ${version - 1} returning id, version`
  const data = { secteur, objet: 'lieu' as const }
  const change = { name: 'enregistrer le lieu', write, data, usagerId: null }
  return (
    (await commit(sql, { ...change, event: version === 1 ? OffreCreee : OffreModifiee }, origin)) !==
    undefined
  )
}

function colonnesPlage(sql: Queryable) {
  return sql`id, secteur, agent_id, lieu_id as lieu, motif_ids as motifs, premier_jour, debut, fin, recurrence, version`
}

/** Openings that are not closed, in the order of their ids. */
export async function listerPlages(
  sql: Queryable,
  filtre: { secteurs: readonly Secteur[]; apres: string | null; limite: number },
): Promise<Plage[]> {
  return await query(
    'lister les plages',
    sql<
      Plage[]
    >`select ${colonnesPlage(sql)} from agenda.plage where ouverte and secteur = any(${filtre.secteurs as Secteur[]})
      ${filtre.apres ? sql`and id > ${filtre.apres}::uuid` : sql``} order by id limit ${filtre.limite}`,
  )
}

export async function lirePlage(sql: Queryable, id: string): Promise<Plage | null> {
  const [plage] = await query(
    'lire la plage',
    sql<Plage[]>`select ${colonnesPlage(sql)} from agenda.plage where ouverte and id = ${id}`,
  )
  return plage ?? null
}

/** Has this officer ever received in that sector? */
export async function recoitDans(sql: Queryable, agentId: string, secteur: Secteur): Promise<boolean> {
  const rows = await query(
    'chercher une plage de l’agent',
    sql`select from agenda.plage where agent_id = ${agentId} and secteur = ${secteur} limit 1`,
  )
  return rows.length > 0
}

export async function ajouterPlage(sql: Queryable, plage: Plage, origin: Origin): Promise<void> {
  const { id, secteur, agentId, lieu, motifs, premierJour, debut, fin, recurrence } = plage
  const write = sql<Ecrit[]>`
    insert into agenda.plage (id, secteur, agent_id, lieu_id, motif_ids, premier_jour, debut, fin, recurrence, ouverte, version)
    values (${id}, ${secteur}, ${agentId}, ${lieu}, ${sql.json(motifs)}, ${premierJour}, ${debut}, ${fin}, ${recurrence},
      true, 1) returning id, version`
  await commit(
    sql,
    { name: 'ouvrir la plage', write, event: OffreCreee, data: { secteur, objet: 'plage' }, usagerId: null },
    origin,
  )
}

/** False when it is closed already, or no longer at that version. */
export async function fermerPlage(
  sql: Queryable,
  { id, secteur, version }: Plage,
  origin: Origin,
): Promise<boolean> {
  const write = sql<Ecrit[]>`update agenda.plage set ouverte = false, version = version + 1
    where id = ${id} and version = ${version} and ouverte returning id, version`
  const change = { name: 'fermer la plage', write, event: OffreRetiree, usagerId: null }
  return (await commit(sql, { ...change, data: { secteur, objet: 'plage' } }, origin)) !== undefined
}

/** As stored, with the rendez-vous of that officer that fall into it. */
function colonnesAbsence(sql: Queryable) {
  return sql`b.id, b.secteur, b.agent_id, b.version, lower(b.periode) as du, upper(b.periode) as au,
    (select coalesce(json_agg(r.id order by r.debut, r.id), '[]') from agenda.rendez_vous r
      where r.agent_id = b.agent_id and r.periode && b.periode and r.statut = 'inconnu') as rendez_vous_touches`
}

type LigneAbsence = Omit<Absence, 'du' | 'au'> & { du: Date; au: Date }

function depuisLigne(ligne: LigneAbsence): Absence {
  return { ...ligne, du: ligne.du.toISOString(), au: ligne.au.toISOString() }
}

/** Absences that are not over, in the order of their ids. */
export async function listerAbsences(
  sql: Queryable,
  filtre: { secteurs: readonly Secteur[]; maintenant: Date; apres: string | null; limite: number },
): Promise<Absence[]> {
  const lignes = await query(
    'lister les absences',
    sql<LigneAbsence[]>`select ${colonnesAbsence(sql)} from agenda.absence b
      where not levee and secteur = any(${filtre.secteurs as Secteur[]}) and upper(periode) > ${filtre.maintenant}
      ${filtre.apres ? sql`and id > ${filtre.apres}::uuid` : sql``} order by id limit ${filtre.limite}`,
  )
  return lignes.map(depuisLigne)
}

export async function lireAbsence(sql: Queryable, id: string): Promise<Absence | null> {
  const [ligne] = await query(
    'lire l’absence',
    sql<LigneAbsence[]>`select ${colonnesAbsence(sql)} from agenda.absence b where not levee and id = ${id}`,
  )
  return ligne ? depuisLigne(ligne) : null
}

export async function ajouterAbsence(
  sql: Queryable,
  { id, secteur, agentId, du, au }: Pick<Absence, 'id' | 'secteur' | 'agentId' | 'du' | 'au'>,
  origin: Origin,
): Promise<void> {
  const write = sql<Ecrit[]>`insert into agenda.absence (id, secteur, agent_id, periode, levee, version)
    values (${id}, ${secteur}, ${agentId}, tstzrange(${du}::timestamptz, ${au}::timestamptz), false, 1) returning id, version`
  const change = { name: 'declarer l’absence', write, event: OffreCreee, usagerId: null }
  await commit(sql, { ...change, data: { secteur, objet: 'absence' } }, origin)
}

/** False when it is lifted already, or no longer at that version. */
export async function leverAbsence(
  sql: Queryable,
  { id, secteur, version }: Absence,
  origin: Origin,
): Promise<boolean> {
  const write = sql<Ecrit[]>`update agenda.absence set levee = true, version = version + 1
    where id = ${id} and version = ${version} and not levee returning id, version`
  const change = { name: 'lever l’absence', write, event: OffreRetiree, usagerId: null }
  return (await commit(sql, { ...change, data: { secteur, objet: 'absence' } }, origin)) !== undefined
}
