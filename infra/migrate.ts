import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from './db.ts'

export interface MigrationSource {
  /** The PostgreSQL schema, also the name under which applied files are remembered. */
  readonly schema: string
  readonly folder: string
}

/** The role under which the service of this schema works. */
export function roleOf(schema: string): string {
  return `guichet_${schema}`
}

/**
 * Brings every schema up to date, under one advisory lock so that processes starting together wait for each
 * other. Files are applied in name order, each in its own transaction, and never twice; a file that changed
 * after it was applied is refused.
 */
export async function migrate(sql: Sql, sources: readonly MigrationSource[]): Promise<void> {
  const connection = await sql.reserve()
  try {
    await connection`set statement_timeout = 0`
    await connection`set lock_timeout = 0`
    await connection`select pg_advisory_lock(726870, 1)`
    await connection`create table if not exists public.guichet_migration (
      schema text not null, file text not null, content text not null,
      applied_at timestamptz not null default now(), primary key (schema, file))`
    for (const source of sources) {
      const applied = await connection<{ file: string; content: string }[]>`
        select file, content from public.guichet_migration where schema = ${source.schema}`
      const known = new Map(applied.map((row) => [row.file, row.content]))
      const files = (await readdir(source.folder)).filter((file) => file.endsWith('.sql')).toSorted()
      for (const file of files) {
        const content = await readFile(join(source.folder, file), 'utf8')
        if (known.get(file) === content) continue
        if (known.has(file))
          throw new Error(`Migration ${source.schema}/${file} changed after it was applied.`)
        await connection`begin`
        await connection.unsafe(content).simple()
        await connection`insert into public.guichet_migration (schema, file, content)
          values (${source.schema}, ${file}, ${content})`
        await connection`commit`
      }
      await grant(connection, source.schema)
    }
  } finally {
    await connection`rollback` // nothing to do, unless a file failed
    await connection`select pg_advisory_unlock(726870, 1)`
    await connection`reset statement_timeout`
    await connection`reset lock_timeout`
    connection.release()
  }
}

/** One role per schema: it owns what is in its schema, and of the hub's tables it gets the least it needs. */
async function grant(sql: Pick<Sql, 'unsafe'>, schema: string): Promise<void> {
  const role = roleOf(schema)
  await sql
    .unsafe(`
    do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
      -- Since PostgreSQL 16, who creates a role is its member, but may not act as it before that is granted too.
      if not pg_has_role(current_user, '${role}', case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) then execute 'grant ${role} to ' || quote_ident(current_user); end if;
    exception when duplicate_object or unique_violation then null; end $$;
    grant usage on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role};
    grant usage on all sequences in schema ${schema} to ${role};
    grant usage on schema hub to ${role};
    grant select, insert on hub.event, hub.request, hub.journal to ${role};
    grant select, insert, update, delete on hub.lane, hub.timer to ${role};
    grant select on hub.relay to ${role};
    grant select, insert, update on hub.cursor to ${role};`)
    .simple()
}
