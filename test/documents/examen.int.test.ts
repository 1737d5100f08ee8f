import { randomUUID } from 'node:crypto'
import sharp from 'sharp'
import { OuvrirLecture } from '../../contracts/documents.ts'
import { eicar } from '../../services/documents/eicar.ts'
import { type Bench, sha256, startBench, unePersonne } from './bench.ts'
import { chunk, commentaireJpeg, jpeg, pdf, png, webp } from './fixtures.ts'
import { hostiles } from './fichiers-hostiles.ts'

let bench: Bench
const awa = unePersonne()
beforeAll(async () => {
  bench = await startBench()
})
afterAll(async () => {
  await bench.stop()
})

/** What is kept of these bytes. */
async function garde(octets: Buffer<ArrayBuffer>): Promise<Buffer<ArrayBuffer>> {
  const document = await bench.upload(awa, octets)
  const { url } = await bench.ask(OuvrirLecture, { id: document.id }, awa)
  const lu = Buffer.from(await (await fetch(url)).arrayBuffer())
  expect([document.taille, document.sha256]).toEqual([lu.length, sha256(lu)])
  return lu
}

test.each(hostiles)('%s is refused with its reason, and leaves nothing', async (_what, octets, raison) => {
  const avant = await bench.files()
  const response = await bench.send(awa, octets, { nom: 'quittance.pdf' })
  expect([response.status, await response.json()]).toEqual([
    422,
    { code: 'fichier-refuse', detail: expect.stringContaining(raison), extra: {} },
  ])
  expect(await bench.files()).toEqual(avant)
})

const lieu = {
  IFD0: { Make: 'CANARI', Model: 'CANARI', Artist: 'CANARI' },
  IFD3: { GPSLatitude: '48/1 49/1 1/1' },
}
const photo = (format: 'jpeg' | 'png' | 'webp') =>
  sharp({ create: { width: 60, height: 40, channels: 3, background: '#c33' } })
    .withExif(lieu)
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>CANARI</a></x:xmpmeta>')
    .withIccProfile('p3')
    .toFormat(format)
    .toBuffer() as Promise<Buffer<ArrayBuffer>>

/** Of its first pixel, read as sRGB, where a compressed image may be a little off. */
async function couleur(image: Buffer): Promise<number[]> {
  const [rouge, vert, bleu] = await sharp(image).removeAlpha().raw().toBuffer()
  return [rouge!, vert!, bleu!].map((valeur) => Math.round(valeur / 51) * 51)
}

test.each(['jpeg', 'png', 'webp'] as const)('of a %s only the picture is kept, in sRGB', async (format) => {
  const envoyee = await photo(format)
  expect(await sharp(envoyee).metadata()).toMatchObject({ exif: expect.anything(), icc: expect.anything() })
  const gardee = await garde(envoyee)
  const { exif, xmp, iptc, icc, comments, width, height, format: type } = await sharp(gardee).metadata()
  expect({ exif, xmp, iptc, icc, comments, width, height, type }).toEqual({
    width: 60,
    height: 40,
    type: format,
  })
  expect(gardee.includes('CANARI')).toBe(false)
  expect(await couleur(gardee)).toEqual([204, 51, 51])
})

test('a picture is turned upright', async () => {
  const couchee = await sharp(await photo('jpeg'))
    .withMetadata({ orientation: 6 })
    .toBuffer()
  expect(await sharp(await garde(Buffer.from(couchee))).metadata()).toMatchObject({ width: 40, height: 60 })
})

test.each([
  ['a page after a JPEG', Buffer.concat([jpeg(), Buffer.from('<script>CANARI</script>')])],
  ['a film after a JPEG', Buffer.concat([jpeg(), Buffer.from('ftypmp42CANARI')])],
  ['a server’s script in the comment of a JPEG', jpeg(commentaireJpeg('<?php system("CANARI"); ?>'))],
  ['an archive after a PNG', Buffer.concat([png(), Buffer.from('PK\x03\x04CANARI')])],
  [
    'a text in a PNG',
    Buffer.concat([png().subarray(0, 33), chunk('tEXt', Buffer.from('Comment\0CANARI')), png().subarray(33)]),
  ],
  ['a page after a WebP', Buffer.concat([webp(), Buffer.from('<html>CANARI')])],
])('%s is gone', async (_what, octets) => {
  expect((await garde(octets)).includes('CANARI')).toBe(false)
})

test('of an animation the first picture is kept', async () => {
  const images = await Promise.all(
    ['#f00', '#0f0', '#00f'].map((background) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  )
  const animee = await sharp(images, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer()
  expect((await sharp(animee, { animated: true }).metadata()).pages).toBe(3)
  const gardee = await garde(Buffer.from(animee))
  const { pages = 1, height } = await sharp(gardee).metadata()
  expect({ pages, height }).toEqual({ pages: 1, height: 8 })
  expect(await couleur(gardee)).toEqual([255, 0, 0])
})

test('a PDF is kept to the byte: its signature would break', async () => {
  expect((await garde(pdf())).equals(pdf())).toBe(true)
})

test('an image sent again under its key is the same document, another image is refused', async () => {
  const key = randomUUID()
  const envoyee = await photo('jpeg')
  const premier = await bench.upload(awa, envoyee, { key })
  expect(premier.sha256).not.toBe(sha256(envoyee))
  const fichiers = await bench.files()
  expect(await bench.upload(awa, envoyee, { key })).toEqual(premier)
  expect(await bench.files()).toEqual(fichiers)
  const autre = await bench.send(awa, jpeg(), { key })
  expect(await autre.json()).toMatchObject({ code: 'cle-idempotence-reutilisee' })
})

test('what was kept, sent again under that key, is another request', async () => {
  const key = randomUUID()
  const envoyee = await photo('jpeg')
  const gardee = await garde(envoyee)
  await bench.upload(awa, envoyee, { key })
  expect((await bench.send(awa, gardee, { key })).status).toBe(422)
})

test('the test virus is found wherever it stands', async () => {
  for (const octets of [
    eicar,
    Buffer.concat([jpeg(), eicar]),
    jpeg(commentaireJpeg(eicar.toString())),
    pdf(eicar.toString()),
  ])
    expect(await (await bench.send(awa, Buffer.from(octets))).json()).toMatchObject({
      detail: 'Un logiciel malveillant a été détecté dans le fichier.',
    })
})
