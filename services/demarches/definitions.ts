import type { Demarche } from '../../contracts/demarches.ts'
import type { Queryable } from '../../infra/db.ts'
import { versions } from './catalogue.ts'
import type { EtatDuDossier } from './dossier.ts'
import * as store from './store.ts'

/** Every version that this process knows, by id and number: one that was published never changes. */
const connues = new Map<string, Demarche>()
const dernieres = new Map<string, Demarche>()
for (const une of versions) retenir(une)

/** Knows this version from now on, in place of what a file of this release says of it. */
export function retenir(une: Demarche): void {
  connues.set(cle(une.id, une.version), une)
  if (une.version >= (dernieres.get(une.id)?.version ?? 0)) dernieres.set(une.id, une)
}

/** The demarche in the version that the dossier was begun with, by whatever release. */
export async function demarcheDe(
  sql: Queryable,
  { demarcheId, demarcheVersion }: Pick<EtatDuDossier, 'demarcheId' | 'demarcheVersion'>,
): Promise<Demarche> {
  const connue = connues.get(cle(demarcheId, demarcheVersion))
  if (connue) return connue
  await apprendre(sql, demarcheId)
  const apprise = connues.get(cle(demarcheId, demarcheVersion))
  if (!apprise) throw new Error(`demarche ${cle(demarcheId, demarcheVersion)} is gone`)
  return apprise
}

/** The newest version that this process knows; undefined when there is none. */
export async function derniereConnue(sql: Queryable, id: string): Promise<Demarche | undefined> {
  if (!dernieres.has(id)) await apprendre(sql, id)
  return dernieres.get(id)
}

/** Reads what was published of this demarche. */
export async function apprendre(sql: Queryable, id: string): Promise<void> {
  for (const une of await store.lireVersions(sql, id)) retenir(une)
}

function cle(id: string, version: number): string {
  return `${id} v${version}`
}
