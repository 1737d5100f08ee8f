import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, type Sql } from '../../infra/db.ts'
import { startEmbeddedPostgres } from '../../infra/embedded-postgres.ts'
import { migrationSources } from '../../infra/hub.ts'
import { migrate } from '../../infra/migrate.ts'

/** A PostgreSQL of one's own, to be killed: fsync on, started again by its keeper as an administrator's would be. */
export interface OwnServer {
  readonly url: string
  readonly sql: Sql
  /** How often it died. */
  readonly deaths: () => number
  /** `kill -9` of the postmaster. */
  kill(): Promise<void>
  /** Immediate shutdown: no checkpoint, as after a power cut. */
  stopAtOnce(): Promise<void>
  /** `kill -9` of one backend: PostgreSQL drops every connection and recovers by itself. */
  killBackend(): Promise<void>
  /** Stops all its processes (SIGSTOP); call the result to let them go on. */
  freeze(): Promise<() => void>
  drop(): Promise<void>
}

/** @param folder where its data go; absent: a temporary folder, removed at the end */
export async function startOwnServer(folder?: string): Promise<OwnServer> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'guichet-own-server-')))
  await chmod(home, 0o755)
  let deaths = 0
  const server = await startEmbeddedPostgres(home, `own-${process.pid}`, () => deaths++)
  const postmaster = async () =>
    Number((await readFile(join(server.home, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0])
  const signal = async (name: NodeJS.Signals) => {
    const pid = await postmaster().catch(() => 0) // it may just be dead
    if (pid > 0) sendSignal(pid, name)
  }
  const sql = createPool({ url: server.url, max: 4, name: 'test' })
  await migrate(sql, await migrationSources())
  return {
    url: server.url,
    sql,
    deaths: () => deaths,
    kill: () => signal('SIGKILL'),
    stopAtOnce: () => signal('SIGQUIT'),
    async killBackend() {
      const rows = await sql<{ pid: number }[]>`
        select pid from pg_stat_activity where application_name like 'guichet %' and pid <> pg_backend_pid()
        order by random() limit 1`
      for (const { pid } of rows) sendSignal(pid, 'SIGKILL')
    },
    async freeze() {
      const parent = await postmaster()
      const all = [parent, ...(await childrenOf(parent))]
      for (const pid of all) sendSignal(pid, 'SIGSTOP')
      return () => {
        for (const pid of all) sendSignal(pid, 'SIGCONT')
      }
    },
    async drop() {
      await sql.end({ timeout: 1 })
      await server.stop()
      if (!folder) await rm(home, { recursive: true })
    },
  }
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    }),
  )
  return pids.filter((_, n) => parents[n] === parent)
}
