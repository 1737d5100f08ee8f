import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '../../infra/db.ts'
import { startEmbeddedPostgres } from '../../infra/embedded-postgres.ts'
import { isAway } from '../../infra/passing.ts'
import { eventually } from '../support/eventually.ts'

test('an embedded PostgreSQL that is killed is started again, with all that was committed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guichet-killed-'))
  await chmod(folder, 0o755)
  const deaths: Error[] = []
  const server = await startEmbeddedPostgres(folder, `killed-${process.pid}`, (error) => deaths.push(error))
  const pid = async () =>
    Number((await readFile(join(server.home, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0])
  const sql = createPool({ url: server.url, max: 2, name: 'test' })
  try {
    await sql`create table kept as select 1 as n`
    const first = await pid()
    process.kill(first, 'SIGKILL')
    await eventually(() => expect(deaths.length).toBeGreaterThan(0))
    const seen: unknown[] = []
    await eventually(async () => {
      const rows = await sql`select n from kept`.catch((error: unknown) => {
        seen.push(error)
        throw error
      })
      expect(rows).toEqual([{ n: 1 }])
    })
    expect(seen.filter((error) => !isAway(error))).toEqual([])
    expect(await pid()).not.toBe(first)
  } finally {
    await sql.end({ timeout: 1 })
    await server.stop()
  }
  const left = await pid().catch(() => null)
  expect(left).toBeNull()
  await rm(folder, { recursive: true })
}, 60_000)
