import { z } from 'zod'
import { Instant } from '../contracts/define.ts'
import { Refusal } from '../contracts/errors.ts'
import { type LireTrace, type ListerTraces, TraceId } from '../contracts/hub.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { query, type Sql } from './db.ts'

const Cursor = z.tuple([Instant, TraceId])

interface EntryRow {
  traceId: string
  startedAt: Date
  durationMs: number
  methode: string
  route: string
  statut: number | null
  erreur: string | null
}

/** The stored traces that began with a request, newest first. */
export async function listerTraces(
  sql: Sql,
  { apres, limite, reference, route, erreur, dureeMin, du, au }: z.output<typeof ListerTraces.params>,
): Promise<z.output<typeof ListerTraces.returns>> {
  const [before, beforeId] = apres ? decodeCursor(apres, Cursor) : []
  const rows = await query(
    'lister les traces',
    sql<EntryRow[]>`
    select s.trace_id, s.started_at, s.duration_ms, s.attributes ->> 'http.request.method' as methode,
      s.attributes ->> 'http.route' as route, (s.attributes ->> 'http.response.status_code')::int as statut,
      failed.error as erreur
    from hub.span s
    left join lateral (
      select f.error from hub.span f where f.trace_id = s.trace_id and f.error is not null order by f.started_at limit 1
    ) failed on true
    where s.entry
      ${route ? sql`and s.attributes ->> 'http.route' = ${route}` : sql``}
      ${dureeMin === undefined ? sql`` : sql`and s.duration_ms >= ${dureeMin}`}
      ${du ? sql`and s.started_at >= ${du}` : sql``}
      ${au ? sql`and s.started_at < ${au}` : sql``}
      ${erreur === 'true' ? sql`and failed.error is not null` : sql``}
      ${erreur === 'false' ? sql`and failed.error is null` : sql``}
      ${
        reference
          ? sql`and s.trace_id in (select split_part(e.traceparent, '-', 2) from hub.event e
              where e.data ? 'reference' and e.data ->> 'reference' = ${reference})`
          : sql``
      }
      ${before && beforeId ? sql`and (s.started_at, s.trace_id) < (${before}::timestamptz, ${beforeId})` : sql``}
    order by s.started_at desc, s.trace_id desc limit ${limite + 1}`,
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

interface SpanRow {
  id: string
  parent: string | null
  nom: string
  genre: string
  startedAt: Date
  dureeMs: number
  erreur: string | null
  attributs: Record<string, unknown>
}

/** Every stored span of a trace, in the order in which they began. */
export async function lireTrace(sql: Sql, id: string): Promise<z.output<typeof LireTrace.returns>> {
  const rows = await query(
    'lire la trace',
    sql<SpanRow[]>`
    select span_id as id, parent_id as parent, name as nom, kind as genre, started_at, duration_ms as duree_ms,
      error as erreur, attributes as attributs
    from hub.span where trace_id = ${id} order by started_at, span_id limit 2000`,
  )
  if (rows.length === 0) throw new Refusal('introuvable')
  return {
    traceId: id,
    segments: rows.map(({ startedAt, ...row }) => ({ ...row, le: startedAt.toISOString() })),
  }
}
