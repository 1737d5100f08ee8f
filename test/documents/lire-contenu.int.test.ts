import { truncate, unlink } from 'node:fs/promises'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Document } from '../../contracts/documents.ts'
import { OuvrirLecture } from '../../contracts/documents.ts'
import { cheminDuFichier } from '../../services/documents/fichiers.ts'
import { type Bench, startBench, unePersonne, until } from './bench.ts'
import { pdf, pdfDe } from './fixtures.ts'

let bench: Bench
const awa = unePersonne()
const octets = pdf()
let document: Document
beforeAll(async () => {
  bench = await startBench()
  document = await bench.upload(awa, octets, { nom: 'Acte d’Awa.pdf' })
})
afterAll(async () => {
  await bench.stop()
})

const get = (headers: Record<string, string> = {}, method = 'GET') =>
  bench.read(awa, document.id, { headers, method })
const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer())

test('the content comes back byte for byte, to be saved and never run', async () => {
  const response = await get()
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/pdf',
    'content-length': String(octets.length),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-store',
    'content-disposition': `attachment; filename="Acte d_Awa.pdf"; filename*=UTF-8''Acte%20d%E2%80%99Awa.pdf`,
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    etag: `"${document.sha256}"`,
  })
  expect((await bytes(response)).equals(octets)).toBe(true)
})

test('HEAD tells the same without the bytes, ranges unasked', async () => {
  const response = await get({ range: 'bytes=0-9' }, 'HEAD')
  expect([response.status, response.headers.get('content-length')]).toEqual([200, String(octets.length)])
  expect(await bytes(response)).toHaveLength(0)
})

test.each([
  ['bytes=0-9', 0, 9],
  ['bytes=10-', 10, octets.length - 1],
  ['bytes=-5', octets.length - 5, octets.length - 1],
])('a part is served: %s', async (range, debut, fin) => {
  const response = await get({ range })
  expect(response.status).toBe(206)
  expect(response.headers.get('content-range')).toBe(`bytes ${debut}-${fin}/${octets.length}`)
  expect(response.headers.get('content-length')).toBe(String(fin - debut + 1))
  expect((await bytes(response)).equals(octets.subarray(debut, fin + 1))).toBe(true)
})

test('a part outside the file is refused with the size', async () => {
  const response = await get({ range: `bytes=${octets.length}-` })
  expect(response.status).toBe(416)
  expect(response.headers.get('content-range')).toBe(`bytes */${octets.length}`)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({ code: 'plage-invalide', extra: {} })
})

test('several parts at once give the whole', async () => {
  expect((await get({ range: 'bytes=0-1,4-5' })).status).toBe(200)
})

test('a reader who has it is told so', async () => {
  const response = await get({ 'if-none-match': `"x", W/"${document.sha256}"`, range: 'bytes=0-9' })
  expect([response.status, response.headers.get('etag')]).toEqual([304, `"${document.sha256}"`])
  expect((await get({ 'if-none-match': '"x"' })).status).toBe(200)
})

test('a part under If-Range is served only of the same content', async () => {
  const range = 'bytes=0-9'
  expect((await get({ range, 'if-range': `"${document.sha256}"` })).status).toBe(206)
  expect((await get({ range, 'if-range': '"x"' })).status).toBe(200)
  expect((await get({ range, 'if-range': new Date().toUTCString() })).status).toBe(200)
})

test('a reader who leaves half-way is no fault, and the file is closed', async () => {
  const { id } = await bench.upload(awa, pdfDe(20_000_000))
  const { url } = await bench.ask(OuvrirLecture, { id }, awa)
  const outgoing = request(url).end()
  const [incoming] = await once(outgoing, 'response')
  await once(incoming, 'readable')
  incoming.destroy()
  await until(async () => bench.lines.some((line) => line.includes('interrupted')))
  expect(bench.lines.join('')).not.toContain('failed')
})

test('a file that has shrunk or is gone is a bare 500, and the log has it', async () => {
  const { id } = await bench.upload(awa, pdf('abime'))
  const chemin = cheminDuFichier(bench.folder, id)
  for (const damage of [() => truncate(chemin, 10), () => unlink(chemin)]) {
    await damage()
    const response = await bench.read(awa, id)
    expect([response.status, await response.json()]).toEqual([500, { code: 'erreur-interne', extra: {} }])
    expect(response.headers.get('content-disposition')).toBeNull()
  }
  expect(bench.lines.filter((line) => line.includes('file request failed'))).toHaveLength(2)
})
