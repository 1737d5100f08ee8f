import { Refusal } from '../../contracts/errors.ts'
import type { Signalement } from '../../contracts/signalement.ts'
import type { Call } from '../../infra/service.ts'
import { chercher, rolesSur, trouver } from './acteur.ts'
import type * as store from './store.ts'
import { lireTemoignages } from './store-temoignages.ts'
import { vueSignalement } from './vue.ts'

export async function lireSignalement({ id }: { id: string }, call: Call): Promise<Signalement> {
  return await voir(await trouver(call, id), call)
}

/** The answer to an order that was given before, also while the report still waits to be confirmed. */
export async function relireSignalement(id: string, call: Call): Promise<Signalement> {
  const signalement = await chercher(call, id)
  if (!signalement) throw new Refusal('introuvable')
  return await voir(signalement, call)
}

/** The report as the caller may see it. */
export async function voir(signalement: store.SignalementLu, call: Call): Promise<Signalement> {
  const roles = await rolesSur(call, signalement)
  const { principal, db } = call
  const moi = principal.kind === 'personne' ? principal.usagers[signalement.secteur] : undefined
  const temoignages = roles.includes('agent')
    ? await lireTemoignages(db.sql, signalement.id)
    : moi === undefined
      ? []
      : await lireTemoignages(db.sql, signalement.id, moi)
  return vueSignalement(signalement, roles, call.now(), temoignages)
}
