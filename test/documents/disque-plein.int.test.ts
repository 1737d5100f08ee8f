import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { type Bench, startBench, unePersonne } from './bench.ts'
import { pdfDe } from './fixtures.ts'

const Mo = 1024 * 1024

/** A small file system in memory, or null where this account may not mount one. */
async function petitDisque(): Promise<string | null> {
  const dossier = await mkdtemp(join(tmpdir(), 'guichet-plein-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', dossier]).status === 0) return dossier
  await rm(dossier, { recursive: true })
  return null
}

const disque = await petitDisque()
if (!disque)
  process.stderr.write(
    '\nThis account may not mount a file system: a full disk is not tested (run as root).\n',
  )

;(disque ? describe : describe.skip)('on a full disk', () => {
  let bench: Bench
  const awa = unePersonne()
  beforeAll(async () => {
    bench = await startBench({ HUB_DATA: disque! })
  })
  afterAll(async () => {
    await bench.stop()
    spawnSync('umount', [disque!])
    await rm(disque!, { recursive: true })
  })

  const bouchon = () => join(disque!, 'bouchon')
  /** Leaves that many bytes free. */
  async function remplir(libres: number): Promise<void> {
    await rm(bouchon(), { force: true })
    const { bavail, bsize } = await statfs(disque!)
    await writeFile(bouchon(), Buffer.alloc(bavail * bsize - libres))
  }

  /** Refused now, with nothing left of it; taken under the same key once there is space. */
  async function refusePuisPris(octets: Buffer<ArrayBuffer>): Promise<void> {
    const key = randomUUID()
    const avant = await bench.files()
    const response = await bench.send(awa, octets, { key })
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        code: 'service-indisponible',
        detail: 'Il n’y a plus de place pour les fichiers. Réessayez plus tard.',
        extra: {},
      },
    ])
    expect(await bench.files()).toEqual(avant)
    expect(await bench.sql`select from hub.request`).toHaveLength(avant.length)
    await rm(bouchon())
    await bench.upload(awa, octets, { key })
  }

  test('an upload is refused while it arrives', async () => {
    await remplir(0.5 * Mo)
    await refusePuisPris(pdfDe(Mo))
    expect(bench.lines.join('')).toContain('no space is left for files')
  })

  test('an image is refused when what is kept of it has no place', async () => {
    const brut = {
      width: 700,
      height: 700,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 50 },
    } as const
    const image = Buffer.from(await sharp({ create: brut }).jpeg({ quality: 60 }).toBuffer())
    await remplir(image.length + 20_000)
    await refusePuisPris(image)
  })
})
