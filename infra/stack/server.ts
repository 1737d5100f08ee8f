import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Launch } from './processes.ts'
import { root } from './site.ts'

/** One server of the stack, with the configuration that it has in production. */
export interface Server {
  readonly name: string
  /** Where people and the hub reach it. */
  readonly url: string
  readonly ports: readonly number[]
  /** Its command is a script that lets another process do the work. */
  readonly script?: true
  /** What ends it in order. */
  readonly signal: NodeJS.Signals
  /** Fetches and prepares what it needs; the same each time, so that a changed configuration is seen. */
  prepare(): Promise<Launch>
  answers(): Promise<boolean>
  /** What it must have before others use it; once it answers. */
  settle?(): Promise<void>
}

export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** A file of the configuration that production has. */
export const configuration = (...path: string[]) => join(root, 'infra', ...path)

export async function isOk(url: string): Promise<boolean> {
  return await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** A symbolic link, in place of an earlier one. */
export async function link(target: string, path: string): Promise<void> {
  await rm(path, { force: true })
  await symlink(target, path)
}
