import type { Fragment, JSONValue } from 'postgres'
import type { EventContract } from '../../contracts/define.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { SignalementAbandonne } from '../../contracts/signalements-evenements.ts'
import { query, type Queryable, type Transaction } from '../../infra/db.ts'
import { type Change, commit, type Origin } from '../../infra/event-log.ts'
import type { EtatDuSignalement, Resultat } from './signalement.ts'
import type { Cadre } from './territoire.ts'

/** The SQL of reports; that of their followers is in store-abonnements.ts. */

type Instants = 'constateLe' | 'creeLe' | 'modifieLe'
type Ligne = Omit<EtatDuSignalement, Instants> & Record<Instants, Date> & Entourage

/** What is known beside the report itself. */
export interface Entourage {
  readonly suiveurs: number
}

export type SignalementLu = EtatDuSignalement & Entourage

function colonnes(sql: Queryable) {
  return sql`s.id, s.reference, s.usager_id, s.client, s.secteur, s.service, s.categorie, s.categorie_jeu, s.etat,
    s.raison, s.doublon_de, s.latitude, s.longitude, s.adresse, s.description, s.reponses, s.photos, s.lien_media,
    s.contact, s.description_publique, s.photos_publiques, s.etapes, s.questions, s.notes, s.echeance_le, s.prevu_le,
    s.constate_le, s.cree_le, s.modifie_le, s.version,
    (select count(*)::int from signalements.abonnement a where a.signalement_id = s.id and a.actif) as suiveurs`
}

function depuisLigne(ligne: Ligne): SignalementLu {
  return {
    ...ligne,
    constateLe: ligne.constateLe.toISOString(),
    creeLe: ligne.creeLe.toISOString(),
    modifieLe: ligne.modifieLe.toISOString(),
  }
}

/** A report is meant by its reference, by its id, or by that of somebody's following or further report of it. */
export type Cible = { readonly reference: string } | { readonly id: string }

export async function lireSignalement(sql: Queryable, cible: Cible): Promise<SignalementLu | null> {
  const [ligne] = await query(
    'lire le signalement',
    sql<Ligne[]>`select ${colonnes(sql)} from signalements.signalement s
      where ${
        'reference' in cible
          ? sql`s.reference = ${cible.reference}`
          : sql`s.id = coalesce(
              (select t.signalement_id from signalements.temoignage t where t.id = ${cible.id}),
              (select a.signalement_id from signalements.abonnement a where a.id = ${cible.id}), ${cible.id}::uuid)`
      }`,
  )
  return ligne ? depuisLigne(ligne) : null
}

/**
 * Stores a decision of the rules and its one event, in one statement. The row must still be at the version that the
 * rules saw; false when it has moved on, and then nothing was written.
 * @param also other statements of the same change
 */
export async function enregistrer(
  sql: Queryable,
  { etat, evenement }: Resultat,
  origin: Origin,
  timers: Record<string, Date | null>,
  also: readonly Fragment[] = [],
): Promise<boolean> {
  const change: Change<EventContract, { id: string; version: number }> = {
    name: etat.version === 1 ? 'creer le signalement' : 'changer le signalement',
    write: etat.version === 1 ? inserer(sql, etat) : remplacer(sql, etat),
    event: evenement.contract as EventContract,
    data: evenement.data,
    usagerId: etat.usagerId,
    timers,
    also: [...(etat.version === 1 ? [noterEnvoi(sql, etat.id)] : []), ...also],
  }
  return (await commit(sql, change, origin)) !== undefined
}

/** Keeps that this was sent, whatever became of it: sent twice at the same moment, one of the two is refused by the key. */
export function noterEnvoi(sql: Queryable, id: string) {
  return sql`insert into signalements.envoi (id) select ${id}::uuid from ecrit`
}

export const json = (sql: Queryable, valeur: unknown) => sql.json(valeur as JSONValue)

