import { Refusal } from '../../contracts/errors.ts'
import { reconnaitre } from '../../services/documents/contenu.ts'
import { jpeg, jpegMorceaux, pdf, png, webp } from './fixtures.ts'

/** Why the file is refused, as the person reads it; undefined when it is taken. */
function refus(octets: Uint8Array | string): string | undefined {
  try {
    reconnaitre(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets)
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    expect((error as Refusal).code).toBe('fichier-refuse')
    return (error as Refusal).detail
  }
}

const inconnu = 'Le fichier n’est ni un PDF, ni une image JPEG, PNG ou WebP.'

test.each([
  ['application/pdf', pdf()],
  ['image/jpeg', jpeg()],
  ['image/png', png()],
  ['image/webp', webp()],
])('a true file is recognised as %s', (type, octets) => {
  expect(reconnaitre(octets)).toBe(type)
})

test.each([
  ['a Windows program', `MZ\x90\0\x03\0${'\0'.repeat(200)}This program cannot be run in DOS mode.`],
  ['a Linux program', '\x7fELF\x02\x01\x01'],
  ['a web page', '<!doctype html><script>alert(1)</script>'],
  ['a drawing with a script', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
  ['an archive or an office document', 'PK\x03\x04\x14\0\x06\0'],
  ['a GIF', 'GIF89a\x01\0\x01\0\0\0\0;'],
  ['a shell script', '#!/bin/sh\nrm -rf /\n'],
  ['a sound in a RIFF box', 'RIFF\x24\0\0\0WAVEfmt '],
  ['plain text', 'Bonjour'],
  ['one byte', '\xff'],
])('%s is refused whatever it is called', (_what, octets) => {
  expect(refus(octets)).toBe(inconnu)
})

test.each([
  ['a web page', '<html><script>alert(1)</script>'],
  ['a program', 'MZ\x90\0'],
  ['an archive', 'PK\x03\x04'],
])('%s with a whole PDF inside is refused', (_what, junk) => {
  expect(refus(Buffer.concat([Buffer.from(junk, 'latin1'), pdf()]))).toBe(inconnu)
})

test('a PDF may begin with a byte order mark and white space, not with anything else', () => {
  expect(reconnaitre(Buffer.concat([Buffer.from('\ufeff\r\n \0'), pdf()]))).toBe('application/pdf')
  expect(refus(Buffer.concat([Buffer.from('x'), pdf()]))).toBe(inconnu)
  expect(refus(Buffer.concat([Buffer.alloc(1024, ' '), pdf()]))).toBe(inconnu)
})

test('a PDF may end with up to a kilobyte of something, as mail programs do', () => {
  expect(reconnaitre(Buffer.concat([pdf(), Buffer.alloc(900, '\n')]))).toBe('application/pdf')
  expect(refus(Buffer.concat([pdf(), Buffer.alloc(1100, '\n')]))).toBe(
    'Le fichier PDF est incomplet ou abîmé.',
  )
})

test('an empty file is told so', () => {
  expect(refus('')).toBe('Le fichier est vide.')
})

test.each([
  ['PDF', pdf(), 2],
  ['JPEG', jpeg(), 1],
  ['PNG', png(), 1],
  ['WebP', webp(), 1],
])('a %s cut anywhere before its end is refused', (nom, octets, marge) => {
  const debutLisible = 12
  for (let longueur = debutLisible; longueur <= octets.length - marge; longueur++)
    expect(refus(octets.subarray(0, longueur))).toBe(`Le fichier ${nom} est incomplet ou abîmé.`)
})

test('a header alone makes no file', () => {
  for (const debut of ['%PDF-1.7', '\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'RIFF\x04\0\0\0WEBP'])
    expect(refus(debut)).toMatch(/incomplet ou abîmé/)
})

test('a JPEG needs a frame and a scan before its end', () => {
  const { debut, app0, dqt, sof0, dht, sos, donnees, fin } = jpegMorceaux
  expect(refus(Buffer.concat([debut, app0, dqt, dht, sos, donnees, fin]))).toMatch(/JPEG/)
  expect(refus(Buffer.concat([debut, app0, dqt, sof0, dht, fin]))).toMatch(/JPEG/)
  expect(refus(Buffer.concat([debut, fin]))).toMatch(/JPEG/)
})

test('the end of a JPEG is not looked for inside its tables', () => {
  const { debut, app0, dqt, sof0, dht, sos, donnees } = jpegMorceaux
  expect(refus(Buffer.concat([debut, app0, dqt, sof0, sos, donnees, dht]))).toMatch(/JPEG/)
})

test('what a telephone appends after the image is let through', () => {
  for (const image of [jpeg(), png(), webp()])
    expect(() => reconnaitre(Buffer.concat([image, Buffer.from('ftypmp42 a film')]))).not.toThrow()
})

test('a PNG begins with its header and holds image data', () => {
  const entier = png()
  const sansDonnees = Buffer.concat([entier.subarray(0, 33), entier.subarray(-12)])
  expect(refus(sansDonnees)).toMatch(/PNG/)
  expect(refus(Buffer.concat([entier.subarray(0, 8), entier.subarray(33)]))).toMatch(/PNG/)
})

test('a WebP whose chunk is longer than its box is refused', () => {
  const faux = webp()
  faux.writeUInt32LE(1000, 16)
  expect(refus(faux)).toMatch(/WebP/)
})

test('a file made of millions of empty parts is refused without walking them all', () => {
  const parties = (debut: Buffer, partie: number[]) =>
    Buffer.concat([debut, Buffer.alloc(partie.length * 1_000_000, Buffer.from(partie))])
  const app0 = [0xff, 0xe0, 0, 2]
  const texte = [0, 0, 0, 0, ...Buffer.from('tEXt'), 0, 0, 0, 0]
  const vp8 = [...Buffer.from('VP8 '), 0, 0, 0, 0]
  const boite = parties(Buffer.from('RIFF\0\0\0\0WEBP'), vp8)
  boite.writeUInt32LE(boite.length - 8, 4)
  const { sof0, sos, donnees, fin, debut } = jpegMorceaux
  const image = Buffer.concat([parties(debut, app0), sof0, sos, donnees, fin])
  expect(refus(image)).toMatch(/JPEG/)
  expect(refus(Buffer.concat([parties(png().subarray(0, 33), texte), png().subarray(33)]))).toMatch(/PNG/)
  expect(refus(boite)).toMatch(/WebP/)
})

test('it looks at the bytes of its view only', () => {
  const page = Buffer.concat([Buffer.from('<html>'), pdf(), Buffer.from('</html>')])
  expect(reconnaitre(page.subarray(6, page.length - 7))).toBe('application/pdf')
})
