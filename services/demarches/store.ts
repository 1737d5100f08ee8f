import type { JSONValue } from 'postgres'
import type { EventContract } from '../../contracts/define.ts'
import { type Demarche, DemarchePubliee } from '../../contracts/demarches.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { type Db, query, type Queryable } from '../../infra/db.ts'
import { type Change, commit, commitNow, type Origin } from '../../infra/event-log.ts'
import type { EtatDuDossier, MessageDuDossier, Resultat } from './dossier.ts'

/** Every SQL statement of the demarches service. */

type Ligne = Omit<EtatDuDossier, 'deposeLe' | 'creeLe' | 'modifieLe'> & {
  deposeLe: Date | null
  creeLe: Date
  modifieLe: Date
}

function colonnes(sql: Queryable) {
  return sql`id, reference, usager_id, secteur, demarche_id, demarche_version, etat, formulaire, pieces, corrections,
    depose_le, echeance_le, suspendue, decision, etapes, rouvert, instruction_interrompue, version, cree_le, modifie_le`
}

function depuisLigne(ligne: Ligne): EtatDuDossier {
  return {
    ...ligne,
    deposeLe: ligne.deposeLe?.toISOString() ?? null,
    creeLe: ligne.creeLe.toISOString(),
    modifieLe: ligne.modifieLe.toISOString(),
  }
}

export async function lireDossier(sql: Queryable, id: string): Promise<EtatDuDossier | null> {
  const [ligne] = await query(
    'lire le dossier',
    sql<Ligne[]>`select ${colonnes(sql)} from demarches.dossier where id = ${id}`,
  )
  return ligne ? depuisLigne(ligne) : null
}

export async function lireMessages(sql: Queryable, dossierId: string): Promise<MessageDuDossier[]> {
  const lignes = await query(
    'lire les messages',
    sql<(Omit<MessageDuDossier, 'creeLe'> & { creeLe: Date })[]>`
    select id, auteur, texte, correction_id, cree_le from demarches.message
    where dossier_id = ${dossierId} order by cree_le, id`,
  )
  return lignes.map((ligne) => ({ ...ligne, creeLe: ligne.creeLe.toISOString() }))
}

/**
 * Stores a decision of the rules and its one event, in one statement. The row must still be at the version
 * that the rules saw, and a new one be begun with the newest version of its demarche; false when that has moved on, and
 * then nothing was written.
 */
export async function enregistrer(
  sql: Queryable,
  { etat, evenement, message }: Resultat,
  origin: Origin,
  timers: Record<string, Date | null>,
  recherche: string,
): Promise<boolean> {
  const change: Change<EventContract, { id: string; version: number }> = {
    name: etat.version === 1 ? 'creer le dossier' : 'changer le dossier',
    write: etat.version === 1 ? inserer(sql, etat, recherche) : remplacer(sql, etat, recherche),
    event: evenement.contract as EventContract,
    data: evenement.data,
    usagerId: etat.usagerId,
    timers,
    ...(message && {
      also: [
        sql`insert into demarches.message (id, dossier_id, auteur, texte, correction_id, cree_le)
          select ${message.id}::uuid, ecrit.id, ${message.auteur}, ${message.texte}, ${message.correctionId}::uuid,
            ${message.creeLe}::timestamptz from ecrit`,
      ],
    }),
  }
  return (await commit(sql, change, origin)) !== undefined
}

function inserer(sql: Queryable, etat: EtatDuDossier, recherche: string) {
  return sql<{ id: string; version: number }[]>`
    insert into demarches.dossier (id, reference, usager_id, secteur, demarche_id, demarche_version, etat, formulaire,
      pieces, corrections, suspendue, rouvert, instruction_interrompue, version, cree_le, modifie_le, recherche)
    select ${etat.id}, ${etat.reference}, ${etat.usagerId}, ${etat.secteur}, ${etat.demarcheId}, ${etat.demarcheVersion},
      ${etat.etat}, ${sql.json(etat.formulaire as JSONValue)}, ${sql.json(etat.pieces as unknown as JSONValue)},
      ${sql.json(etat.corrections as unknown as JSONValue)}, ${etat.suspendue}, ${etat.rouvert},
      ${etat.instructionInterrompue}, 1, ${etat.creeLe}, ${etat.modifieLe}, to_tsvector('simple', ${recherche})
    where not exists (select from demarches.demarche where id = ${etat.demarcheId} and version > ${etat.demarcheVersion})
    returning id, version`
}

function remplacer(sql: Queryable, etat: EtatDuDossier, recherche: string) {
  return sql<{ id: string; version: number }[]>`
    update demarches.dossier set etat = ${etat.etat}, formulaire = ${sql.json(etat.formulaire as JSONValue)},
      pieces = ${sql.json(etat.pieces as unknown as JSONValue)},
      corrections = ${sql.json(etat.corrections as unknown as JSONValue)},
      depose_le = ${etat.deposeLe}, echeance_le = ${etat.echeanceLe}::date, suspendue = ${etat.suspendue},
      decision = ${etat.decision ? sql.json(etat.decision) : null}, etapes = ${sql.json(etat.etapes as unknown as JSONValue)}, rouvert = ${etat.rouvert},
      instruction_interrompue = ${etat.instructionInterrompue}, version = ${etat.version},
      modifie_le = ${etat.modifieLe}, recherche = to_tsvector('simple', ${recherche})
    where id = ${etat.id} and version = ${etat.version - 1}
    returning id, version`
}

