import { z } from 'zod'
import { Id } from '../contracts/define.ts'
import {
  ListerEvenements,
  ListerLettresMortes,
  ListerTraces,
  LireSante,
  LireTrace,
  RelancerLettreMorte,
} from '../contracts/hub.ts'
import { events } from '../contracts/catalog.ts'
import { Refusal } from '../contracts/errors.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { query, type Queryable, type Sql, type Transaction, transaction } from './db.ts'
import { lastRang, readAfter, toPublicEnvelope } from './event-log.ts'
import { personne } from './access.ts'
import { answers, defineService, obeys } from './service.ts'
import { lireTrace, listerTraces } from './traces.ts'

interface FailureRow {
  id: string
  consumer: string
  subject: string
  failedRang: number | null
  type: string | null
  attempts: number
  error: string | null
  failingSince: Date
  traceId: string | null
}

/** The hub's own doors: events for staff systems, dead letters for administrators, health for machines. */
export const hubService = defineService({
  name: 'hub',
  actions: [
    answers(ListerEvenements, async ({ apres, types, limite }, { db, principal }) => {
      const allowed = readableTypes(principal.kind === 'systeme' ? principal.scopes : [])
      if (allowed.length === 0)
        throw new Refusal(
          'acces-refuse',
          'Ce système n’a aucun sujet: il lui faut un rôle evenements:<objet>.',
        )
      const wanted = types ? types.split(',').map((type) => type.trim()) : allowed
      if (wanted.some((type) => !allowed.includes(type))) throw new Refusal('acces-refuse')
      const head = await lastRang(db.sql)
      if (apres > head)
        throw new Refusal('curseur-invalide', 'Ce rang n’existe pas (encore): relisez depuis le début.')
      const rows = await readAfter(db.sql, { rang: apres, limit: limite, types: wanted, except: ownAffairs })
      const read = rows.length === limite ? 0 : head // a page that is not full has seen everything up to here
      return { elements: rows.map(toPublicEnvelope), apres: Math.max(apres, read, rows.at(-1)?.rang ?? 0) }
    }),
    answers(ListerLettresMortes, async ({ apres, limite }, { db }) => {
      const after = apres ? decodeCursor(apres, z.tuple([Id]))[0] : null
      const rows = await readStopped(db.sql, { after, limit: limite + 1 })
      const elements = rows.slice(0, limite)
      const last = elements.at(-1)
      return {
        elements: elements.map(toLettreMorte),
        suivant: rows.length > limite && last ? encodeCursor([last.id]) : null,
      }
    }),
    obeys(
      RelancerLettreMorte,
      async ({ id }, call) => {
        const actor = personne(call.principal)
        return await transaction(call.db, 'relancer la lettre morte', async (tx) => {
          const restarted = await restart(tx, id)
          if (!restarted) throw new Refusal('introuvable')
          await tx`insert into hub.journal (acteur_id, acte, objet)
            values (${actor.acteurId}, 'relance', ${`${restarted.consumer} ${restarted.subject}`})`
          if (call.idempotency)
            await tx`insert into hub.request (key, body, result_id)
              values (${call.idempotency.key}, ${call.idempotency.body}, ${id})`
          return await readFailure(tx, id) // once committed, it may mend and vanish at any moment
        })
      },
      (id, call) => readFailure(call.db.sql, id),
    ),
    answers(ListerTraces, (params, { db }) => listerTraces(db.sql, params)),
    answers(LireTrace, ({ id }, { db }) => lireTrace(db.sql, id)),
    answers(LireSante, async (_, { db }) => {
      const database = await query('sonder la base', db.sql`select 1`).then(
        () => true,
        () => false,
      )
      return { statut: database ? ('pret' as const) : ('indisponible' as const), parties: { base: database } }
    }),
  ],
})

/** What no staff system is told. */
const ownAffairs = [...events.values()].flatMap(({ type, prive }) => (prive ? [{ type, data: prive }] : []))

/** The event types that the scopes `evenements:<aggregate>` open. */
function readableTypes(scopes: readonly string[]): string[] {
  return [...events.values()].filter((e) => scopes.includes(`evenements:${e.aggregate}`)).map((e) => e.type)
}

/** A stopped lane or timer tries again at once. */
async function restart(
  tx: Transaction,
  id: string,
): Promise<{ consumer: string; subject: string } | undefined> {
  const [lane] = await tx<{ consumer: string; subject: string }[]>`
    update hub.lane set stopped = false, attempts = 0, next_try = now()
    where id = ${id} and failing_since is not null returning consumer, subject`
  if (lane) return lane
  const [timer] = await tx<{ consumer: string; subject: string }[]>`
    update hub.timer set stopped = false, attempts = 0, due_at = now()
    where id = ${id} and error is not null returning name as consumer, subject`
  return timer
}

async function readStopped(sql: Sql, page: { after: string | null; limit: number }): Promise<FailureRow[]> {
  return await query(
    'lister les lettres mortes',
    sql<FailureRow[]>`
    select id, consumer, subject, failed_rang, type, attempts, error, coalesce(failing_since, now()) as failing_since, trace_id
    from hub.failure where stopped ${page.after ? sql`and id > ${page.after}::uuid` : sql``}
    order by id limit ${page.limit}`,
  )
}

async function readFailure(sql: Queryable, id: string) {
  const [row] = await query(
    'lire la lettre morte',
    sql<FailureRow[]>`
    select id, consumer, subject, failed_rang, type, attempts, error, coalesce(failing_since, now()) as failing_since, trace_id
    from hub.failure where id = ${id}`,
  )
  if (!row) throw new Refusal('introuvable')
  return toLettreMorte(row)
}

function toLettreMorte(row: FailureRow) {
  return {
    id: row.id,
    consommateur: row.consumer,
    objet: row.subject,
    rang: row.failedRang,
    type: row.type,
    tentatives: row.attempts,
    erreur: row.error,
    depuis: row.failingSince.toISOString(),
    traceId: row.traceId,
  }
}
