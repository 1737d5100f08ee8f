import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { LireDocument, OuvrirLecture } from '../../contracts/documents.ts'
import { clamd } from '../../services/documents/clamd.ts'
import { eicar } from '../../services/documents/eicar.ts'
import { freePort } from '../demo/sign-in.ts'
import { type Bench, startBench, unePersonne, until } from './bench.ts'
import { binaire, estComplet, startClamd, startFaux, type VraiClamd } from './clamd.ts'
import { pdf } from './fixtures.ts'

const muet = pino({ level: 'silent' })
const awa = unePersonne()

describe('without a clear verdict a file is not accepted:', () => {
  let dossier: string
  let fichier: string
  beforeAll(async () => {
    dossier = await mkdtemp(join(tmpdir(), 'guichet-clamd-'))
    fichier = join(dossier, 'fichier')
    await writeFile(fichier, Buffer.alloc(400_000, 'x'))
  })
  afterAll(async () => {
    await rm(dossier, { recursive: true })
  })

  const indisponible = {
    code: 'service-indisponible',
    detail: 'L’antivirus ne répond pas. Réessayez dans un instant.',
  }
  const repond = (texte: string) => (socket: Socket, recu: Buffer) => {
    if (estComplet(recu)) socket.end(texte)
  }

  test.each<[string, (socket: Socket, recu: Buffer) => void, RegExp]>([
    ['it hangs up at once', (socket) => socket.destroy(), /clamd closed|ECONNRESET|EPIPE|aborted/],
    [
      'it hangs up in the middle',
      (socket, recu) => recu.length > 100_000 && socket.resetAndDestroy(),
      /clamd closed|ECONNRESET|EPIPE|aborted/,
    ],
    ['it hangs up before its verdict', repond(''), /closed the connection without an answer/],
    ['its verdict is cut', repond('stream: O'), /closed the connection without an answer/],
    ['its verdict has no end', repond('stream: OK'), /closed the connection without an answer/],
    ['it is over its own limit', repond('INSTREAM size limit exceeded. ERROR\0'), /size limit exceeded/],
    [
      'it is over its own limit before the end',
      (socket) => socket.end('INSTREAM size limit exceeded. ERROR\0'),
      /heard all: INSTREAM size limit exceeded|ECONNRESET|EPIPE/,
    ],
    ['it has a fault', repond("stream: Can't allocate memory ERROR\0"), /allocate memory/],
    ['it speaks another language', repond('HTTP/1.1 200 OK\r\n\r\n\0'), /HTTP/],
    ['it says more than OK', repond('stream: OK but\0'), /OK but/],
    ['it never ends to speak', (socket) => socket.write(Buffer.alloc(100_000, 'a')), /answered too much/],
    ['it reads and never answers', () => {}, /did not answer in time/],
    [
      'it says OK before it has seen everything',
      (socket) => socket.write('stream: OK\0'),
      /heard all: stream: OK|ECONNRESET|EPIPE/,
    ],
  ])('%s', async (_what, parler, cause) => {
    const lignes: string[] = []
    const log = pino({}, { write: (ligne: string) => void lignes.push(ligne) })
    const faux = await startFaux(parler)
    await expect(clamd(faux.url, log, 500).analyser(fichier)).rejects.toMatchObject(indisponible)
    expect(lignes.join('')).toMatch(cause)
    await faux.stop()
  })

  test('it is not there', async () => {
    const port = await freePort()
    for (const url of [`tcp://127.0.0.1:${port}`, `unix://${dossier}/absent.sock`])
      await expect(clamd(url, muet).analyser(fichier)).rejects.toMatchObject(indisponible)
  })
})

