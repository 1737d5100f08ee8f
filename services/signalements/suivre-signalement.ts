import { randomUUID } from 'node:crypto'
import type { Signalement } from '../../contracts/signalement.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, rolesSur, trouver } from './acteur.ts'
import { lireSignalement } from './lire-signalement.ts'
import { personne } from '../../infra/access.ts'
import { abonner } from './store-abonnements.ts'
import { refuserImpossible } from './transitions.ts'

/** Following twice is following. */
export async function suivreSignalement({ id }: { id: string }, call: Call): Promise<Signalement> {
  const signalement = await trouver(call, id)
  const roles = await rolesSur(call, signalement)
  if (!roles.includes('suiveur')) {
    refuserImpossible(signalement, 'suivre', { roles, maintenant: call.now() })
    await abonner(
      call.db.sql,
      signalement,
      { id: randomUUID(), usagerId: personne(call.principal).usagers[signalement.secteur], origine: 'choix' },
      call.origin(acteur(call, signalement, 'suiveur')),
    )
    call.db.committed.notify()
  }
  return await lireSignalement({ id: signalement.id }, call)
}
