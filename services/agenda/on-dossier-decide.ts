import { DossierDecide } from '../../contracts/demarches.ts'
import { reaction } from '../../infra/subscriptions.ts'
import { changerSansPersonne } from './minuteries.ts'
import { liberer } from './rendez-vous.ts'
import { listerDuDossier } from './store-listes.ts'
import { lireRendezVous } from './store.ts'

/** A dossier that is over needs no rendez-vous any more: those to come are freed for others. */
export const onDossierDecide = reaction(
  'agenda.on-dossier-decide',
  [DossierDecide],
  async (event, { sql, now, consumer }) => {
    const actor = { kind: 'systeme' as const, id: consumer }
    for (const trouve of await listerDuDossier(sql, event.subject.slice('dossier/'.length)))
      for (;;) {
        const rendezVous = await lireRendezVous(sql, trouve.id)
        const resultat = rendezVous && liberer(rendezVous, now())
        if (!resultat || (await changerSansPersonne(sql, resultat, now(), actor))) break
      }
  },
)
