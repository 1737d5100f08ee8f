import { RendezVousConstate } from '../../contracts/agenda-evenements.ts'
import { reaction } from '../../infra/subscriptions.ts'
import { noterRendezVous } from './etapes.ts'
import { texteCherchable } from './recherche.ts'
import { enregistrer, lireDossier } from './store.ts'

/** A rendez-vous to which the usager came is a step of their dossier that is done; when the agent corrects that, it is not. */
export const onRendezVousConstate = reaction(
  'demarches.on-rendez-vous-constate',
  [RendezVousConstate],
  async (event, { sql, now, consumer }) => {
    const { dossierId, statut, debut } = event.data
    if (dossierId === null) return
    const rendezVous = { id: event.subject.slice('rendez-vous/'.length), statut, debut }
    for (;;) {
      const dossier = await lireDossier(sql, dossierId)
      // Nothing says that a dossier named by another service is there: then there is nothing to note.
      const resultat = dossier && noterRendezVous(dossier, rendezVous, now())
      if (!resultat) return
      const origin = { source: 'demarches', actor: { kind: 'systeme' as const, id: consumer }, time: now() }
      if (await enregistrer(sql, resultat, origin, {}, texteCherchable(resultat.etat.formulaire))) return
    }
  },
)