describe('while clamd has not spoken', () => {
  test('nothing of the file can be read, and afterwards the document is there', async () => {
    const recus = new Set<Socket>()
    const faux = await startFaux((socket, recu) => {
      if (!estComplet(recu)) return
      recus.add(socket)
      if (recus.size > 1) socket.end('stream: OK\0')
    })
    const bench = await startBench({ CLAMAV_URL: faux.url })
    const envoi = bench.upload(awa, pdf())
    await until(async () => recus.size === 1)
    const [id = ''] = await bench.files()
    // A later file goes all the way: the first one would have, had it not waited.
    const autre = await bench.upload(awa, pdf())
    expect(await bench.sql`select id from documents.document`).toEqual([{ id: autre.id }])
    expect(await bench.events(id)).toEqual([])
    expect((await bench.files()).toSorted()).toEqual([id, autre.id].toSorted())
    for (const action of [LireDocument, OuvrirLecture])
      await expect(bench.ask(action, { id }, awa)).rejects.toMatchObject({ code: 'introuvable' })
    const [attend] = recus
    attend!.end('stream: OK\0')
    expect((await envoi).id).toBe(id)
    expect((await bench.read(awa, id)).status).toBe(200)
    await bench.stop()
    await faux.stop()
  })

  test('a refusal keeps nothing, and the same key serves again once clamd is back', async () => {
    let verdict = 'INSTREAM size limit exceeded. ERROR\0'
    const faux = await startFaux((socket, recu) => estComplet(recu) && socket.end(verdict))
    const bench = await startBench({ CLAMAV_URL: faux.url })
    const key = randomUUID()
    const refuse = await bench.send(awa, pdf(), { key })
    expect([refuse.status, await refuse.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'service-indisponible' }),
    ])
    expect(await bench.files()).toEqual([])
    expect(await bench.sql`select from documents.document`).toHaveLength(0)
    verdict = 'stream: OK\0'
    await bench.upload(awa, pdf(), { key })
    verdict = 'stream: Win.Test FOUND\0'
    const infecte = await bench.send(awa, pdf())
    expect([infecte.status, await infecte.json()]).toMatchObject([422, { code: 'fichier-refuse' }])
    expect(bench.lines.join('')).toContain('Win.Test')
    await bench.stop()
    await faux.stop()
  })
})

test('an absent clamd is said at the start, and uploads wait for it', async () => {
  const bench = await startBench({ CLAMAV_URL: `tcp://127.0.0.1:${await freePort()}` })
  await until(async () => bench.lines.some((line) => line.includes('clamd does not answer')))
  expect((await bench.send(awa, pdf())).status).toBe(503)
  expect(await bench.files()).toEqual([])
  await bench.stop()
})

if (!binaire)
  process.stderr.write(
    '\nclamd is not installed: its real verdicts are not tested (Debian: apt-get install clamav-daemon).\n',
  )

;(binaire ? describe : describe.skip)('a real clamd', () => {
  let vrai: VraiClamd
  let bench: Bench
  beforeAll(async () => {
    vrai = await startClamd()
    bench = await startBench({ CLAMAV_URL: vrai.unix })
  })
  afterAll(async () => {
    await bench.stop()
    await vrai.stop()
  })

  test('says its version at the start', async () => {
    await until(async () => bench.lines.some((line) => /clamd answers/.test(line) && /ClamAV \d/.test(line)))
  })

  test('lets a sound file pass, by a local socket and by TCP', async () => {
    expect((await bench.send(awa, pdf())).status).toBe(201)
    const parTcp = await startBench({ CLAMAV_URL: vrai.tcp })
    expect((await parTcp.send(awa, pdf())).status).toBe(201)
    await parTcp.stop()
  })

  test('finds the test virus', async () => {
    const response = await bench.send(awa, Buffer.from(pdf(eicar.toString())))
    expect(await response.json()).toMatchObject({
      code: 'fichier-refuse',
      detail: 'Un logiciel malveillant a été détecté dans le fichier.',
    })
    expect(bench.lines.join('')).toContain('Eicar-Essai')
  })

  test('whose size limit is lower than ours refuses, it does not let pass', async () => {
    expect((await bench.send(awa, pdf('x'.repeat(3_000_000)))).status).toBe(503)
    expect((await bench.send(awa, pdf())).status).toBe(201)
  })
})