function inserer(sql: Queryable, e: EtatDuSignalement) {
  return sql<{ id: string; version: number }[]>`
    insert into signalements.signalement (id, reference, usager_id, client, secteur, service, categorie, categorie_jeu,
      etat, latitude, longitude, adresse, description, reponses, photos, lien_media, contact, photos_publiques, etapes,
      questions, notes, echeance_le, constate_le, cree_le, modifie_le, version)
    values (${e.id}, ${e.reference}, ${e.usagerId}, ${e.client}, ${e.secteur}, ${e.service}, ${e.categorie},
      ${e.categorieJeu}, ${e.etat}, ${e.latitude}, ${e.longitude}, ${e.adresse}, ${e.description},
      ${json(sql, e.reponses)}, ${json(sql, e.photos)}, ${e.lienMedia}, ${e.contact ? json(sql, e.contact) : null},
      ${json(sql, e.photosPubliques)}, ${json(sql, e.etapes)}, ${json(sql, e.questions)}, ${json(sql, e.notes)},
      ${e.echeanceLe}::date, ${e.constateLe}, ${e.creeLe}, ${e.modifieLe}, 1)
    returning id, version`
}

function remplacer(sql: Queryable, e: EtatDuSignalement) {
  return sql<{ id: string; version: number }[]>`
    update signalements.signalement set etat = ${e.etat}, raison = ${e.raison}, doublon_de = ${e.doublonDe},
      photos = ${json(sql, e.photos)}, description_publique = ${e.descriptionPublique},
      photos_publiques = ${json(sql, e.photosPubliques)}, etapes = ${json(sql, e.etapes)},
      questions = ${json(sql, e.questions)}, notes = ${json(sql, e.notes)}, echeance_le = ${e.echeanceLe}::date,
      prevu_le = ${e.prevuLe}::date, cree_le = ${e.creeLe}, modifie_le = ${e.modifieLe}, version = ${e.version}
    where id = ${e.id} and version = ${e.version - 1} ${e.raison === 'doublon' ? sql`and ${reste(sql, e)}` : sql``}
    returning id, version`
}

/**
 * When it is closed as a duplicate: nobody closes the one that remains as one at the same moment, for both are locked, in
 * an order of their own: two agents who would close each in favour of the other take turns. (`offset 0` keeps the planner
 * from locking only the one that is asked for.)
 */
function reste(sql: Queryable, { id, doublonDe }: EtatDuSignalement) {
  return sql`(raison is not distinct from 'doublon' or exists (
    select from (select r.reference, r.raison from signalements.signalement r
      where r.id = ${id} or r.reference = ${doublonDe} order by r.id offset 0 for update) restant
    where restant.reference = ${doublonDe} and restant.raison is distinct from 'doublon'))`
}

export interface Filtre {
  readonly secteurs?: readonly Secteur[] | undefined
  /** Whose they are, or who follow them. */
  readonly usagerIds?: readonly string[] | undefined
  readonly categories?: readonly string[] | undefined
  readonly etats?: readonly string[] | undefined
  readonly service?: string | undefined
  readonly cadre?: Cadre | undefined
  readonly du?: string | undefined
  readonly au?: string | undefined
  readonly echeanceAvant?: string | undefined
}

function conditions(sql: Queryable, filtre: Filtre) {
  const { secteurs, usagerIds, categories, etats, service, cadre, du, au, echeanceAvant } = filtre
  return sql`s.etat <> 'a_confirmer'
    ${secteurs ? sql`and s.secteur = any(${secteurs as Secteur[]})` : sql``}
    ${
      usagerIds
        ? sql`and s.id in (
            select id from signalements.signalement where usager_id = any(${usagerIds as string[]}::uuid[])
            union select signalement_id from signalements.abonnement
              where usager_id = any(${usagerIds as string[]}::uuid[]) and actif)`
        : sql``
    }
    ${categories ? sql`and s.categorie = any(${categories as string[]})` : sql``}
    ${etats ? sql`and s.etat = any(${etats as string[]})` : sql``}
    ${service ? sql`and s.service = ${service}` : sql``}
    ${
      cadre
        ? sql`and s.longitude is not null
            and point(s.longitude, s.latitude) <@ box(point(${cadre[0]}, ${cadre[1]}), point(${cadre[2]}, ${cadre[3]}))`
        : sql``
    }
    ${du ? sql`and s.cree_le >= ${du}::timestamptz` : sql``}
    ${au ? sql`and s.cree_le < ${au}::timestamptz` : sql``}
    ${echeanceAvant ? sql`and s.echeance_le < ${echeanceAvant}::date` : sql``}`
}

