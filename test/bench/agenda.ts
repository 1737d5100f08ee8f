import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createPool, type Sql } from '../../infra/db.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { signIn } from '../demo/sign-in.ts'
import { print, quantile } from './figures.ts'
import { load, type Server, startDatabase, startServer } from './servers.ts'

const seconds = Number(process.env.SECONDS ?? 4)
const rounds = Number(process.env.ROUNDS ?? 3)

interface Hub {
  readonly server: Server
  /** Of an agent of the sector, whom no person's limits bind. */
  readonly token: string
}

const secteur = 'etat-civil'
const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** @param agents how many receive for it, all at the same place and hours; put there by SQL, as their own sign-ins would be many */
async function openOffice(sql: Sql, agents: number, heures: { debut: string; fin: string; duree: number }) {
  const [motif, lieu] = [randomUUID(), randomUUID()]
  await sql`insert into agenda.motif (id, secteur, titre, mode, duree, reservable_par, delai_min, delai_max, capacite, actif, version)
    values (${motif}, ${secteur}, 'Mesure', 'guichet', ${heures.duree}, 'tous', 0, 366, 1, true, 1)`
  await sql`insert into agenda.lieu (id, secteur, libelle, actif, version) values (${lieu}, ${secteur}, 'Mesure', true, 1)`
  await sql`insert into agenda.plage (id, secteur, agent_id, lieu_id, motif_ids, premier_jour, debut, fin, recurrence, ouverte, version)
    select gen_random_uuid(), ${secteur}, gen_random_uuid(), ${lieu}, ${sql.json([motif])}, ${dayIn(0)}, ${heures.debut}, ${heures.fin},
      'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', true, 1 from generate_series(1, ${agents})`
  return { motif, lieu }
}

/**
 * Bookings that are asked for by several at once: `rivals` requests for each slot, side by side. Tells answers and
 * bookings a second, and how many slots were taken twice.
 */
async function contendedBookings(
  sql: Sql,
  { server, token }: Hub,
  seconds: number,
  rivals: number,
): Promise<{ perSecond: number; bookedPerSecond: number; double: number; statuses: Record<string, number> }> {
  const { motif, lieu } = await openOffice(sql, 1, { debut: '00:00', fin: '24:00', duree: 5 })
  const { elements } = await free(server, motif, lieu, 1, 61)
  const bodies = elements.flatMap(({ debut }) =>
    Array.from({ length: rivals }, () => JSON.stringify({ motif, lieu, debut })),
  )
  const result = await load({
    port: server.port,
    method: 'POST',
    paths: ['/v1/agenda/rendez-vous'],
    body: null,
    bodies,
    token,
    seconds,
  })
  await delay(700)
  const [row] = await sql<{ booked: number; slots: number }[]>`
    select count(*)::int as booked, count(distinct debut)::int as slots from agenda.rendez_vous where motif_id = ${motif}`
  return {
    perSecond: result.perSecond,
    bookedPerSecond: row!.booked / seconds,
    double: row!.booked - row!.slots,
    statuses: result.statuses,
  }
}

async function free(server: Server, motif: string, lieu: string, du: number, au: number) {
  const address = `http://127.0.0.1:${server.port}/v1/agenda/creneaux?motif=${motif}&lieu=${lieu}&du=${dayIn(du)}&au=${dayIn(au)}`
  const response = await fetch(address)
  return (await response.json()) as { elements: { debut: string; libres: number }[] }
}

/** Free slots of a month for one motif with fifty agents of whom each has half of their slots taken, one question after the other. */
async function slotsOfAMonth(
  sql: Sql,
  server: Server,
  questions: number,
): Promise<{ slots: number; taken: number; p50: number; p95: number }> {
  const { motif, lieu } = await openOffice(sql, 50, { debut: '09:00', fin: '17:00', duree: 20 })
  await sql`insert into agenda.rendez_vous (id, secteur, motif_id, lieu_id, agent_id, debut, fin, place, capacite, statut, details, version, cree_le, modifie_le)
    select gen_random_uuid(), ${secteur}, ${motif}, ${lieu}, p.agent_id, t, t + interval '20 minutes', 1, 1, 'inconnu', '{}', 1, now(), now()
    from agenda.plage p, generate_series((${dayIn(1)}::date + time '09:00') at time zone 'Europe/Paris',
      (${dayIn(31)}::date + time '16:40') at time zone 'Europe/Paris', interval '40 minutes') t
    where p.lieu_id = ${lieu} and extract(hour from t at time zone 'Europe/Paris') between 9 and 16
      and (extract(epoch from (t at time zone 'Europe/Paris')::time)::int - 32400) % 1200 = 0`
  await sql`analyze agenda.rendez_vous`
  const ms: number[] = []
  let slots = 0
  for (let n = 0; n < questions + 5; n++) {
    const started = performance.now()
    slots = (await free(server, motif, lieu, 1, 31)).elements.length
    if (n >= 5) ms.push(performance.now() - started)
  }
  const [row] = await sql<{ taken: number }[]>`
    select count(*)::int as taken from agenda.rendez_vous where motif_id = ${motif}`
  return { slots, taken: row!.taken, p50: quantile(ms, 0.5), p95: quantile(ms, 0.95) }
}

/** Bookings that people contend for, and the free slots of a month with fifty agents; fsync on. */
export async function benchAgenda(): Promise<void> {
  const database = await startDatabase()
  const sql = createPool({ url: database.url, max: 2, name: 'bench' })
  const server = await startServer({
    name: 'hub',
    ratio: 1,
    databaseUrl: database.url,
    folder: database.folder,
  })
  const requests = (statuses: Record<string, number>) => Object.values(statuses).reduce((a, b) => a + b, 0)
  try {
    const claire = await signIn(`http://127.0.0.1:${server.port}`, 'claire', demoPassword)
    for (let round = 1; round <= rounds; round++)
      for (const rivals of [1, 5]) {
        const before = [server.cpu(), database.cpu()] as const
        const hub = { server, token: await claire.token() }
        const { perSecond, bookedPerSecond, double, statuses } = await contendedBookings(
          sql,
          hub,
          seconds,
          rivals,
        )
        const [hubCpu, databaseCpu] = [server.cpu() - before[0], database.cpu() - before[1]].map((cpu) =>
          (cpu / requests(statuses)).toFixed(0),
        )
        print(
          `bookings, ${rivals} for each slot: ${perSecond.toFixed(0)} answered a second, ${bookedPerSecond.toFixed(0)} booked; ${double} taken twice; ${hubCpu} + ${databaseCpu} µs of CPU a request; ${JSON.stringify(statuses)}`,
        )
      }
    const { slots, taken, p50, p95 } = await slotsOfAMonth(sql, server, 200)
    print(
      `free slots of a month, 50 agents, ${taken} rendez-vous: ${slots} starts; p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`,
    )
  } finally {
    await sql.end()
    await server.stop()
    await database.stop()
  }
}
