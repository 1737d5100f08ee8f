import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { begin, type Sql, type Transaction } from './db.ts'

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
  await locked(
    sql,
    (tx) => tx`create table if not exists public.guichet_migration (
      schema text not null, file text not null, content text not null,
      applied_at timestamptz not null default now(), primary key (schema, file))`,
  )
  for (const source of sources) {
    const files = (await readdir(source.folder)).filter((file) => file.endsWith('.sql')).toSorted()
    for (const file of files) {
      const content = await readFile(join(source.folder, file), 'utf8')
      await locked(sql, (tx) => apply(tx, source.schema, file, content))
    }
    await locked(sql, (tx) => grant(tx, source.schema))
  }
}

async function locked(sql: Sql, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  await begin(sql, async (tx) => {
    await tx`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`
    await tx`select pg_advisory_xact_lock(726870, 1)`
    await work(tx)
  })
}

async function apply(tx: Transaction, schema: string, file: string, content: string): Promise<void> {
  const [applied] = await tx<{ content: string }[]>`
    select content from public.guichet_migration where schema = ${schema} and file = ${file}`
  if (applied?.content === content) return
  if (applied) throw new Error(`Migration ${schema}/${file} changed after it was applied.`)
  await tx.unsafe(content).simple()
  await tx`insert into public.guichet_migration (schema, file, content) values (${schema}, ${file}, ${content})`
}

/** One role per schema: it owns what is in its schema, and of the hub's tables it gets the least it needs. */
async function grant(tx: Transaction, schema: string): Promise<void> {
  const role = roleOf(schema)
  await tx
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
