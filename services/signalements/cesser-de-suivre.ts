import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, trouver } from './acteur.ts'
import { desabonner } from './store-abonnements.ts'

/** Who does not follow it need not stop. */
export async function cesserDeSuivre({ id }: { id: string }, call: Call): Promise<null> {
  const signalement = await trouver(call, id)
  const usagerId = personne(call.principal).usagers[signalement.secteur]
  const origin = call.origin(acteur(call, signalement, 'suiveur'))
  if (await desabonner(call.db.sql, signalement, usagerId, origin)) call.db.committed.notify()
  return null
}
