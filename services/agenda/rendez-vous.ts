import type { z } from 'zod'
import {
  type CreneauPlusTotPropose,
  CreneauReserve,
  type ListeAttenteChangee,
  type RaisonAnnulation,
  RendezVousAnnule,
  RendezVousConstate,
  RendezVousDeplace,
  RendezVousPris,
  RendezVousRappele,
  ReservationTerminee,
} from '../../contracts/agenda-evenements.ts'
import {
  type ActionRendezVous,
  type DetailsRendezVous,
  type StatutRendezVous,
} from '../../contracts/rendez-vous.ts'
import type { EventContract } from '../../contracts/define.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { jourDeParis } from '../../infra/calendrier.ts'
import { uneHeure } from './paris.ts'

/** A hold or a rendez-vous as it is stored. Instants are RFC 3339 in UTC; `version` is the sequence of its last event. */
export interface EtatDuRendezVous {
  readonly id: string
  readonly secteur: Secteur
  readonly motifId: string
  readonly lieuId: string
  readonly agentId: string
  /** Under the identifier of the sector; null when an agent booked for a person without account. */
  readonly usagerId: string | null
  readonly debut: string
  readonly fin: string
  /** Which of the `capacite` places of the slot, from 1. */
  readonly place: number
  readonly capacite: number
  readonly statut: StatutRendezVous
  readonly reserveJusqua: string | null
  readonly dossierId: string | null
  readonly details: DetailsRendezVous
  /** On the waiting list since; null: not. */
  readonly attendDepuis: string | null
  /** How many earlier slots were offered, the last on which day of Paris. */
  readonly avis: number
  readonly dernierAvis: string | null
  readonly version: number
  readonly creeLe: string
  readonly modifieLe: string
}

type EvenementDe<C> = C extends EventContract<infer D> ? { contract: C; data: z.infer<D> } : never

export type Evenement = EvenementDe<
  | typeof CreneauReserve
  | typeof ReservationTerminee
  | typeof RendezVousPris
  | typeof RendezVousDeplace
  | typeof RendezVousAnnule
  | typeof RendezVousConstate
  | typeof RendezVousRappele
  | typeof ListeAttenteChangee
  | typeof CreneauPlusTotPropose
>

/** The state to store and the one event that tells of it. */
export interface Resultat {
  readonly etat: EtatDuRendezVous
  readonly evenement: Evenement
}

export type Role = 'usager' | 'agent'

/** A hold lives 5 minutes. */
export const dureeReservationMs = 5 * 60_000
/** The person may cancel or move until 4 hours before. */
export const delaiAnnulationMs = 4 * uneHeure
/** The reminder comes 48 hours before. */
export const delaiRappelMs = 48 * uneHeure
/** A slot that this person is to have: which one, of whom, and for whom. */
export type Nouveau = Pick<
  EtatDuRendezVous,
  'id' | 'secteur' | 'motifId' | 'lieuId' | 'agentId' | 'usagerId' | 'debut' | 'fin' | 'place' | 'capacite'
>

/** Holds a slot for 5 minutes. */
export function reserver(nouveau: Nouveau, maintenant: Date): Resultat {
  const reserveJusqua = new Date(maintenant.getTime() + dureeReservationMs).toISOString()
  const etat = commencer(nouveau, maintenant, {
    statut: 'reserve',
    reserveJusqua,
    dossierId: null,
    details: {},
  })
  return { etat, evenement: { contract: CreneauReserve, data: { ...surRendezVous(etat), reserveJusqua } } }
}

/** What a booking says beside its slot: for whom, about which dossier. */
export interface Demande {
  readonly usagerId: string | null
  readonly dossierId: string | null
  readonly details: DetailsRendezVous
}

/** Books a slot without holding it before. */
export function prendre(nouveau: Nouveau, demande: Demande, maintenant: Date): Resultat {
  return pris(commencer(nouveau, maintenant, { statut: 'inconnu', reserveJusqua: null, ...demande }))
}

/**
 * Turns a hold into a rendez-vous.
 * @throws Refusal `transition-impossible` when it is none any more
 */