export async function listerDossiers(
  sql: Queryable,
  filtre: {
    usagerIds: readonly string[]
    etat?: string | undefined
    apres: { creeLe: string; id: string } | null
    limite: number
  },
): Promise<EtatDuDossier[]> {
  const { apres } = filtre
  const lignes = await query(
    'lister mes dossiers',
    sql<Ligne[]>`
    select ${colonnes(sql)} from demarches.dossier
    where usager_id = any(${filtre.usagerIds as string[]})
      ${filtre.etat ? sql`and etat = ${filtre.etat}` : sql``}
      ${apres ? sql`and (cree_le, id) < (${apres.creeLe}::timestamptz, ${apres.id}::uuid)` : sql``}
    order by cree_le desc, id desc limit ${filtre.limite}`,
  )
  return lignes.map(depuisLigne)
}

export async function listerDossiersAgent(
  sql: Queryable,
  filtre: {
    secteurs: readonly Secteur[]
    etat?: string | undefined
    demarche?: string | undefined
    echeanceAvant?: string | undefined
    /** A `tsquery`, or a whole reference. */
    mots?: string | undefined
    reference?: string | undefined
    apres: { echeance: string; id: string } | null
    limite: number
  },
): Promise<EtatDuDossier[]> {
  const { apres } = filtre
  const lignes = await query(
    'lister les dossiers du secteur',
    sql<Ligne[]>`
    select ${colonnes(sql)} from demarches.dossier
    where secteur = any(${filtre.secteurs as Secteur[]}) and etat <> 'brouillon'
      ${filtre.etat ? sql`and etat = ${filtre.etat}` : sql``}
      ${filtre.demarche ? sql`and demarche_id = ${filtre.demarche}` : sql``}
      ${filtre.echeanceAvant ? sql`and echeance_le < ${filtre.echeanceAvant}::date` : sql``}
      ${filtre.reference ? sql`and reference = ${filtre.reference}` : sql``}
      ${filtre.mots ? sql`and recherche @@ to_tsquery('simple', ${filtre.mots})` : sql``}
      ${
        apres
          ? sql`and (coalesce(echeance_le, date '9999-12-31'), id) > (${apres.echeance}::date, ${apres.id}::uuid)`
          : sql``
      }
    order by coalesce(echeance_le, date '9999-12-31'), id limit ${filtre.limite}`,
  )
  return lignes.map(depuisLigne)
}

/** Every version that was published, or those of one demarche; the oldest first. */
export async function lireVersions(sql: Queryable, id?: string): Promise<Demarche[]> {
  const lignes = await query(
    'lire les versions des demarches',
    sql<{ contenu: Demarche }[]>`
    select contenu from demarches.demarche ${id === undefined ? sql`` : sql`where id = ${id}`} order by id, version`,
  )
  return lignes.map(({ contenu }) => contenu)
}

/** The newest version of each demarche, or of one. */
export async function lireDernieres(sql: Queryable, id?: string): Promise<Demarche[]> {
  const lignes = await query(
    'lire les demarches',
    sql<{ contenu: Demarche }[]>`
    select distinct on (id) contenu from demarches.demarche ${id === undefined ? sql`` : sql`where id = ${id}`}
    order by id, version desc`,
  )
  return lignes.map(({ contenu }) => contenu)
}

/** How many versions of demarches were published. */
export async function lireVersionDuCatalogue(sql: Queryable): Promise<number> {
  const [ligne] = await sql<
    { version: number }[]
  >`select version from demarches.catalogue where id = 'demarches'`
  return ligne!.version
}

/** Publishes a version and tells so; does nothing when the catalogue has moved on. */
export async function publierDemarche(
  db: Db,
  { demarche, version }: { demarche: Demarche; version: number },
  origin: Origin,
): Promise<void> {
  const { sql } = db
  const change: Change<typeof DemarchePubliee, { id: string; version: number }> = {
    name: 'publier la demarche',
    write: sql<{ id: string; version: number }[]>`
      update demarches.catalogue set version = version + 1
      where id = 'demarches' and version = ${version} returning id, version`,
    event: DemarchePubliee,
    data: { demarche: demarche.id, version: demarche.version, secteur: demarche.secteur },
    usagerId: null,
    also: [
      sql`insert into demarches.demarche (id, version, contenu, publiee_le)
        select ${demarche.id}, ${demarche.version}, ${JSON.stringify(demarche)}::text::json, ${origin.time}::timestamptz from ecrit`,
    ],
  }
  await commitNow(db, change, origin)
}
