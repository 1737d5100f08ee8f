import type { z } from 'zod'
import { joursParQuestion, type ListerCreneaux } from '../../contracts/rendez-vous.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { estAgent } from './acteur.ts'
import { ecartEntre, refuserChamp } from './champs.ts'
import { bornes, creneauxPour, dernierJour, joursUtiles } from './choisir-creneau.ts'
import { regrouper } from './creneaux.ts'
import { jourDeParis } from '../../infra/calendrier.ts'
import { lireOffre } from './store.ts'

export async function listerCreneaux(
  { motif, lieu, du, au }: z.output<typeof ListerCreneaux.params>,
  call: Call,
): Promise<z.output<typeof ListerCreneaux.returns>> {
  if (ecartEntre(du, au) >= joursParQuestion)
    refuserChamp('/au', `Demandez ${joursParQuestion} jours au plus.`)
  const jours = joursUtiles({ du, au }, call.now())
  const lus = jours ?? { du: jourDeParis(call.now()), au: jourDeParis(call.now()) }
  const offre = await lireOffre(call.db.sql, { motif, lieu, ...bornes(lus.du, lus.au) })
  if (!offre) throw new Refusal('introuvable')
  const agent = estAgent(call, offre.motif.secteur)
  if (offre.motif.reservablePar === 'agents' && !agent) throw new Refusal('introuvable')
  return {
    elements: jours ? regrouper(creneauxPour(offre, jours, agent, call.now())) : [],
    jusquau: dernierJour(offre.motif, agent, call.now()),
  }
}
