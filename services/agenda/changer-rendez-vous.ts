import type { RendezVous } from '../../contracts/rendez-vous.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, roleSur } from './acteur.ts'
import { minuteries } from './minuteries.ts'
import type { EtatDuRendezVous, Resultat, Role } from './rendez-vous.ts'
import { changer, lireRendezVous } from './store.ts'
import { vuesRendezVous } from './vue-rendez-vous.ts'

const essais = 20

/** What an order is about: which rendez-vous, and the version that the caller read, if they mind. */
export interface Cible {
  readonly id: string
  readonly siVersion?: number | undefined
}

/**
 * One order on one rendez-vous, its slot unchanged: read, let the rules decide, store state and event in one statement. When
 * somebody else was faster the rules decide again on what is there now.
 * @param roles who may give this order
 * @throws Refusal `introuvable`, `acces-refuse`, `modifie-entre-temps`, and what the rules throw
 */
export async function changerRendezVous(
  call: Call,
  cible: Cible,
  roles: readonly Role[],
  decider: (rendezVous: EtatDuRendezVous, role: Role, maintenant: Date) => Resultat | Promise<Resultat>,
): Promise<RendezVous> {
  for (let essai = 0; essai < essais; essai++) {
    const { rendezVous, role } = await lirePour(call, cible, roles)
    const maintenant = call.now()
    const resultat = await decider(rendezVous, role, maintenant)
    // An officer who held a slot and books it for somebody else does so as an officer.
    const joue = resultat.etat.usagerId === rendezVous.usagerId ? role : 'agent'
    const origin = call.origin(acteur(call, rendezVous.secteur, joue))
    if (await changer(call.db.sql, resultat, origin, minuteries(resultat.etat, maintenant))) {
      call.db.committed.notify()
      const [vue] = await vuesRendezVous(call.db.sql, [resultat.etat], () => joue, maintenant)
      return vue!
    }
  }
  throw new Refusal('service-indisponible')
}

export async function lirePour(
  call: Call,
  { id, siVersion }: Cible,
  roles: readonly Role[],
): Promise<{ rendezVous: EtatDuRendezVous; role: Role }> {
  const rendezVous = await lireRendezVous(call.db.sql, id)
  const role = roleSur(call, rendezVous)
  if (!rendezVous || !roles.includes(role)) throw new Refusal('acces-refuse')
  if (siVersion !== undefined && siVersion !== rendezVous.version) throw new Refusal('modifie-entre-temps')
  return { rendezVous, role }
}
