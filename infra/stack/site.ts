import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** One stack: where its data are, and its ports. */
export class Site {
  readonly folder: string
  /** Short name of the folder, for locks and the like. */
  readonly key: string
  /** What is added to the usual port of each server. */
  readonly shift: number

  constructor(folder: string, shift: number) {
    this.folder = resolve(folder)
    this.key = createHash('sha256').update(this.folder).digest('hex').slice(0, 12)
    this.shift = shift
  }

  at(...path: string[]): string {
    return join(this.folder, ...path)
  }

  /** A path as somebody in the clone would write it. */
  tell(...path: string[]): string {
    const shown = relative(root, this.at(...path))
    return shown.startsWith('..') ? this.at(...path) : shown
  }

  port(usual: number): number {
    return usual + this.shift
  }

  /** The password of this name, made when it is asked for the first time. Kept for the owner's eyes alone. */
  secret(name: string): string {
    const file = this.at('secrets.json')
    const secrets = (readJson(file) ?? {}) as Record<string, string>
    const known = secrets[name]
    if (known) return known
    const made = randomBytes(24).toString('base64url')
    writeWhole(file, `${JSON.stringify({ ...secrets, [name]: made }, null, 2)}\n`)
    return made
  }
}

/** Null: there is no such file. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Writes a file for the owner alone, whole or not at all. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(`${file}.partial`, text, { mode: 0o600 })
  renameSync(`${file}.partial`, file)
}
