import type { z } from 'zod'
import type { DeplacerRendezVous, RendezVous } from '../../contracts/rendez-vous.ts'
import { Refusal } from '../../contracts/errors.ts'
import { transaction, violates } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, estAgent, verifierDroit } from './acteur.ts'
import { lirePour } from './changer-rendez-vous.ts'
import { autourDe, candidats, creneauxPour } from './choisir-creneau.ts'
import { minuteries } from './minuteries.ts'
import { refuser } from './prendre-creneau.ts'
import { deplacer } from './rendez-vous.ts'
import * as store from './store.ts'
import { vueRendezVous } from './vue-rendez-vous.ts'

const essais = 20

/** The old slot is given back in the very statement that takes the new one: nobody ever has neither. */
export async function deplacerRendezVous(
  { debut, lieu, ...cible }: z.output<typeof DeplacerRendezVous.params>,
  call: Call,
): Promise<RendezVous> {
  const autour = autourDe(debut, call.now())
  for (let essai = 0; essai < essais; essai++) {
    const { rendezVous, role } = await lirePour(call, cible, ['usager', 'agent'])
    const offre = await store.lireOffre(call.db.sql, {
      motif: rendezVous.motifId,
      lieu: lieu ?? rendezVous.lieuId,
      ...autour,
      sauf: rendezVous.id,
    })
    if (!offre) throw new Refusal('introuvable')
    const maintenant = call.now()
    if (role === 'usager') await verifierDroit(call, offre.motif)
    const libres = creneauxPour(offre, autour, estAgent(call, rendezVous.secteur), maintenant)
    const [choix] = candidats(libres, debut)
    const vers = {
      agentId: choix?.agentId ?? rendezVous.agentId,
      lieuId: offre.lieu.id,
      debut: new Date(debut).toISOString(),
      fin: new Date(choix?.fin ?? debut).toISOString(),
      place: 1,
      capacite: offre.motif.capacite,
    }
    // May it be moved at all? Then say so before it is said that the slot is taken.
    const resultat = deplacer(rendezVous, vers, role, maintenant)
    if (!choix) throw await refuser(call, offre, { debut }, libres)
    const origin = call.origin(acteur(call, rendezVous.secteur, role))
    const timers = minuteries(resultat.etat, maintenant)
    try {
      const moved = await transaction(call.db, 'deplacer le rendez-vous', (tx) =>
        store.deplacer(tx, resultat, origin, timers),
      )
      if (moved) return vueRendezVous(resultat.etat, offre, role, maintenant)
    } catch (error) {
      if (!violates(error, 'rendez_vous_agent') && !violates(error, 'rendez_vous_place')) throw error
    }
  }
  throw new Refusal('service-indisponible')
}
