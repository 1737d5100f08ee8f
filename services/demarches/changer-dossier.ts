import type { Dossier } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, roleSur } from './acteur.ts'
import { demarcheDe } from './definitions.ts'
import type { EtatDuDossier, Role } from './dossier.ts'
import { enregistrerDecisionDuTemps, minuteries } from './minuteries.ts'
import { texteCherchable } from './recherche.ts'
import { deciderImplicitement } from './silence.ts'
import { enregistrer, lireDossier, lireMessages } from './store.ts'
import { type Commande, executer } from './transitions.ts'
import { vueDossier } from './vue-dossier.ts'

const essais = 20

/**
 * One order on one dossier: read, let the rules decide, store state and event in one statement. When somebody
 * else was faster the rules decide again on what is there now.
 * @param roles who may give this order
 * @param verifier what only another service knows, asked before anything is stored
 */
export async function changerDossier(
  call: Call,
  { id, siVersion }: { id: string; siVersion?: number | undefined },
  roles: readonly Role[],
  commande: Commande,
  verifier?: (dossier: EtatDuDossier) => Promise<void>,
): Promise<Dossier> {
  for (let essai = 0; essai < essais; essai++) {
    const dossier = await lireDossier(call.db.sql, id)
    const role = roleSur(call, dossier)
    if (!dossier || !roles.includes(role)) throw new Refusal('acces-refuse')
    const maintenant = call.now()
    const demarche = await demarcheDe(call.db.sql, dossier)
    // Past its legal day a dossier is decided, even when the timer has not fired yet: an agent comes too late.
    const silence = deciderImplicitement(dossier, { demarche, maintenant })
    if (silence) {
      await enregistrerDecisionDuTemps(call.db.sql, silence, { demarche, maintenant })
      call.db.committed.notify()
      continue
    }
    const resultat = executer(dossier, commande, { demarche, maintenant, role, siVersion })
    await verifier?.(resultat.etat)
    const stored = await enregistrer(
      call.db.sql,
      resultat,
      call.origin(acteur(call, dossier, role)),
      minuteries(resultat.etat, { demarche, maintenant }),
      texteCherchable(resultat.etat.formulaire),
    )
    if (stored) {
      call.db.committed.notify()
      return vueDossier(resultat.etat, demarche, await lireMessages(call.db.sql, id), role, maintenant)
    }
  }
  throw new Refusal('service-indisponible')
}
