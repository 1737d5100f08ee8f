import type { RendezVous } from '../../contracts/rendez-vous.ts'
import type { Call } from '../../infra/service.ts'
import { calendrier, type EvenementIcs } from './icalendar.ts'
import { lireRendezVous } from './lire-rendez-vous.ts'

export async function exporterRendezVous({ id }: { id: string }, call: Call): Promise<string> {
  const rendezVous = await lireRendezVous({ id }, call)
  return calendrier(rendezVous.motif.titre, [evenementDe(rendezVous, rendezVous.motif.instructions)])
}

/** A rendez-vous as calendars know it: what, where and when, never who. */
export function evenementDe(rendezVous: RendezVous, description: string | null): EvenementIcs {
  const { id, motif, lieu, statut } = rendezVous
  return {
    uid: `rendez-vous-${id}@guichet.malakoff.fr`,
    sequence: rendezVous.version,
    debut: new Date(rendezVous.debut),
    fin: new Date(rendezVous.fin),
    modifieLe: new Date(rendezVous.modifieLe),
    titre: motif.titre,
    lieu: motif.mode === 'guichet' ? [lieu.libelle, lieu.situation].filter(Boolean).join(', ') : null,
    description,
    annule: statut === 'annule' || statut === 'excuse' || statut === 'expire',
  }
}
