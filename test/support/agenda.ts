import { type CreerMotif, CreerLieu, CreerMotif as Creer, OuvrirPlage } from '../../contracts/agenda.ts'
import {
  ListerCreneaux,
  PrendreRendezVous,
  type RendezVous,
  ReserverCreneau,
} from '../../contracts/rendez-vous.ts'
import type { z } from 'zod'
import type { Secteur } from '../../contracts/principal.ts'
import type { Api } from './api.ts'

/** Slots and rendez-vous, brought there through the API as agents and citizens do. */

export interface Office {
  readonly motif: string
  readonly lieu: string
  readonly plage: string
  readonly agentId: string
  /** Its free slots of the next days, as instants. */
  free(api: Api): Promise<string[]>
}

/** The civil day in so many days. */
export function dayIn(days: number): string {
  return new Date(Date.now() + days * 24 * 3_600_000).toISOString().slice(0, 10)
}

/** An agent who receives every day from 00:00 to 24:00, from tomorrow on: public holidays excepted. */
export async function openOffice(
  agent: Api,
  motif: Partial<z.input<typeof CreerMotif.params>> = {},
): Promise<Office> {
  const secteur: Secteur = motif.secteur ?? 'etat-civil'
  const kind = await agent.ok(Creer, {
    secteur,
    titre: 'Retrait d’un acte',
    mode: 'guichet',
    duree: 30,
    ...motif,
  })
  const place = await agent.ok(CreerLieu, {
    secteur,
    libelle: 'Hôtel de ville',
    situation: '1 place du 11-Novembre-1918, Malakoff',
  })
  const plage = await agent.ok(OuvrirPlage, {
    secteur,
    lieu: place.id,
    motifs: [kind.id],
    premierJour: dayIn(1),
    debut: '00:00',
    fin: '24:00',
    recurrence: 'FREQ=DAILY',
  })
  return {
    motif: kind.id,
    lieu: place.id,
    plage: plage.id,
    agentId: plage.agentId,
    async free(api) {
      const { elements } = await api.ok(ListerCreneaux, {
        motif: kind.id,
        lieu: place.id,
        du: dayIn(2),
        au: dayIn(16),
      })
      return elements.map((slot) => slot.debut)
    },
  }
}

const given = new Set<string>()

/** A slot that nobody has, at least so many days ahead; each is given to one test only. */
export async function freeSlot(api: Api, office: Office, days = 3): Promise<string> {
  const after = dayIn(days)
  const slots = await office.free(api)
  const slot = slots.find((debut) => debut.slice(0, 10) >= after && !given.has(`${office.plage} ${debut}`))
  if (!slot) throw new Error('no free slot')
  given.add(`${office.plage} ${slot}`)
  return slot
}

export async function held(usager: Api, office: Office): Promise<RendezVous> {
  const { motif, lieu } = office
  return await usager.ok(ReserverCreneau, { motif, lieu, debut: await freeSlot(usager, office) })
}

export async function booked(
  usager: Api,
  office: Office,
  details: Partial<z.input<typeof PrendreRendezVous.params>> = {},
): Promise<RendezVous> {
  const { motif, lieu } = office
  return await usager.ok(PrendreRendezVous, {
    motif,
    lieu,
    debut: await freeSlot(usager, office),
    ...details,
  })
}
