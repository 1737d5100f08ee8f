import { Refusal } from '../../contracts/errors.ts'
import type { Actor } from '../../contracts/principal.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { normaliserReference } from '../../infra/reference.ts'
import { Id } from '../../contracts/define.ts'
import type { EtatDuSignalement, Role } from './signalement.ts'
import * as store from './store.ts'
import { liens } from './store-abonnements.ts'

/**
 * The report that an address means: by its public reference, as people type it, or by its id.
 * @throws Refusal `introuvable` also for one that waits for its reporter to confirm it
 */
export async function trouver(call: Pick<Call, 'db'>, cible: string): Promise<store.SignalementLu> {
  const signalement = await chercher(call, cible)
  if (!signalement || signalement.etat === 'a_confirmer') throw new Refusal('introuvable')
  return signalement
}

/** The same, whatever its state; null when there is none. */
export async function chercher(call: Pick<Call, 'db'>, cible: string): Promise<store.SignalementLu | null> {
  const id = Id.safeParse(cible)
  if (id.success) return await store.lireSignalement(call.db.sql, { id: id.data })
  const reference = normaliserReference(cible)
  return reference === null ? null : await store.lireSignalement(call.db.sql, { reference })
}

/** What the caller is to this report. */
export async function rolesSur(
  { principal, db }: Pick<Call, 'principal' | 'db'>,
  { id, usagerId, secteur }: Pick<EtatDuSignalement, 'id' | 'usagerId' | 'secteur'>,
): Promise<Role[]> {
  if (principal.kind !== 'personne') return []
  const moi = principal.usagers[secteur]
  const roles: Role[] = []
  if (principal.agentDe.includes(secteur)) roles.push('agent')
  if (usagerId === moi) return [...roles, 'auteur', 'personne']
  const { suiveur, temoin } = await liens(db.sql, id, moi)
  if (suiveur) roles.push('suiveur')
  if (temoin) roles.push('temoin')
  return [...roles, 'personne']
}

/** The actor of an event: a citizen under the identifier of the sector, an agent under their journal's. */
export function acteur(call: Pick<Call, 'principal'>, { secteur }: EtatDuSignalement, role: Role): Actor {
  const { usagers, acteurId } = personne(call.principal)
  return role === 'agent' ? { kind: 'agent', id: acteurId } : { kind: 'usager', id: usagers[secteur] }
}
