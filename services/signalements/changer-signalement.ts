import { Refusal } from '../../contracts/errors.ts'
import type { Signalement } from '../../contracts/signalement.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, rolesSur, trouver } from './acteur.ts'
import { categorieDuJeu } from './catalogue.ts'
import { voir } from './lire-signalement.ts'
import { minuteries } from './minuteries.ts'
import type { Role } from './signalement.ts'
import * as store from './store.ts'
import { type Commande, executer } from './transitions.ts'

const essais = 20

/**
 * One order on one report: read, let the rules decide, store state and event in one statement. When somebody else was
 * faster the rules decide again on what is there now.
 * @param role as whom the order is given
 * @param verifier what only another service or another report knows, asked before anything is stored
 */
export async function changerSignalement(
  call: Call,
  { id, siVersion }: { id: string; siVersion?: number | undefined },
  role: Role,
  commande: Commande,
  verifier?: (
    signalement: store.SignalementLu,
  ) => Promise<{ photosDesTemoignages?: readonly string[] } | void>,
): Promise<Signalement> {
  for (let essai = 0; essai < essais; essai++) {
    const signalement = await trouver(call, id)
    // Everybody knows that it is there.
    if (!(await rolesSur(call, signalement)).includes(role)) throw new Refusal('acces-refuse')
    const { delaiJoursOuvres } = categorieDuJeu(signalement.categorie, signalement.categorieJeu)
    const verifie = (await verifier?.(signalement)) ?? {}
    const contexte = { maintenant: call.now(), delaiJoursOuvres, roles: [role], siVersion, ...verifie }
    const resultat = executer(signalement, commande, contexte)
    const origin = call.origin(acteur(call, signalement, role))
    if (await store.enregistrer(call.db.sql, resultat, origin, minuteries(resultat.etat))) {
      call.db.committed.notify()
      return await voir({ ...resultat.etat, suiveurs: signalement.suiveurs }, call)
    }
  }
  throw new Refusal('service-indisponible')
}
