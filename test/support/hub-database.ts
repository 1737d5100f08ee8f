import { createPool, type Sql } from '../../infra/db.ts'

let pool: Sql | undefined

/** The database of the hub under test, as the role that owns everything: to look behind an answer. */
export function hubDatabase(): Sql {
  pool ??= createPool({ url: process.env.TEST_HUB_DATABASE_URL ?? '', max: 3, name: 'test' })
  return pool
}

afterAll(async () => {
  await pool?.end({ timeout: 1 })
})

/** The events of one aggregate, in order. */
export async function eventsOf(
  subject: string,
): Promise<{ type: string; sequence: number; data: Record<string, unknown> }[]> {
  return await hubDatabase()<{ type: string; sequence: number; data: Record<string, unknown> }[]>`
    select type, sequence, data from hub.event where subject = ${subject} order by sequence`
}
