import type { JSONValue } from 'postgres'
import type { EvenementPublic, Papier, PointOrdreDuJour, Seance } from '../../contracts/conseils.ts'
import {
  EvenementAnnonce,
  EvenementModifie,
  SeanceAnnoncee,
  SeanceModifiee,
  SeanceRetiree,
} from '../../contracts/conseils-evenements.ts'
import { query, type Queryable } from '../../infra/db.ts'
import { commit, type Origin } from '../../infra/event-log.ts'

/** The SQL statements of public events and of the council. */

type Ecrit = { id: string; version: number }

type LigneEvenement = Omit<EvenementPublic, 'debut' | 'fin' | 'modifieLe'> &
  Record<'debut' | 'fin' | 'modifieLe', Date>

function evenementDepuis(ligne: LigneEvenement): EvenementPublic {
  const { debut, fin, modifieLe } = ligne
  return {
    ...ligne,
    debut: debut.toISOString(),
    fin: fin.toISOString(),
    modifieLe: modifieLe.toISOString(),
  }
}

/** Public events that end after `de` and begin before `a`, in order. */
export async function listerEvenements(
  sql: Queryable,
  filtre: { de: Date; a: Date | null; apres: { debut: string; id: string } | null; limite: number },
): Promise<EvenementPublic[]> {
  const { de, a, apres } = filtre
  const lignes = await query(
    'lister les evenements',
    sql<
      LigneEvenement[]
    >`select * from agenda.evenement where fin > ${de} ${a ? sql`and debut < ${a}` : sql``}
      ${apres ? sql`and (debut, id) > (${apres.debut}::timestamptz, ${apres.id}::uuid)` : sql``}
      order by debut, id limit ${filtre.limite}`,
  )
  return lignes.map(evenementDepuis)
}

export async function lireEvenement(sql: Queryable, id: string): Promise<EvenementPublic | null> {
  const [ligne] = await query(
    'lire l’evenement',
    sql<LigneEvenement[]>`select * from agenda.evenement where id = ${id}`,
  )
  return ligne ? evenementDepuis(ligne) : null
}

/** Stores a new event, or its next version; false when it has moved on. */
export async function enregistrerEvenement(
  sql: Queryable,
  un: EvenementPublic,
  origin: Origin,
): Promise<boolean> {
  const write =
    un.version === 1
      ? sql<
          Ecrit[]
        >`insert into agenda.evenement (id, secteur, titre, description, lieu, situation, debut, fin, gratuit, annule,
          version, modifie_le)
        values (${un.id}, ${un.secteur}, ${un.titre}, ${un.description}, ${un.lieu}, ${un.situation}, ${un.debut}, ${un.fin},
          ${un.gratuit}, ${un.annule}, 1, ${un.modifieLe}) returning id, version`
      : sql<
          Ecrit[]
        >`update agenda.evenement set titre = ${un.titre}, description = ${un.description}, lieu = ${un.lieu},
          situation = ${un.situation}, debut = ${un.debut}, fin = ${un.fin}, gratuit = ${un.gratuit}, annule = ${un.annule},
          version = ${un.version}, modifie_le = ${un.modifieLe}
        where id = ${un.id} and version = ${un.version - 1} returning id, version`
  const { secteur, debut, fin, annule } = un
  const change = { name: 'enregistrer l’evenement', write, usagerId: null }
  const row =
    un.version === 1
      ? await commit(sql, { ...change, event: EvenementAnnonce, data: { secteur, debut, fin } }, origin)
      : await commit(
          sql,
          { ...change, event: EvenementModifie, data: { secteur, debut, fin, annule } },
          origin,
        )
  return row !== undefined
}

/** What is left of a paper that was published and taken back. */
export interface PapierRetire extends Pick<Papier, 'id' | 'publieLe'> {
  readonly retireLe: string
}

/** A session as it is stored, its agenda and its published papers beside it. */
export interface SeanceLue extends Omit<Seance, 'points' | 'papiers'> {
  readonly retiree: boolean
  readonly points: (PointOrdreDuJour & { retire: boolean; creeLe: string; modifieLe: string })[]
  readonly papiers: Papier[]
  /** Those that everybody could read once. */
  readonly papiersRetires: PapierRetire[]
  /** Papers whose file is not public yet. */
  readonly enAttente: number
}

type LigneSeance = Omit<SeanceLue, 'debut' | 'fin' | 'creeLe' | 'modifieLe'> &
  Record<'debut' | 'creeLe' | 'modifieLe', Date> & { fin: Date | null }

/** The sessions that a list needs, each with its points and papers, in one statement. */
function avecContenu(sql: Queryable) {
  // Instants in JSON as JavaScript writes them.
  const iso = (colonne: string) =>
    sql.unsafe(`to_char(${colonne} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`)
  return sql`s.id, s.titre, s.lieu, s.debut, s.fin, s.annulee, s.retiree, s.version, s.cree_le, s.modifie_le,
    (select coalesce(json_agg(json_build_object('id', p.id, 'numero', p.numero, 'titre', p.titre, 'resultat', p.resultat,
      'retire', p.retire, 'creeLe', ${iso('p.cree_le')}, 'modifieLe', ${iso('p.modifie_le')}) order by p.ordre, p.id), '[]')
      from agenda.point p where p.seance_id = s.id) as points,
    (select coalesce(json_agg(json_build_object('id', d.id, 'seance', d.seance_id, 'point', d.point_id, 'type', d.type,
      'titre', d.titre, 'numero', d.numero, 'documentId', d.document_id, 'format', d.format, 'taille', d.taille,
      'sha256', d.sha256, 'publieLe', ${iso('d.publie_le')}) order by d.cree_le, d.id), '[]')
      from agenda.papier d where d.seance_id = s.id and d.publie_le is not null and d.retire_le is null) as papiers,
    (select coalesce(json_agg(json_build_object('id', d.id, 'publieLe', ${iso('d.publie_le')}, 'retireLe', ${iso('d.retire_le')})
      order by d.cree_le, d.id), '[]')
      from agenda.papier d where d.seance_id = s.id and d.publie_le is not null and d.retire_le is not null) as papiers_retires,
    (select count(*)::int from agenda.papier d
      where d.seance_id = s.id and d.publie_le is null and d.retire_le is null) as en_attente`
}

