import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own that is soon full; only root of a Linux machine can make one. */
export class SmallDisk {
  readonly folder: string
  readonly #filler: string
  #descriptor: number | null = null

  private constructor(folder: string) {
    this.folder = folder
    this.#filler = join(folder, 'filler')
  }

  /** Null where this process may not mount. */
  static mount(megabytes: number): SmallDisk | null {
    const folder = mkdtempSync(join(tmpdir(), 'guichet-disk-'))
    const mounted = spawnSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${megabytes}m,mode=0755`,
      'guichet',
      folder,
    ])
    if (mounted.status === 0) return new SmallDisk(folder)
    rmdirSync(folder)
    return null
  }

  /** Fills what is free, to the last block. */
  fill(): void {
    this.#descriptor ??= openSync(this.#filler, 'w')
    for (const size of [1 << 20, 1 << 12]) while (writes(this.#descriptor, Buffer.alloc(size))) continue
  }

  /** Gives the room back. */
  free(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
    rmSync(this.#filler, { force: true })
  }

  unmount(): void {
    this.free()
    const done = spawnSync('umount', [this.folder], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`cannot unmount ${this.folder}: ${done.stderr}`)
    rmdirSync(this.folder)
  }
}

function writes(descriptor: number, bytes: Buffer): boolean {
  try {
    return writeSync(descriptor, bytes) > 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
