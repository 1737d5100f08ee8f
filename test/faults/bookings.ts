import { setTimeout as delay } from 'node:timers/promises'
import type { RendezVous } from '../../contracts/rendez-vous.ts'
import type { Sql } from '../../infra/db.ts'
import { type Client, HttpError } from '../demo/client.ts'

/** Clients that hold, book, move and give up at random, and what the database must hold afterwards. */

/** One opening of one agent: all its slots, and how many people each takes. */
export interface Counter {
  readonly motif: string
  readonly lieu: string
  readonly capacite: number
  readonly slots: readonly string[]
}

/** What one client was told is theirs: by id, where it is, and whether it is only held. */
export type Told = Map<string, { counter: Counter; debut: string; statut: string }>

export interface BookingHistory {
  /** All that was acknowledged, as it was last told. */
  readonly told: Told
  readonly done: Record<string, number>
}

/**
 * A counter that is open from 00:00 on the next day that is no holiday.
 * @param slots how many, of 5 minutes each
 */
export async function openCounter(agent: Client, capacite: number, slots: number): Promise<Counter> {
  const secteur = 'etat-civil'
  const offre = { secteur, mode: 'guichet', duree: 5, titre: 'Essai', capacite }
  const motif = (await agent.post<{ id: string }>('/v1/agenda/motifs', offre)).body.id
  const lieu = (await agent.post<{ id: string }>('/v1/agenda/lieux', { secteur, libelle: 'Essai' })).body.id
  const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const plage = { secteur, lieu, motifs: [motif], premierJour: dayIn(3), recurrence: 'FREQ=DAILY' }
  await agent.post('/v1/agenda/plages', { ...plage, debut: '00:00', fin: '24:00' })
  const { body } = await agent.get<{ elements: { debut: string }[] }>(
    `/v1/agenda/creneaux?motif=${motif}&lieu=${lieu}&du=${dayIn(3)}&au=${dayIn(10)}`,
  )
  return { motif, lieu, capacite, slots: body.elements.slice(0, slots).map(({ debut }) => debut) }
}

/** One client's random acts, `count` of them; each is repeated under its key until it is answered. */
export async function actAtRandom(
  client: Client,
  counters: readonly Counter[],
  count: number,
  random: () => number,
  history: BookingHistory,
): Promise<void> {
  const mine: Told = new Map()
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  // The first slots of a day are the ones that everybody wants.
  const pickSlot = (slots: readonly string[]) => slots[Math.floor(random() ** 3 * slots.length)]!
  const tell = (body: RendezVous, counter: Counter) => {
    const told = { counter, debut: body.debut, statut: body.statut }
    history.told.set(body.id, told)
    if (body.statut === 'reserve' || body.statut === 'inconnu') mine.set(body.id, told)
    else mine.delete(body.id)
  }
  const acts: Record<string, () => Promise<void>> = {
    async hold() {
      const counter = pick(counters)
      const { motif, lieu, slots } = counter
      const asked = { motif, lieu, debut: pickSlot(slots) }
      tell((await client.post<RendezVous>('/v1/agenda/reservations', asked)).body, counter)
    },
    async book() {
      const counter = pick(counters)
      const { motif, lieu, slots } = counter
      const asked = { motif, lieu, debut: pickSlot(slots) }
      tell((await client.post<RendezVous>('/v1/agenda/rendez-vous', asked)).body, counter)
    },
    async confirm() {
      const held = [...mine].filter(([, { statut }]) => statut === 'reserve')
      if (held.length === 0) return
      const [reservation, { counter }] = pick(held)
      tell((await client.post<RendezVous>('/v1/agenda/rendez-vous', { reservation })).body, counter)
    },
    async release() {
      const held = [...mine].filter(([, { statut }]) => statut === 'reserve')
      if (held.length === 0) return
      const [id, told] = pick(held)
      await client.delete(`/v1/agenda/reservations/${id}`)
      tell({ id, debut: told.debut, statut: 'expire' } as RendezVous, told.counter)
    },
    async cancel() {
      const booked = [...mine].filter(([, { statut }]) => statut === 'inconnu')
      if (booked.length === 0) return
      const [id, { counter }] = pick(booked)
      tell((await client.post<RendezVous>(`/v1/agenda/rendez-vous/${id}/annulation`)).body, counter)
    },
    async move() {
      const booked = [...mine].filter(([, { statut }]) => statut === 'inconnu')
      if (booked.length === 0) return
      const [id, { counter }] = pick(booked)
      const debut = pickSlot(counter.slots)
      tell(
        (await client.post<RendezVous>(`/v1/agenda/rendez-vous/${id}/deplacement`, { debut })).body,
        counter,
      )
    },
  }
  for (let n = 0; n < count; n++) {
    const name = mine.size > 6 ? pick(['release', 'cancel', 'confirm', 'move']) : pick(Object.keys(acts))
    try {
      await acts[name]!()
      history.done[name] = (history.done[name] ?? 0) + 1
    } catch (error) {
      if (!(error instanceof HttpError) || error.body.code !== 'creneau-indisponible') throw error
      history.done['taken'] = (history.done['taken'] ?? 0) + 1
    }
  }
}

export interface BookingVerdict {
  /** Acknowledged, and not in the database as it was last told. */
  lost: number
  /** In the database, and nobody was told. */
  unexpected: number
  /** Slots that hold more than they may, now or at any point of the log. */
  overfull: number
}

/** Holds the database, and the log replayed in order, against what the clients were told. */
export async function checkBookings(
  sql: Sql,
  counters: readonly Counter[],
  { told }: BookingHistory,
): Promise<BookingVerdict> {
  const rows = await sql<{ id: string; debut: Date; statut: string; motifId: string }[]>`
    select id, debut, statut, motif_id from agenda.rendez_vous`
  const byId = new Map(rows.map((row) => [row.id, row]))
  const lost = [...told].filter(([id, { debut, statut }]) => {
    const row = byId.get(id)
    return row?.debut.toISOString() !== debut || row.statut !== statut
  }).length
  const unexpected = rows.filter(({ id }) => !told.has(id)).length
  return { lost, unexpected, overfull: await replay(sql, counters) }
}

async function replay(sql: Sql, counters: readonly Counter[]): Promise<number> {
  await ranked(sql)
  const events = await sql<{ name: string; subject: string; data: Record<string, string> }[]>`
    select split_part(type, '.', 3) as name, subject, data from hub.event
    where subject like 'rendez-vous/%' order by rang`
  const capacities = new Map(counters.map(({ motif, capacite }) => [motif, capacite]))
  const at = new Map<string, string>()
  const load = new Map<string, number>()
  let overfull = 0
  const move = (subject: string, to: string | null, motif: string) => {
    const from = at.get(subject)
    if (from === to) return
    if (from !== undefined) load.set(from, load.get(from)! - 1)
    if (to === null) return void at.delete(subject)
    at.set(subject, to)
    load.set(to, (load.get(to) ?? 0) + 1)
    if (load.get(to)! > capacities.get(motif)!) overfull++
  }
  for (const { name, subject, data } of events) {
    const slot = `${data.motifId} ${data.debut}`
    if (['reserve', 'pris', 'deplace'].includes(name)) move(subject, slot, data.motifId!)
    if (['annule', 'reservation-terminee'].includes(name)) move(subject, null, data.motifId!)
  }
  return overfull
}

/** Waits until the relay has ranked everything. */
async function ranked(sql: Sql): Promise<void> {
  for (;;) {
    const [row] = await sql<
      { left: number }[]
    >`select count(*)::int as left from hub.event where rang is null`
    if (row!.left === 0) return
    await delay(50)
  }
}
