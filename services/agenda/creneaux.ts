import { estFerie } from '../../infra/calendrier.ts'
import { instantDeParis } from './paris.ts'
import { joursDe, type Repetition } from './recurrence.ts'

/** An opening, as far as slots are concerned. */
export interface PlageOuverte extends Repetition {
  readonly agentId: string
  /** `HH:MM` of Paris; `fin` may be `24:00`. */
  readonly debut: string
  readonly fin: string
}

/** Time of an agent that is taken, epoch milliseconds; end excluded. */
export interface Occupation {
  readonly debut: number
  readonly fin: number
  /** People of the very motif that is asked for, from `debut`; null: something else. */
  readonly presents: number | null
}

export interface Offre {
  /** Minutes. */
  readonly duree: number
  /** People per slot. */
  readonly capacite: number
  readonly plages: readonly PlageOuverte[]
  /** By agent. */
  readonly occupations: ReadonlyMap<string, readonly Occupation[]>
}

/** A free slot of one agent, epoch milliseconds. */
export interface CreneauLibre {
  readonly agentId: string
  readonly debut: number
  readonly fin: number
  readonly libres: number
}

/**
 * The free slots of an offer that begin in a window: each opening is cut by the duration from its start, on every day
 * of its recurrence that is no public holiday; what overlaps an occupation is left out, unless it is the same
 * collective slot with room left. The grid does not move when somebody books, so what a person has seen stays true
 * until somebody takes it. In no order; no agent twice in one slot.
 * @param jours the civil days that are looked at, both included
 * @param fenetre epoch milliseconds between which a slot may begin, the end excluded
 */
export function creneauxLibres(
  offre: Offre,
  jours: { readonly du: string; readonly au: string },
  fenetre: { readonly de: number; readonly a: number },
): CreneauLibre[] {
  const pas = offre.duree * 60_000
  const agendas = new Map<string, Agenda>()
  const vus = new Set<string>()
  const plusieurs = new Set(
    [...Map.groupBy(offre.plages, ({ agentId }) => agentId)]
      .filter(([, plages]) => plages.length > 1)
      .map(([id]) => id),
  )
  const trouves: CreneauLibre[] = []
  // Many agents keep the same hours: what these give is worked out once.
  for (const plages of Map.groupBy(offre.plages, grille).values()) {
    const debuts = debutsDe(plages[0]!, jours, fenetre, pas)
    for (const { agentId } of plages) {
      const agenda = agendas.get(agentId) ?? agendaDe(offre.occupations.get(agentId) ?? [])
      agendas.set(agentId, agenda)
      for (const { debut, libres } of placesLibres(agenda, debuts, pas, offre.capacite)) {
        if (plusieurs.has(agentId)) {
          const cle = `${agentId} ${debut}`
          if (vus.has(cle)) continue
          vus.add(cle)
        }
        trouves.push({ agentId, debut, fin: debut + pas, libres })
      }
    }
  }
  return trouves
}

function grille({ premierJour, recurrence, debut, fin }: PlageOuverte): string {
  return [premierJour, recurrence, debut, fin].join(' ')
}

/** Where the slots of these hours begin, in order. */
function debutsDe(
  plage: PlageOuverte,
  jours: { readonly du: string; readonly au: string },
  fenetre: { readonly de: number; readonly a: number },
  pas: number,
): number[] {
  const debuts: number[] = []
  for (const jour of joursDe(plage, jours.du, jours.au)) {
    if (estFerie(jour)) continue
    const fermeture = instantDeParis(jour, plage.fin)
    for (let debut = instantDeParis(jour, plage.debut); debut + pas <= fermeture; debut += pas)
      if (debut >= fenetre.de && debut < fenetre.a) debuts.push(debut)
  }
  return debuts
}

/** One line per start, in order, with the room of all agents together. */
export function regrouper(libres: readonly CreneauLibre[]): { debut: string; fin: string; libres: number }[] {
  const groupes = new Map<number, { debut: number; fin: number; libres: number }>()
  for (const { debut, fin, libres: places } of libres) {
    const groupe = groupes.get(debut)
    if (groupe) groupe.libres += places
    else groupes.set(debut, { debut, fin, libres: places })
  }
  return [...groupes.values()]
    .toSorted((a, b) => a.debut - b.debut)
    .map(({ debut, fin, libres: places }) => ({
      debut: new Date(debut).toISOString(),
      fin: new Date(fin).toISOString(),
      libres: places,
    }))
}

interface Intervalle {
  debut: number
  fin: number
  presents: number
}

/** What an agent has: disjoint and in order, apart what is closed and what is of the motif that is asked for. */
interface Agenda {
  readonly ferme: readonly Intervalle[]
  readonly motif: readonly Intervalle[]
}

function agendaDe(prises: readonly Occupation[]): Agenda {
  const triees = prises.toSorted((a, b) => a.debut - b.debut)
  const agenda = { ferme: [] as Intervalle[], motif: [] as Intervalle[] }
  for (const { debut, fin, presents } of triees) {
    const liste = presents === null ? agenda.ferme : agenda.motif
    const dernier = liste.at(-1)
    // Of one motif an agent has slots that are the same or apart; absences may overlap anything.
    if (dernier && debut < dernier.fin) {
      dernier.fin = Math.max(dernier.fin, fin)
      dernier.presents += presents ?? 0
    } else liste.push({ debut, fin, presents: presents ?? 0 })
  }
  return agenda
}

/** Walks through starts and what is taken side by side, both in order. */
function placesLibres(
  { ferme, motif }: Agenda,
  debuts: readonly number[],
  pas: number,
  capacite: number,
): { debut: number; libres: number }[] {
  const trouvees: { debut: number; libres: number }[] = []
  let [f, m] = [0, 0]
  for (const debut of debuts) {
    const fin = debut + pas
    while (f < ferme.length && ferme[f]!.fin <= debut) f++
    if (f < ferme.length && ferme[f]!.debut < fin) continue
    while (m < motif.length && motif[m]!.fin <= debut) m++
    const meme = motif[m]
    if (!meme || meme.debut >= fin) trouvees.push({ debut, libres: capacite })
    // Another that begins within this slot closes it, too, however many places it has.
    else if (meme.debut === debut && meme.presents < capacite && !(motif[m + 1] && motif[m + 1]!.debut < fin))
      trouvees.push({ debut, libres: capacite - meme.presents })
  }
  return trouvees
}
