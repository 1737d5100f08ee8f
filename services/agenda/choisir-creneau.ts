import { randomInt } from 'node:crypto'
import type { Motif } from '../../contracts/agenda.ts'
import { Refusal } from '../../contracts/errors.ts'
import { type CreneauLibre, creneauxLibres, regrouper } from './creneaux.ts'
import { ajouterJours, instantDeParis, jourDeParis } from './paris.ts'
import type { OffreLue } from './store.ts'

/** How far ahead of the slot asked for others are looked for, when it is taken. */
const joursDeRechange = 14
const rechangesAuPlus = 5

/** Nobody books further ahead, agents included. */
const joursDAvance = 731

/** The civil days of Paris in which a slot can lie at all: today is the first. */
function horizon(maintenant: Date): { du: string; au: string } {
  const du = jourDeParis(maintenant)
  return { du, au: ajouterJours(du, joursDAvance) }
}

/** Those of these days that lie within the horizon; null: none. */
export function joursUtiles(
  jours: { du: string; au: string },
  maintenant: Date,
): { du: string; au: string } | null {
  const possibles = horizon(maintenant)
  const du = jours.du > possibles.du ? jours.du : possibles.du
  const au = jours.au < possibles.au ? jours.au : possibles.au
  return du <= au ? { du, au } : null
}

/**
 * The span of an offer that matters for one slot: its day in Paris and those after it, or the nearest that lie within the
 * horizon. Epoch milliseconds.
 */
export function autourDe(debut: string, maintenant: Date): { du: string; au: string; de: number; a: number } {
  const possibles = horizon(maintenant)
  const leJour = jourDeParis(new Date(debut))
  const du = leJour < possibles.du ? possibles.du : leJour > possibles.au ? possibles.au : leJour
  const au = ajouterJours(du, joursDeRechange)
  return { du, au, ...bornes(du, au) }
}

/** From the first midnight to the last, in Paris. */
export function bornes(du: string, au: string): { de: number; a: number } {
  return { de: instantDeParis(du, '00:00'), a: instantDeParis(au, '24:00') }
}

/**
 * The slots of an offer that this caller may take between two days. Agents of the sector may take any that is to come;
 * others keep to the delays of the motif.
 */
export function creneauxPour(
  offre: OffreLue,
  jours: { readonly du: string; readonly au: string },
  agent: boolean,
  maintenant: Date,
): CreneauLibre[] {
  const { motif, lieu } = offre
  if (!motif.actif || !lieu.actif) return []
  const { de, a } = bornes(jours.du, jours.au)
  const fenetre = agent ? { de: maintenant.getTime(), a: Infinity } : delais(motif, maintenant)
  return creneauxLibres({ ...offre, duree: motif.duree, capacite: motif.capacite }, jours, {
    de: Math.max(de, fenetre.de),
    a: Math.min(a, fenetre.a),
  })
}

/** When a slot of this motif may begin that is booked now: the last day is open to its end. */
function delais({ delaiMin, delaiMax }: Motif, maintenant: Date): { de: number; a: number } {
  return {
    de: maintenant.getTime() + delaiMin * 60_000,
    a: instantDeParis(ajouterJours(jourDeParis(maintenant), delaiMax), '24:00'),
  }
}

/** The agents who are free at that very start, whoever comes first in no order, so that they share the work. */
export function candidats(libres: readonly CreneauLibre[], debut: string): CreneauLibre[] {
  const instant = Date.parse(debut)
  const aCetteHeure = libres.filter((libre) => libre.debut === instant)
  const premier = aCetteHeure.length > 1 ? randomInt(aCetteHeure.length) : 0
  return [...aCetteHeure.slice(premier), ...aCetteHeure.slice(0, premier)]
}

/** The refusal of a slot that is not free, with others that are, the nearest in time first. */
export function indisponible(libres: readonly CreneauLibre[], debut: string): Refusal {
  const ecart = (creneau: { debut: string }) => Math.abs(Date.parse(creneau.debut) - Date.parse(debut))
  const creneaux = regrouper(libres)
    .toSorted((a, b) => ecart(a) - ecart(b))
    .slice(0, rechangesAuPlus)
  return new Refusal('creneau-indisponible', undefined, { creneaux })
}
