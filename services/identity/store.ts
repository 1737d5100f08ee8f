import { CompteCree, CompteModifie } from '../../contracts/identity.ts'
import { Secteur, UsagerIds } from '../../contracts/principal.ts'
import { type Db, query, type Queryable } from '../../infra/db.ts'
import { commitNow, eventColumns, type EventRow, type Origin } from '../../infra/event-log.ts'
import { typesDuSuivi } from '../../infra/suivi.ts'

/** Every SQL statement of the identity service. */

export interface Compte {
  acteurId: string
  prenom: string | null
  nom: string | null
  courriel: string | null
  telephone: string | null
  langue: 'fr' | 'en' | 'pt' | 'ar'
  version: number
}

export type ChampCompte = 'prenom' | 'nom' | 'courriel' | 'telephone' | 'langue'

export interface Identite {
  acteurId: string
  usagers: UsagerIds
}

/** The account of that issuer and subject, with an identifier for every sector; null until all are there. */
export async function lireIdentite(
  sql: Queryable,
  emetteur: string,
  sujet: string,
): Promise<Identite | null> {
  const [ligne] = await query(
    'lire l’identite',
    sql<{ acteurId: string; usagers: Record<string, string> }[]>`
    select c.acteur_id, jsonb_object_agg(u.secteur, u.id) as usagers
    from identity.compte c join identity.usager u on u.compte_id = c.id
    where c.emetteur = ${emetteur} and c.sujet = ${sujet} group by c.acteur_id`,
  )
  const usagers = UsagerIds.safeParse(ligne?.usagers)
  return ligne && usagers.success ? { acteurId: ligne.acteurId, usagers: usagers.data } : null
}

/** Makes what is missing of an account: its row and event on first sight, and one identifier per sector. */
export async function creerIdentite(
  db: Db,
  compte: {
    emetteur: string
    sujet: string
    prenom: string | null
    nom: string | null
    courriel: string | null
  },
  origin: Omit<Origin, 'actor'>,
): Promise<void> {
  const { emetteur, sujet, prenom, nom, courriel } = compte
  await commitNow(
    db,
    {
      name: 'creer le compte',
      write: db.sql<{ id: string; version: number }[]>`
        insert into identity.compte (emetteur, sujet, prenom, nom, courriel)
        values (${emetteur}, ${sujet}, ${prenom}, ${nom}, ${courriel})
        on conflict on constraint compte_sujet do nothing returning acteur_id as id, version`,
      event: CompteCree,
      data: {},
      usagerId: null,
    },
    { ...origin, actor: { kind: 'systeme', id: 'identity' } },
  )
  await query(
    'creer les usagers',
    db.sql`insert into identity.usager (compte_id, secteur)
      select c.id, s from identity.compte c, unnest(${Secteur.options as string[]}::text[]) s
      where c.emetteur = ${emetteur} and c.sujet = ${sujet}
      on conflict on constraint usager_secteur do nothing`,
  )
}

export async function lireCompte(sql: Queryable, acteurId: string): Promise<Compte | null> {
  const [compte] = await query(
    'lire le compte',
    sql<Compte[]>`select acteur_id, prenom, nom, courriel, telephone, langue, version
      from identity.compte where acteur_id = ${acteurId}`,
  )
  return compte ?? null
}

/** False when the account is no longer at that version; nothing was written then. */
export async function enregistrerCompte(
  db: Db,
  compte: Compte,
  champs: ChampCompte[],
  origin: Origin,
): Promise<boolean> {
  const row = await commitNow(
    db,
    {
      name: 'modifier le compte',
      write: db.sql<{ id: string; version: number }[]>`
        update identity.compte set prenom = ${compte.prenom}, nom = ${compte.nom}, courriel = ${compte.courriel},
          telephone = ${compte.telephone}, langue = ${compte.langue}, version = version + 1
        where acteur_id = ${compte.acteurId} and version = ${compte.version}
        returning acteur_id as id, version`,
      event: CompteModifie,
      data: { champs },
      usagerId: null,
    },
    origin,
  )
  return row !== undefined
}

/** The citizen's events across all sectors, newest first, joined only here and only while this is read. */
export async function lireSuivi(
  sql: Queryable,
  page: { usagerIds: readonly string[]; avant: number | null; limite: number },
): Promise<(EventRow & { rang: number })[]> {
  return await query(
    'lire le suivi',
    sql<(EventRow & { rang: number })[]>`
    select ${eventColumns(sql)} from hub.event e
    where usager_id = any(${page.usagerIds as string[]}) and type = any(${typesDuSuivi as string[]}) and rang is not null
      ${page.avant === null ? sql`` : sql`and rang < ${page.avant}`}
    order by rang desc limit ${page.limite}`,
  )
}
