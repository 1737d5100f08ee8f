import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Queryable, Sql } from '../../infra/db.ts'
import { stamp, takeOver } from '../../infra/relay.ts'
import { change, create, dossier } from './essai.ts'

/** How a client changes an object; undefined: somebody else was faster. */
export type Write = (
  sql: Queryable,
  id: string,
  expected?: number,
) => Promise<{ id: string; version: number } | undefined>
/** One process's relay: ranks a batch; may take the office from the other at any time. */
export type Ranker = { step(): Promise<number | 'deposed'>; takeOver(): Promise<void> }
export type Plan = {
  readonly services: readonly Sql[]
  readonly relays: readonly Sql[]
  readonly write?: Write
  readonly ranker?: (sql: Sql) => Ranker
  readonly clients?: number
  readonly steps?: number
  /** Fewer objects: more clients want the same one. */
  readonly objects?: number
  /** The longest pause between two batches of a relay. */
  readonly pauseMs?: number
}

/** Every write that a client saw committed, in its own order. */
interface Acknowledged {
  client: number
  turn: number
  subject: string
  sequence: number
}

class Rollback extends Error {}

export function realRanker(sql: Sql): Ranker {
  let epoch = 0
  return {
    step: () => stamp(sql, epoch),
    takeOver: async () => {
      epoch = await takeOver(sql)
    },
  }
}

/**
 * Many clients write a few objects: guarded statements, stale guards, unguarded increments, transactions over
 * two objects that stay open for a while, rollbacks. Two transactions stay open from the first write to the
 * last. Two processes rank all along and take the office from each other.
 */
export async function storm(plan: Plan): Promise<{ acknowledged: Acknowledged[]; depositions: number }> {
  const {
    services,
    relays,
    write = change,
    ranker = realRanker,
    clients = 16,
    steps = 25,
    objects = 12,
    pauseMs = 30,
  } = plan
  const ids = await Promise.all(Array.from({ length: objects }, () => create(services[0]!)))
  const acknowledged: Acknowledged[] = ids.map((id) => ({
    client: -1,
    turn: 0,
    subject: dossier(id),
    sequence: 1,
  }))
  const ended = new AbortController()
  let depositions = 0

  const client = async (client: number) => {
    const sql = services[client % services.length]!
    for (let turn = 0; turn < steps; turn++) {
      const acknowledge = (...rows: ({ id: string; version: number } | undefined)[]) => {
        for (const row of rows)
          if (row) acknowledged.push({ client, turn, subject: dossier(row.id), sequence: row.version })
      }
      const [one, other] = [ids[randomInt(ids.length)]!, ids[randomInt(ids.length)]!].toSorted()
      const kind = randomInt(10)
      if (kind < 4) {
        const [row] = await sql<{ version: number }[]>`select version from essai.objet where id = ${one!}`
        acknowledge(await write(sql, one!, row!.version))
      } else if (kind === 4) {
        acknowledge(await write(sql, one!, 0))
      } else {
        try {
          const rows = await sql.begin(async (tx) => {
            const first = await write(tx, one!)
            await delay(randomInt(12))
            const second = other === one ? undefined : await write(tx, other!)
            if (kind > 7) throw new Rollback()
            return [first, second]
          })
          acknowledge(...(rows as { id: string; version: number }[]))
        } catch (error) {
          if (!(error instanceof Rollback)) throw error
        }
      }
    }
  }

  const held = async (client: number, end: Promise<unknown>, rollback: boolean) => {
    const id = randomUUID()
    try {
      await services[0]!.begin(async (tx) => {
        await create(tx, id)
        await end
        if (rollback) throw new Rollback()
      })
      acknowledged.push({ client, turn: steps, subject: dossier(id), sequence: 1 })
    } catch (error) {
      if (!(error instanceof Rollback)) throw error
    }
  }

  const relay = async (ranker: Ranker) => {
    await ranker.takeOver()
    while (!ended.signal.aborted) {
      const stamped = await ranker.step()
      if (stamped === 'deposed') {
        depositions++
        await delay(randomInt(8))
        await ranker.takeOver()
      } else await delay(randomInt(pauseMs))
    }
  }

  const rankers = relays.map(ranker)
  const ranking = Promise.all(rankers.map(relay))
  const writing = Promise.all(Array.from({ length: clients }, (_, n) => client(n)))
  await Promise.all([writing, held(-2, writing, false), held(-3, writing, true)])
  ended.abort()
  await ranking
  await rankers[0]!.takeOver()
  while ((await rankers[0]!.step()) !== 0);
  return { acknowledged, depositions }
}

/**
 * What is wrong with the log, counted; all zero when it is sound.
 * - `unranked`: committed events that the relay never ranked
 * - `gaps`: rangs missing from 1..n, and a `last_rang` that is not n
 * - `inversions`: events of an aggregate whose place in rang order is not their sequence
 * - `ghosts`, `lost`: events without a write that a client saw committed, and the reverse
 * - `drift`: objects whose version is not the number of their events
 * - `anachronisms`: writes of one client, each begun after the one before was acknowledged, ranked the other way round
 */
export async function auditLog(owner: Sql, acknowledged: readonly Acknowledged[]) {
  const [row] = await owner`
    with acknowledged as (
      select * from unnest(
        ${acknowledged.map((a) => a.subject)}::text[], ${acknowledged.map((a) => a.sequence)}::int[],
        ${acknowledged.map((a) => a.client)}::int[], ${acknowledged.map((a) => a.turn)}::int[]) as a (subject, sequence, client, turn)),
    placed as (select sequence, row_number() over (partition by subject order by rang) as place from hub.event where rang is not null),
    followed as (
      select e.rang, max(e.rang) over (partition by a.client order by a.turn groups between unbounded preceding and 1 preceding) as before
      from acknowledged a join hub.event e using (subject, sequence))
    select
      (select count(*) from hub.event where rang is null)::int as unranked,
      (select coalesce(max(rang), 0) - count(rang) + abs(coalesce(max(rang), 0) - (select last_rang from hub.relay)) from hub.event)::int as gaps,
      (select count(*) from placed where place <> sequence)::int as inversions,
      (select count(*) from (select subject, sequence from hub.event except select subject, sequence from acknowledged) g)::int as ghosts,
      (select count(*) from (select subject, sequence from acknowledged except select subject, sequence from hub.event) l)::int as lost,
      (select count(*) from essai.objet o where o.version <> (select count(*) from hub.event e where e.subject = 'dossier/' || o.id))::int as drift,
      (select count(*) from followed where rang < before)::int as anachronisms`
  return row!
}

export const sound = { unranked: 0, gaps: 0, inversions: 0, ghosts: 0, lost: 0, drift: 0, anachronisms: 0 }
