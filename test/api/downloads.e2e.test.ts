import { SupprimerDocument } from '../../contracts/documents.ts'
import { pdfDe, png } from '../documents/fixtures.ts'
import { hubUrl, refusal } from '../support/api.ts'
import { stranger } from '../support/people.ts'
import { openRequest } from '../support/raw-http.ts'

const amina = stranger()
const bytes = pdfDe(5000)

async function document() {
  const { id, sha256 } = await amina.uploaded('espace-public', bytes, 'été 2027.pdf')
  return { id, path: `/v1/documents/${id}/contenu`, etag: `"${sha256}"` }
}

async function read(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${hubUrl}${path}`, { headers: await amina.headers('GET', { headers }) })
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  }
}

test('a document comes back byte for byte, to be saved and never run', async () => {
  const { path, etag } = await document()
  const answer = await read(path)
  expect(answer.status).toBe(200)
  expect(answer.bytes.equals(bytes)).toBe(true)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/pdf',
    'content-length': '5000',
    'content-disposition': `attachment; filename="ete 2027.pdf"; filename*=UTF-8''%C3%A9t%C3%A9%202027.pdf`,
    'accept-ranges': 'bytes',
    etag,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, no-store',
  })
})

describe('a part of it', () => {
  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-99', 0, 99],
    ['bytes=4990-', 4990, 4999],
    ['bytes=-10', 4990, 4999],
    ['bytes=100-9999999', 100, 4999],
    ['bytes=-9999999', 0, 4999],
  ])('is had by %s', async (range, first, last) => {
    const { path } = await document()
    const answer = await read(path, { range })
    expect([answer.status, answer.headers.get('content-range')]).toEqual([206, `bytes ${first}-${last}/5000`])
    expect(answer.bytes.equals(bytes.subarray(first, last + 1))).toBe(true)
    expect(answer.headers.get('content-length')).toBe(String(last - first + 1))
  })

  test('that lies outside is refused with the size', async () => {
    const { path } = await document()
    for (const range of ['bytes=5000-', 'bytes=9999-10000', 'bytes=-0']) {
      const reply = await amina.send('GET', path, { headers: { range } })
      refusal(reply, 'plage-invalide')
      expect(reply.headers.get('content-range')).toBe('bytes */5000')
    }
  })

  test('asked for in a way that makes no sense is the whole', async () => {
    const { path } = await document()
    for (const range of [
      'bytes=abc',
      'bytes=5-1',
      'octets=0-1',
      'bytes=0-1,5-9',
      'bytes=',
      'bytes=99999999999999999999999-',
      '5-10',
    ])
      expect([range, (await read(path, { range })).status]).toEqual([
        range,
        range.includes('999') ? 416 : 200,
      ])
  })

  test('under If-Range is a part only of this very content', async () => {
    const { path, etag } = await document()
    expect((await read(path, { range: 'bytes=0-9', 'if-range': etag })).bytes).toHaveLength(10)
    expect((await read(path, { range: 'bytes=0-9', 'if-range': '"other"' })).bytes).toHaveLength(5000)
  })
})

test('who has it already is told so, without the bytes', async () => {
  const { path, etag } = await document()
  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const answer = await read(path, { 'if-none-match': tag })
    expect([tag, answer.status, answer.bytes.length, answer.headers.get('etag')]).toEqual([tag, 304, 0, etag])
  }
  expect((await read(path, { 'if-none-match': '"other"' })).status).toBe(200)
})

test('HEAD tells the size without the bytes', async () => {
  const { path, etag } = await document()
  const { status, headers } = await amina.send('HEAD', path)
  expect([status, headers.get('content-length'), headers.get('etag')]).toEqual([200, '5000', etag])
})

test('a deleted document is gone, and so is its content', async () => {
  const { id, path } = await document()
  await amina.ok(SupprimerDocument, { id })
  refusal(await amina.send('GET', path), 'introuvable')
  refusal(await amina.send('GET', `/v1/documents/${id}`), 'introuvable')
})

test('the type told is that of the content, and the name ends accordingly', async () => {
  const { id } = await amina.uploaded('espace-public', png(), 'page.html')
  const { headers } = await read(`/v1/documents/${id}/contenu`)
  expect(headers.get('content-type')).toBe('image/png')
  expect(headers.get('content-disposition')).toContain('filename="page.html.png"')
})

test('a reader who leaves half-way leaves the hub as it was', async () => {
  const large = await amina.uploaded('espace-public', pdfDe(20 * 1024 * 1024), 'grand.pdf')
  const path = `/v1/documents/${large.id}/contenu`
  const headers = await amina.headers('GET', {})
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const outgoing = openRequest('GET', path, headers)
      outgoing.end()
      await new Promise<void>((left) => {
        outgoing
          .on('error', () => left())
          .once('response', (response) => {
            response
              .once('data', () => outgoing.destroy())
              .once('close', left)
              .on('error', () => {})
          })
      })
    }),
  )
  expect((await read(path, { range: 'bytes=0-3' })).bytes.toString()).toBe('%PDF')
})
