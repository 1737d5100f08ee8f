import { estFerie } from './feries.ts'
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
  readonly agentId: string
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
  readonly occupations: readonly Occupation[]
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
 * until somebody takes it. In order of time; no agent twice in one slot.
 * @param jours the civil days that are looked at, both included
 * @param fenetre epoch milliseconds between which a slot may begin, the end excluded
 */
export function creneauxLibres(
  offre: Offre,
  jours: { readonly du: string; readonly au: string },
  fenetre: { readonly de: number; readonly a: number },
): CreneauLibre[] {
  const pas = offre.duree * 60_000
  const parAgent = new Map(
    [...Map.groupBy(offre.occupations, ({ agentId }) => agentId)].map(([agentId, prises]) => [
      agentId,
      agendaDe(prises),
    ]),
  )
  const vus = new Map<string, Set<number>>()
  const trouves: CreneauLibre[] = []
  for (const plage of offre.plages) {
    const { agentId } = plage
    const agenda = parAgent.get(agentId) ?? libre
    const deja = vus.get(agentId) ?? new Set()
    vus.set(agentId, deja)
    for (const jour of joursDe(plage, jours.du, jours.au)) {
      if (estFerie(jour)) continue
      const fermeture = instantDeParis(jour, plage.fin)
      for (let debut = instantDeParis(jour, plage.debut); debut + pas <= fermeture; debut += pas) {
        if (debut < fenetre.de || debut >= fenetre.a || deja.has(debut)) continue
        const libres = placesLibres(agenda, debut, debut + pas, offre.capacite)
        if (libres <= 0) continue
        deja.add(debut)
        trouves.push({ agentId, debut, fin: debut + pas, libres })
      }
    }
  }
  return trouves.toSorted((a, b) => a.debut - b.debut)
}

/** One line per start, with the room of all agents together. */
export function regrouper(libres: readonly CreneauLibre[]): { debut: string; fin: string; libres: number }[] {
  const groupes: { debut: number; fin: number; libres: number }[] = []
  for (const { debut, fin, libres: places } of libres) {
    const dernier = groupes.at(-1)
    if (dernier?.debut === debut) dernier.libres += places
    else groupes.push({ debut, fin, libres: places })
  }
  return groupes.map(({ debut, fin, libres: places }) => ({
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

const libre: Agenda = { ferme: [], motif: [] }

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

function placesLibres({ ferme, motif }: Agenda, debut: number, fin: number, capacite: number): number {
  if (chevauche(ferme, debut, fin)) return 0
  const meme = chevauche(motif, debut, fin)
  if (!meme) return capacite
  return meme.debut === debut ? capacite - meme.presents : 0
}

/** The last of these intervals that overlaps `debut` to `fin`. */
function chevauche(intervalles: readonly Intervalle[], debut: number, fin: number): Intervalle | undefined {
  let [bas, haut] = [0, intervalles.length]
  while (bas < haut) {
    const milieu = (bas + haut) >> 1
    if (intervalles[milieu]!.debut < fin) bas = milieu + 1
    else haut = milieu
  }
  const dernier = intervalles[bas - 1]
  return dernier && dernier.fin > debut ? dernier : undefined
}
