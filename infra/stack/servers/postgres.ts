import { chown, copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { preparePostgres, type PreparedPostgres } from '../../embedded-postgres.ts'
import { configuration, type Server } from '../server.ts'
import type { Site } from '../site.ts'

export function postgresServer(site: Site): Server {
  const port = site.port(5432)
  let prepared: PreparedPostgres | undefined
  const find = async () =>
    (prepared ??= await preparePostgres(site.at('postgresql'), `stack-${site.key}`, 'postgres'))
  const withSuperuser = async <T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const { password } = await find()
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} })
    try {
      return await work(sql)
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  return {
    name: 'postgres',
    url: `postgres://127.0.0.1:${port}`,
    ports: [port],
    signal: 'SIGINT',
    async prepare() {
      const { binary, data, home, user } = await find()
      // Copies, for its own account may not be able to read where we are.
      for (const name of ['postgresql.conf', 'pg_hba.conf']) {
        await copyFile(configuration('postgres', name), join(home, name))
        if (user) await chown(join(home, name), user.uid, user.gid)
      }
      const settings = {
        config_file: join(home, 'postgresql.conf'),
        hba_file: join(home, 'pg_hba.conf'),
        listen_addresses: '127.0.0.1',
        port: String(port),
        unix_socket_directories: '',
      }
      const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      return {
        command: [binary, '-D', data, ...options],
        env: { LC_ALL: 'C.UTF-8' },
        configuration: [settings.config_file, settings.hba_file],
        user,
      }
    },
    answers: () =>
      withSuperuser(async (sql) => await sql`select 1`).then(
        () => true,
        () => false,
      ),
    async settle() {
      const text = await readFile(configuration('postgres/databases.sql'), 'utf8')
      const statements = text
        .replaceAll(/^--.*$/gm, '')
        .replaceAll(/:'(\w+)_password'/g, (_, role: string) => `'${site.secret(role)}'`)
        .split(';')
        .filter((statement) => statement.trim() !== '')
      await withSuperuser(async (sql) => {
        const made = await sql`select from pg_database where datname in ('guichet', 'keycloak')`
        if (made.length === 2) return
        for (const statement of statements)
          await sql.unsafe(statement).catch((error: postgres.PostgresError) => {
            // The role or the database was made by a start that was interrupted.
            if (error.code !== '42710' && error.code !== '42P04') throw error
          })
      })
    },
  }
}