export function confirmer(rendezVous: EtatDuRendezVous, demande: Demande, maintenant: Date): Resultat {
  if (
    rendezVous.statut === 'expire' ||
    (rendezVous.statut === 'reserve' && !tientEncore(rendezVous, maintenant))
  )
    throw new Refusal('transition-impossible', 'La réservation a pris fin: choisissez de nouveau un créneau.')
  exiger(rendezVous, 'usager', 'confirmer', maintenant)
  return pris(avancer(rendezVous, maintenant, { statut: 'inconnu', reserveJusqua: null, ...demande }))
}

/** Ends a hold: its time is over, or its person gives it back. null when it is none (any more). */
export function rendre(rendezVous: EtatDuRendezVous, maintenant: Date): Resultat | null {
  if (rendezVous.statut !== 'reserve') return null
  const etat = avancer(rendezVous, maintenant, { statut: 'expire' })
  return { etat, evenement: { contract: ReservationTerminee, data: surRendezVous(etat) } }
}

/** Is this hold still good at that instant? */
export function tientEncore(
  { reserveJusqua }: Pick<EtatDuRendezVous, 'reserveJusqua'>,
  maintenant: Date,
): boolean {
  return reserveJusqua !== null && maintenant.getTime() < Date.parse(reserveJusqua)
}

/** @throws Refusal `transition-impossible`, for the person from 4 hours before on, for the agent from the start on */
export function annuler(rendezVous: EtatDuRendezVous, role: Role, maintenant: Date): Resultat {
  exiger(rendezVous, role, 'annuler', maintenant)
  return annulation(rendezVous, role, maintenant)
}

/** Frees the slot of a rendez-vous to come whose dossier has ended; null when there is nothing to free. */
export function liberer(rendezVous: EtatDuRendezVous, maintenant: Date): Resultat | null {
  const aVenir = Date.parse(rendezVous.debut) > maintenant.getTime()
  return rendezVous.statut === 'inconnu' && aVenir
    ? annulation(rendezVous, 'dossier_termine', maintenant)
    : null
}

/** @throws Refusal `transition-impossible` as for a cancellation */
export function deplacer(
  rendezVous: EtatDuRendezVous,
  vers: Pick<EtatDuRendezVous, 'agentId' | 'lieuId' | 'debut' | 'fin' | 'place' | 'capacite'>,
  role: Role,
  maintenant: Date,
): Resultat {
  exiger(rendezVous, role, 'deplacer', maintenant)
  const etat = avancer(rendezVous, maintenant, vers)
  const data = { ...surRendezVous(etat), ancienDebut: rendezVous.debut, ancienLieuId: rendezVous.lieuId }
  return { etat, evenement: { contract: RendezVousDeplace, data } }
}

/** @throws Refusal `transition-impossible` before the day of the rendez-vous, and for one given up */
export function constater(
  rendezVous: EtatDuRendezVous,
  statut: 'vu' | 'absent' | 'excuse',
  maintenant: Date,
): Resultat {
  exiger(rendezVous, 'agent', 'constater', maintenant)
  const etat = avancer(rendezVous, maintenant, { statut, attendDepuis: null })
  return { etat, evenement: { contract: RendezVousConstate, data: { ...surRendezVous(etat), statut } } }
}

/** The reminder, 48 hours before; null when there is nothing to remind of (any more), or it was moved away. */
export function rappeler(rendezVous: EtatDuRendezVous, maintenant: Date): Resultat | null {
  const reste = Date.parse(rendezVous.debut) - maintenant.getTime()
  if (rendezVous.statut !== 'inconnu' || reste <= 0 || reste > delaiRappelMs) return null
  const etat = avancer(rendezVous, maintenant, {})
  return { etat, evenement: { contract: RendezVousRappele, data: surRendezVous(etat) } }
}