/** The latest first. */
export async function listerSignalements(
  sql: Queryable,
  filtre: Filtre,
  page: { apres: { creeLe: string; id: string } | null; decalage?: number; limite: number },
): Promise<SignalementLu[]> {
  const { apres, decalage = 0, limite } = page
  const lignes = await query(
    'lister les signalements',
    sql<Ligne[]>`select ${colonnes(sql)} from signalements.signalement s where ${conditions(sql, filtre)}
      ${apres ? sql`and (s.cree_le, s.id) < (${apres.creeLe}::timestamptz, ${apres.id}::uuid)` : sql``}
      order by s.cree_le desc, s.id desc limit ${limite} offset ${decalage}`,
  )
  return lignes.map(depuisLigne)
}

/** What is due first, first. */
export async function listerSignalementsAgent(
  sql: Queryable,
  filtre: Filtre,
  page: { apres: { echeance: string; id: string } | null; limite: number },
): Promise<SignalementLu[]> {
  const { apres, limite } = page
  const rang = sql`coalesce(s.echeance_le, date '9999-12-31')`
  const lignes = await query(
    'lister les signalements du secteur',
    sql<Ligne[]>`select ${colonnes(sql)} from signalements.signalement s where ${conditions(sql, filtre)}
      ${apres ? sql`and (${rang}, s.id) > (${apres.echeance}::date, ${apres.id}::uuid)` : sql``}
      order by ${rang}, s.id limit ${limite}`,
  )
  return lignes.map(depuisLigne)
}

/** Those of these references that are public. */
export async function lireParReference(
  sql: Queryable,
  references: readonly string[],
): Promise<SignalementLu[]> {
  const lignes = await query(
    'lire des signalements',
    sql<Ligne[]>`select ${colonnes(sql)} from signalements.signalement s
      where s.reference = any(${references as string[]}) and s.etat <> 'a_confirmer' order by s.cree_le desc, s.id desc`,
  )
  return lignes.map(depuisLigne)
}

/** How many reports under this address wait to be confirmed. */
/** How many wait to be confirmed from this address, whatever its `+tag`; whoever counts for it meanwhile waits their turn. */
export async function compterAConfirmer(tx: Transaction, courriel: string): Promise<number> {
  const [nom = '', domaine = ''] = courriel.toLowerCase().split('@')
  const adresse = `${nom.split('+')[0]}@${domaine}`
  await query('attendre son tour', tx`select pg_advisory_xact_lock(726873, hashtext(${adresse}))`)
  const [ligne] = await query(
    'compter les signalements a confirmer',
    tx<{ n: number }[]>`select count(*)::int as n from signalements.signalement
      where regexp_replace(lower(contact ->> 'courriel'), '\\+[^@]*@', '@') = ${adresse} and etat = 'a_confirmer'`,
  )
  return ligne?.n ?? 0
}

export async function lireSecret(sql: Queryable): Promise<Buffer> {
  const [ligne] = await query('lire le secret', sql<{ cle: Buffer }[]>`select cle from signalements.secret`)
  if (!ligne) throw new Error('signalements.secret has lost its row')
  return ligne.cle
}

/** Erases a report that nobody confirmed; what was written in it is gone. */
export async function oublier(
  sql: Queryable,
  { id, reference, version }: EtatDuSignalement,
  origin: Origin,
): Promise<void> {
  await commit(
    sql,
    {
      name: 'oublier le signalement',
      write: sql<{ id: string; version: number }[]>`
        delete from signalements.signalement where id = ${id} and version = ${version} and etat = 'a_confirmer'
        returning id, version + 1 as version`,
      event: SignalementAbandonne,
      data: { reference, etat: 'a_confirmer' },
      usagerId: null,
    },
    origin,
  )
}
