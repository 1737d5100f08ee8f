import { z } from 'zod'
import { Instant } from '../contracts/define.ts'
import { Refusal } from '../contracts/errors.ts'
import { type LireTrace, type ListerTraces, TraceId } from '../contracts/hub.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { query, type Sql } from './db.ts'
import type { StoredSegment } from './span-store.ts'

const Cursor = z.tuple([Instant, TraceId])

interface RequestRow {
  traceId: string
  startedAt: Date
  durationMs: number
  methode: string
  route: string
  statut: number | null
  erreur: string | null
}

/**
 * The stored traces that began with a request, newest first. All filters combine. A reference, failures and what
 * took a second or more are found by an index; a rare route among millions is read through: narrow it by time.
 */
export async function listerTraces(
  sql: Sql,
  { apres, limite, reference, route, erreur, dureeMin, du, au }: z.output<typeof ListerTraces.params>,
): Promise<z.output<typeof ListerTraces.returns>> {
  const [before, beforeId] = apres ? decodeCursor(apres, Cursor) : []
  const rows = await query(
    'lister les traces',
    sql<RequestRow[]>`
    select p.trace_id, p.started_at, p.duration_ms, p.method as methode, p.route, p.status as statut,
      failed.error as erreur
    from hub.trace_part p
    left join lateral (
      -- Not "order by ... limit 1": PostgreSQL may then look through all parts by time, for each trace.
      select (array_agg(f.error order by f.started_at))[1] as error from hub.trace_part f
      where f.trace_id = p.trace_id and f.error is not null
    ) failed on true
    where p.method is not null
      ${route ? sql`and p.route = ${route}` : sql``}
      ${dureeMin === undefined ? sql`` : sql`and p.duration_ms >= ${dureeMin}`}
      ${dureeMin !== undefined && dureeMin >= 1000 ? sql`and p.duration_ms >= 1000` : sql``} -- as trace_part_slow says it
      ${du ? sql`and p.started_at >= ${du}` : sql``}
      ${au ? sql`and p.started_at < ${au}` : sql``}
      ${erreur === 'true' ? sql`and p.trace_id in (select trace_id from hub.trace_part where error is not null)` : sql``}
      ${erreur === 'false' ? sql`and failed.error is null` : sql``}
      ${
        reference
          ? sql`and p.trace_id in (select split_part(e.traceparent, '-', 2) from hub.event e
              where e.data ? 'reference' and e.data ->> 'reference' = ${reference})`
          : sql``
      }
      ${before && beforeId ? sql`and (p.started_at, p.trace_id) < (${before}::timestamptz, ${beforeId})` : sql``}
    order by p.started_at desc, p.trace_id desc limit ${limite + 1}`,
  )
  const elements = rows.slice(0, limite)
  const last = elements.at(-1)
  return {
    elements: elements.map(({ startedAt, durationMs, ...row }) => ({
      ...row,
      le: startedAt.toISOString(),
      dureeMs: durationMs,
    })),
    suivant: rows.length > limite && last ? encodeCursor([last.startedAt.toISOString(), last.traceId]) : null,
  }
}

/** How many parts of one trace are read: a replay may have added many. */
const maxParts = 200

/** Every stored span of a trace, in the order in which they began. */
export async function lireTrace(sql: Sql, id: string): Promise<z.output<typeof LireTrace.returns>> {
  const parts = await query(
    'lire la trace',
    sql<{ spans: StoredSegment[] }[]>`
    select spans from hub.trace_part where trace_id = ${id} order by started_at, root_id limit ${maxParts}`,
  )
  if (parts.length === 0) throw new Refusal('introuvable')
  const segments = parts
    .flatMap(({ spans }) => spans)
    .map((span) => ({ ...span, debutMs: Date.parse(span.le) }))
    .toSorted((a, b) => a.debutMs - b.debutMs)
  const beganAt = segments[0]?.debutMs ?? 0
  return { traceId: id, segments: segments.map((one) => ({ ...one, debutMs: one.debutMs - beganAt })) }
}
