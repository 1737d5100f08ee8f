import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider'
import type postgres from 'postgres'
import type { Sql } from '../db.ts'
import { isPassing } from '../passing.ts'

const sweepIntervalMs = 10 * 60_000

interface Row {
  payload: AdapterPayload
  consumed: number | null
}

/**
 * Keeps what oidc-provider remembers in `issuer.record`, one row per thing. Rows past their time are never
 * found, and are deleted at start and then, while anything is written, every ten minutes.
 */
export async function createAdapter(sql: Sql): Promise<AdapterFactory> {
  let sweptAt = Number.NEGATIVE_INFINITY

  async function sweep(): Promise<void> {
    if (performance.now() - sweptAt < sweepIntervalMs) return
    sweptAt = performance.now()
    await sql`delete from issuer.record where expires_at <= now()`
  }

  await sweep()
  return (model) => unavailableWhenAway(adapterOf(sql, model, sweep))
}

/** The database is away: 503, in the words of RFC 6749, section 4.1.2.1. */
class Unavailable extends errors.CustomOIDCProviderError {
  constructor() {
    super('temporarily_unavailable', 'try again in a moment')
    this.status = this.statusCode = 503
  }
}

function unavailableWhenAway(adapter: Adapter): Adapter {
  const guarded = Object.entries(adapter).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return (await (method as (...args: unknown[]) => unknown)(...args)) as unknown
      } catch (error) {
        throw isPassing(error) ? new Unavailable() : error
      }
    },
  ])
  return Object.fromEntries(guarded) as Adapter
}

function adapterOf(sql: Sql, model: string, sweep: () => Promise<void>): Adapter {
  async function findWhere(
    condition: postgres.PendingQuery<postgres.Row[]>,
  ): Promise<AdapterPayload | undefined> {
    const [row] = await sql<Row[]>`
      select payload, extract(epoch from consumed_at)::integer as consumed from issuer.record
      where model = ${model} and ${condition} and (expires_at is null or expires_at > now())
      order by expires_at desc nulls first limit 1`
    return row && { ...row.payload, ...(row.consumed !== null && { consumed: row.consumed }) }
  }

  return {
    async upsert(id, payload, expiresIn) {
      await sql`
        insert into issuer.record (model, id, payload, grant_id, user_code, uid, expires_at)
        values (${model}, ${id}, ${JSON.stringify(payload)}::text::jsonb, ${payload.grantId ?? null},
          ${payload.userCode ?? null}, ${payload.uid ?? null},
          now() + make_interval(secs => ${expiresIn ?? null}::double precision))
        on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id,
          user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`
      await sweep()
    },

    async find(id) {
      return isId(id) ? await findWhere(sql`id = ${id}`) : undefined
    },

    async findByUid(uid) {
      return isId(uid) ? await findWhere(sql`uid = ${uid}`) : undefined
    },

    async findByUserCode(userCode) {
      return isId(userCode) ? await findWhere(sql`user_code = ${userCode}`) : undefined
    },

    /** A code or refresh token is used once, even by two requests at the same time in two processes. */
    async consume(id) {
      const used = await sql`update issuer.record set consumed_at = now()
        where model = ${model} and id = ${id} and consumed_at is null returning 1`
      if (used.length === 0) throw new errors.InvalidGrant(`${model} already used`)
    },

    async destroy(id) {
      await sql`delete from issuer.record where model = ${model} and id = ${id}`
    },

    async revokeByGrantId(grantId) {
      await sql`delete from issuer.record where model = ${model} and grant_id = ${grantId}`
    },
  }
}

/** Ids are ours: anything else comes from outside and would only make PostgreSQL complain (NUL bytes). */
function isId(text: string): boolean {
  return /^[\w-]{1,128}$/.test(text)
}
