import { randomInt } from 'node:crypto'
import type { Motif } from '../../contracts/agenda.ts'
import { Refusal } from '../../contracts/errors.ts'
import { type CreneauLibre, creneauxLibres, regrouper } from './creneaux.ts'
import { ajouterJours, jourDeParis } from '../../infra/calendrier.ts'
import { instantDeParis } from './paris.ts'
import type { OffreLue } from './store.ts'

/** How far ahead of the slot asked for others are looked for, when its day has none left. */
export const joursDeRechange = 14
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

export interface Autour {
  readonly du: string
  readonly au: string
  /** Epoch milliseconds. */
  readonly de: number
  readonly a: number
}

/**
 * The span of an offer that matters for one slot: its day in Paris, or the nearest within the horizon.
 * @param rechange days to look at for others, beside it
 */
export function autourDe(debut: string, maintenant: Date, rechange = 0): Autour {
  const possibles = horizon(maintenant)
  const leJour = jourDeParis(new Date(debut))
  const du = leJour < possibles.du ? possibles.du : leJour > possibles.au ? possibles.au : leJour
  const au = ajouterJours(du, rechange)
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
function delais(motif: Motif, maintenant: Date): { de: number; a: number } {
  return {
    de: maintenant.getTime() + motif.delaiMin * 60_000,
    a: instantDeParis(dernierJour(motif, false, maintenant), '24:00'),
  }
}

/** The last day that this caller may book now. */
export function dernierJour({ delaiMax }: Motif, agent: boolean, maintenant: Date): string {
  return agent ? horizon(maintenant).au : ajouterJours(jourDeParis(maintenant), delaiMax)
}

/** Why this caller cannot have that very slot, in words; undefined: somebody else has it. */
export function raisonDuRefus(
  offre: OffreLue,
  debut: string,
  agent: boolean,
  maintenant: Date,
): string | undefined {
  const { motif } = offre
  const voulu = Date.parse(debut)
  if (voulu < maintenant.getTime()) return 'Cette heure est passée.'
  if (!agent && voulu < delais(motif, maintenant).de)
    return `Ce rendez-vous se prend au plus tard ${dureeEnFrancais(motif.delaiMin)} avant.`
  const jour = jourDeParis(new Date(debut))
  const dernier = dernierJour(motif, agent, maintenant)
  if (jour > dernier) return `Ce rendez-vous se prend aujourd’hui jusqu’au ${jourEnFrancais(dernier)}.`
  const grille = creneauxPour({ ...offre, occupations: new Map() }, { du: jour, au: jour }, agent, maintenant)
  return grille.some((libre) => libre.debut === voulu)
    ? undefined
    : 'Ce lieu ne propose pas de créneau à cette heure.'
}

const jourLong = new Intl.DateTimeFormat('fr-FR', { timeZone: 'UTC', dateStyle: 'long' })

function jourEnFrancais(jour: string): string {
  return jourLong.format(Date.parse(jour)).replace(/^1 /, '1er ')
}

/** `45 minutes`, `36 heures`, `3 jours`. */
function dureeEnFrancais(minutes: number): string {
  for (const [unite, combien] of [
    ['jour', 1_440],
    ['heure', 60],
  ] as const)
    if (minutes >= combien && minutes % combien === 0)
      return `${minutes / combien} ${unite}${minutes > combien ? 's' : ''}`
  return `${minutes} minute${minutes > 1 ? 's' : ''}`
}

/** The agents who are free at that very start, whoever comes first in no order, so that they share the work. */
export function candidats(libres: readonly CreneauLibre[], debut: string): CreneauLibre[] {
  const instant = Date.parse(debut)
  const aCetteHeure = libres.filter((libre) => libre.debut === instant)
  const premier = aCetteHeure.length > 1 ? randomInt(aCetteHeure.length) : 0
  return [...aCetteHeure.slice(premier), ...aCetteHeure.slice(0, premier)]
}

/** Enough to choose from, or too few, so that more days should be looked at. */
export function suffisent(libres: readonly CreneauLibre[]): boolean {
  return libres.length >= rechangesAuPlus
}

/**
 * The refusal of a slot that cannot be had, with others that can, the nearest in time first.
 * @param raison as `raisonDuRefus` has it
 */
export function indisponible(
  libres: readonly CreneauLibre[],
  debut: string,
  raison: string | undefined,
): Refusal {
  const voulu = Date.parse(debut)
  const parDebut = new Map<number, CreneauLibre[]>()
  for (const libre of libres) parDebut.set(libre.debut, [...(parDebut.get(libre.debut) ?? []), libre])
  const proches = [...parDebut.keys()]
    .toSorted((a, b) => Math.abs(a - voulu) - Math.abs(b - voulu))
    .slice(0, rechangesAuPlus)
  const creneaux = proches.flatMap((instant) => regrouper(parDebut.get(instant)!))
  return new Refusal('creneau-indisponible', raison, { creneaux })
}