/** What this role may do now: the very orders that the rules above take. */
export function actionsPermises(
  rendezVous: EtatDuRendezVous,
  role: Role,
  maintenant: Date,
): ActionRendezVous[] {
  const reste = Date.parse(rendezVous.debut) - maintenant.getTime()
  const leJourVenu = jourDeParis(maintenant) >= jourDeParis(new Date(rendezVous.debut))
  switch (rendezVous.statut) {
    case 'reserve':
      return tientEncore(rendezVous, maintenant) ? ['confirmer'] : []
    case 'inconnu': {
      const changeable = reste >= (role === 'usager' ? delaiAnnulationMs : 1)
      const changements: ActionRendezVous[] = changeable ? ['annuler', 'deplacer'] : []
      if (role === 'agent') return leJourVenu ? [...changements, 'constater'] : changements
      if (!changeable) return []
      return [...changements, rendezVous.attendDepuis ? 'ne_plus_attendre' : 'attendre_plus_tot']
    }
    case 'vu':
    case 'absent':
      return role === 'agent' ? ['constater'] : []
    case 'excuse':
    case 'annule':
    case 'expire':
      return []
    default:
      return jamais(rendezVous.statut)
  }
}

function commencer(
  nouveau: Nouveau,
  maintenant: Date,
  reste: Pick<EtatDuRendezVous, 'statut' | 'reserveJusqua' | 'dossierId' | 'details'>,
): EtatDuRendezVous {
  const le = maintenant.toISOString()
  return {
    ...nouveau,
    ...reste,
    attendDepuis: null,
    avis: 0,
    dernierAvis: null,
    version: 1,
    creeLe: le,
    modifieLe: le,
  }
}

function pris(etat: EtatDuRendezVous): Resultat {
  return { etat, evenement: { contract: RendezVousPris, data: surRendezVous(etat) } }
}

function annulation(rendezVous: EtatDuRendezVous, raison: RaisonAnnulation, maintenant: Date): Resultat {
  const statut = raison === 'usager' ? 'excuse' : 'annule'
  const etat = avancer(rendezVous, maintenant, { statut, attendDepuis: null })
  return { etat, evenement: { contract: RendezVousAnnule, data: { ...surRendezVous(etat), raison } } }
}

/** Its next state: one version further, changed now. */
export function avancer(
  rendezVous: EtatDuRendezVous,
  maintenant: Date,
  changements: Partial<Omit<EtatDuRendezVous, 'id' | 'version' | 'modifieLe'>>,
): EtatDuRendezVous {
  return {
    ...rendezVous,
    ...changements,
    version: rendezVous.version + 1,
    modifieLe: maintenant.toISOString(),
  }
}

/** @throws Refusal `transition-impossible` with what this role may do */
export function exiger(
  rendezVous: EtatDuRendezVous,
  role: Role,
  action: ActionRendezVous,
  maintenant: Date,
): void {
  const transitionsPermises = actionsPermises(rendezVous, role, maintenant)
  if (transitionsPermises.includes(action)) return
  throw new Refusal('transition-impossible', pourquoi(rendezVous, role, action), { transitionsPermises })
}

/** Why an order does not pass, in words; undefined: nothing more than that the state does not allow it. */
function pourquoi(
  { statut, attendDepuis }: EtatDuRendezVous,
  role: Role,
  action: ActionRendezVous,
): string | undefined {
  if (statut !== 'inconnu') return undefined
  if (action === 'confirmer') return 'Ce rendez-vous est déjà pris.'
  if (action === 'attendre_plus_tot' && attendDepuis) return 'Vous attendez déjà un créneau plus tôt.'
  if (action === 'ne_plus_attendre' && !attendDepuis) return 'Vous n’attendez pas de créneau plus tôt.'
  if (role === 'agent' || action === 'ne_plus_attendre') return undefined
  return 'Un rendez-vous se change ou s’annule jusqu’à 4 heures avant.'
}

/** What every event of a rendez-vous says. */
export function surRendezVous(etat: EtatDuRendezVous) {
  const { secteur, motifId, lieuId, debut, statut, dossierId } = etat
  return { secteur, motifId, lieuId, debut, statut, dossierId }
}

function jamais(valeur: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(valeur)}`)
}
