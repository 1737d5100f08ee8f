import type { Actor } from '../../contracts/principal.ts'
import type { Queryable } from '../../infra/db.ts'
import type { Timer } from '../../infra/timers.ts'
import {
  delaiRappelMs,
  type EtatDuRendezVous,
  rappeler,
  rendre,
  type Resultat,
  tientEncore,
} from './rendez-vous.ts'
import { changer, lireRendezVous } from './store.ts'

const expiration = 'agenda.expirer-reservation'
const rappel = 'agenda.rappel'
const horloge: Actor = { kind: 'horloge', id: null }

/** The timers that a rendez-vous needs from now on: the end of its hold, the reminder 48 hours before. Null disarms. */
export function minuteries(rendezVous: EtatDuRendezVous, maintenant: Date): Record<string, Date | null> {
  const rappelLe = new Date(Date.parse(rendezVous.debut) - delaiRappelMs)
  return {
    [expiration]:
      rendezVous.statut === 'reserve' && rendezVous.reserveJusqua ? new Date(rendezVous.reserveJusqua) : null,
    [rappel]: rendezVous.statut === 'inconnu' && rappelLe > maintenant ? rappelLe : null,
  }
}

/** Stores what the passing of time, or an event, decides about a rendez-vous; false when somebody else was faster. */
export async function changerSansPersonne(
  sql: Queryable,
  resultat: Resultat,
  maintenant: Date,
  actor: Actor = horloge,
): Promise<boolean> {
  const origin = { source: 'agenda', actor, time: maintenant }
  return await changer(sql, resultat, origin, minuteries(resultat.etat, maintenant))
}

function minuterie(
  name: string,
  decider: (rendezVous: EtatDuRendezVous, maintenant: Date) => Resultat | null,
): Timer {
  return {
    name,
    async fire(id, { sql, now }) {
      for (;;) {
        const rendezVous = await lireRendezVous(sql, id)
        if (!rendezVous) throw new Error(`rendez-vous ${id} is gone`)
        const resultat = decider(rendezVous, now())
        if (!resultat || (await changerSansPersonne(sql, resultat, now()))) return
      }
    },
  }
}

export const minuteriesDesRendezVous: readonly Timer[] = [
  minuterie(expiration, (un, maintenant) => (tientEncore(un, maintenant) ? null : rendre(un, maintenant))),
  minuterie(rappel, rappeler),
]
