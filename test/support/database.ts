import { randomBytes } from 'node:crypto'
import { createPool, type Sql } from '../../infra/db.ts'
import { roleOf } from '../../infra/migrate.ts'

export interface TestDatabase {
  readonly url: string
  /** As the role that owns everything. */
  readonly sql: Sql
  /** A pool under the role of a service, as the hub gives it. */
  role(schema: string): Sql
  /** Ends every pool and drops the database; fails when somebody else still holds a connection. */
  drop(): Promise<void>
}

/** A database of its own for one test file, cloned from the migrated template. */
export async function freshDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL
  if (!server) throw new Error('no test server: run tests by npm run test:int and the like')
  const name = `test_${randomBytes(8).toString('hex')}`
  const admin = createPool({ url: server, max: 1, name: 'test admin' })
  await admin`select pg_advisory_lock(1)`
  await admin.unsafe(`create database ${name} template guichet_template`)
  await admin`select pg_advisory_unlock(1)`
  const url = new URL(server)
  url.pathname = `/${name}`
  const pools: Sql[] = []
  const pool = (role?: string) => {
    const sql = createPool({ url: url.href, max: 10, name: 'test', ...(role && { role }) })
    pools.push(sql)
    return sql
  }
  return {
    url: url.href,
    sql: pool(),
    role: (schema) => pool(roleOf(schema)),
    async drop() {
      await Promise.all(pools.map((sql) => sql.end({ timeout: 1 })))
      await admin.unsafe(`drop database ${name}`)
      await admin.end()
    },
  }
}
