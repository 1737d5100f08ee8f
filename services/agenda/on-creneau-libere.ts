import {
  RendezVousAnnule,
  RendezVousConstate,
  RendezVousDeplace,
  ReservationTerminee,
} from '../../contracts/agenda-evenements.ts'
import { reaction } from '../../infra/subscriptions.ts'
import { autourDe, creneauxPour } from './choisir-creneau.ts'
import { changerSansPersonne } from './minuteries.ts'
import { proposer } from './liste-attente.ts'
import { listerLesAttentes } from './store-listes.ts'
import { lireOffre, lireRendezVous } from './store.ts'

/** How many of those who wait are told of one freed slot: it is to the first of them who moves. */
const prevenusAuPlus = 5

/** Tells who waits longest that a slot has become free, if it still is. */
export const onCreneauLibere = reaction(
  'agenda.on-creneau-libere',
  [RendezVousAnnule, RendezVousDeplace, RendezVousConstate, ReservationTerminee],
  async (event, { sql, now, consumer }) => {
    const { data } = event
    if (data.statut === 'vu' || data.statut === 'absent') return // nothing was freed
    const libere = {
      debut: 'ancienDebut' in data ? data.ancienDebut : data.debut,
      lieuId: 'ancienLieuId' in data ? data.ancienLieuId : data.lieuId,
    }
    const autour = autourDe(libere.debut, now())
    const offre = await lireOffre(sql, { motif: data.motifId, lieu: libere.lieuId, ...autour })
    if (!offre) return
    const encoreLibre = creneauxPour(offre, autour, false, now()).some(
      ({ debut }) => debut === Date.parse(libere.debut),
    )
    if (!encoreLibre) return
    const attentes = await listerLesAttentes(sql, {
      motifId: data.motifId,
      lieuId: libere.lieuId,
      apres: new Date(libere.debut),
      limite: 100,
    })
    let prevenus = 0
    for (const { id } of attentes) {
      if (event.subject === `rendez-vous/${id}`) continue // who just left this slot does not want it
      for (;;) {
        const rendezVous = await lireRendezVous(sql, id)
        const resultat = rendezVous && proposer(rendezVous, libere, now())
        if (!resultat) break
        if (!(await changerSansPersonne(sql, resultat, now(), { kind: 'systeme', id: consumer }))) continue
        if (++prevenus === prevenusAuPlus) return
        break
      }
    }
  },
)