function seanceDepuis(ligne: LigneSeance): SeanceLue {
  return {
    ...ligne,
    debut: ligne.debut.toISOString(),
    fin: ligne.fin?.toISOString() ?? null,
    creeLe: ligne.creeLe.toISOString(),
    modifieLe: ligne.modifieLe.toISOString(),
  }
}

export async function listerSeances(
  sql: Queryable,
  filtre: { apres: { debut: string; id: string } | null; limite: number },
): Promise<SeanceLue[]> {
  const { apres } = filtre
  const lignes = await query(
    'lister les seances',
    sql<LigneSeance[]>`select ${avecContenu(sql)} from agenda.seance s where not retiree
      ${apres ? sql`and (debut, id) < (${apres.debut}::timestamptz, ${apres.id}::uuid)` : sql``}
      order by debut desc, id desc limit ${filtre.limite}`,
  )
  return lignes.map(seanceDepuis)
}

/** Every session in the order in which they were announced, taken back ones included; a council has some ten a year. */
export async function toutesLesSeances(sql: Queryable): Promise<SeanceLue[]> {
  const lignes = await query(
    'lire les seances',
    sql<LigneSeance[]>`select ${avecContenu(sql)} from agenda.seance s order by cree_le, id limit 5000`,
  )
  return lignes.map(seanceDepuis)
}

/** The session of this id, or that this point or published paper belongs to; null: none. */
export async function lireSeance(
  sql: Queryable,
  id: string,
  de: 'seance' | 'point' | 'papier' = 'seance',
): Promise<SeanceLue | null> {
  const ou = {
    seance: sql`s.id = ${id}`,
    point: sql`s.id = (select seance_id from agenda.point where id = ${id})`,
    papier: sql`s.id = (select seance_id from agenda.papier where id = ${id})`,
  }[de]
  const [ligne] = await query(
    'lire la seance',
    sql<LigneSeance[]>`select ${avecContenu(sql)} from agenda.seance s where ${ou}`,
  )
  return ligne ? seanceDepuis(ligne) : null
}

/** Stores a new session or its next version, its whole agenda with it; false when it has moved on. */
export async function enregistrerSeance(sql: Queryable, seance: SeanceLue, origin: Origin): Promise<boolean> {
  const s = seance
  const write =
    s.version === 1
      ? sql<
          Ecrit[]
        >`insert into agenda.seance (id, titre, lieu, debut, fin, annulee, retiree, version, cree_le, modifie_le)
        values (${s.id}, ${s.titre}, ${s.lieu}, ${s.debut}, ${s.fin}::timestamptz, ${s.annulee}, false, 1, ${s.creeLe}, ${s.modifieLe})
        returning id, version`
      : sql<Ecrit[]>`update agenda.seance set titre = ${s.titre}, lieu = ${s.lieu}, debut = ${s.debut},
          fin = ${s.fin}::timestamptz, annulee = ${s.annulee}, retiree = ${s.retiree}, version = ${s.version},
          modifie_le = ${s.modifieLe}
        where id = ${s.id} and version = ${s.version - 1} returning id, version`
  const points = s.points.filter((point) => !point.retire).map((point, ordre) => ({ ...point, ordre }))
  const also = [
    sql`insert into agenda.point (id, seance_id, ordre, numero, titre, resultat, retire, cree_le, modifie_le)
      select p.id, ecrit.id, p.ordre, p.numero, p.titre, p.resultat, false, ${s.modifieLe}, ${s.modifieLe}
      from ecrit, jsonb_to_recordset(${sql.json(points as unknown as JSONValue)})
        as p (id uuid, ordre integer, numero text, titre text, resultat text)
      on conflict (id) do update set ordre = excluded.ordre, numero = excluded.numero, titre = excluded.titre,
        resultat = excluded.resultat, modifie_le = excluded.modifie_le`,
    sql`update agenda.point set retire = true, modifie_le = ${s.modifieLe} from ecrit
      where seance_id = ecrit.id and not retire and point.id <> all(${points.map(({ id }) => id)}::uuid[])`,
  ]
  const change = { name: 'enregistrer la seance', write, usagerId: null, also }
  const { debut, annulee } = s
  const row =
    s.version === 1
      ? await commit(sql, { ...change, event: SeanceAnnoncee, data: { debut } }, origin)
      : s.retiree
        ? await commit(sql, { ...change, event: SeanceRetiree, data: { debut } }, origin)
        : await commit(sql, { ...change, event: SeanceModifiee, data: { debut, annulee } }, origin)
  return row !== undefined
}
