import { Refusal } from '../../contracts/errors.ts'
import { reconnaitre } from '../../services/documents/contenu.ts'
import { jpeg, pdf, png, webp } from './fixtures.ts'

/** Why the file is refused, as the person reads it; undefined when it is taken. */
function refus(octets: Buffer | string): string | undefined {
  try {
    reconnaitre(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets)
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    expect((error as Refusal).code).toBe('fichier-refuse')
    return (error as Refusal).detail
  }
}

const inconnu = 'Le fichier n’est ni un PDF, ni une image JPEG, PNG ou WebP.'
const est = (quoi: string) => `Le fichier est ${quoi}. Envoyez un PDF, ou une image JPEG, PNG ou WebP.`

test.each([
  ['application/pdf', pdf()],
  ['image/jpeg', jpeg()],
  ['image/png', png()],
  ['image/webp', webp()],
])('a true file is recognised as %s', (type, octets) => {
  expect(reconnaitre(octets)).toBe(type)
})

test.each([
  ['a Windows program', `MZ\x90\0\x03\0${'\0'.repeat(200)}This program`, est('un programme')],
  ['a Linux program', '\x7fELF\x02\x01\x01', est('un programme')],
  ['a shell script', '#!/bin/sh\nrm -rf /\n', est('un programme')],
  ['a web page', '<!doctype html><script>alert(1)</script>', est('une page web')],
  ['a page without its doctype', '\n <HTML><body>', est('une page web')],
  ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', est('un dessin SVG')],
  ['a declared drawing', '<?xml version="1.0"?>\n<!-- a -->\n<svg/>', est('un dessin SVG')],
  ['an office document', 'PK\x03\x04\x14\0\x06\0', est('une archive ou un document bureautique')],
  ['an empty archive', `PK\x05\x06${'\0'.repeat(18)}`, est('une archive ou un document bureautique')],
  ['an old Word document', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', est('une archive ou un document bureautique')],
  ['a compressed file', '\x1f\x8b\x08\0', est('une archive ou un document bureautique')],
  ['a GIF', 'GIF89a\x01\0\x01\0\0\0\0;', est('une image GIF')],
  ['a GIF that is a script', 'GIF89a/*\0\0*/=1;alert(1)', est('une image GIF')],
  ['a TIFF', 'II*\0\x08\0\0\0', est('une image TIFF')],
  [
    'a photo of an iPhone',
    '\0\0\0\x24ftypheic\0\0\0\0mif1',
    est('une photo au format HEIC ou AVIF, que tout le monde ne peut pas ouvrir'),
  ],
  ['a sound in a RIFF box', 'RIFF\x24\0\0\0WAVEfmt ', inconnu],
  ['plain text', 'Bonjour', inconnu],
  ['one byte', '\xff', inconnu],
])('%s is refused whatever it is called, and the reason says what may be sent', (_what, octets, reason) => {
  expect(refus(octets)).toBe(reason)
})

test.each([
  ['a web page', '<html><script>alert(1)</script>', est('une page web')],
  ['a program', 'MZ\x90\0', est('un programme')],
  ['an archive', 'PK\x03\x04', est('une archive ou un document bureautique')],
  ['a script', '/*', inconnu],
])('%s with a whole PDF inside is refused', (_what, junk, reason) => {
  expect(refus(Buffer.concat([Buffer.from(junk, 'latin1'), pdf()]))).toBe(reason)
})

test('a PDF may begin with a byte order mark and white space, not with anything else', () => {
  expect(reconnaitre(Buffer.concat([Buffer.from('\ufeff\r\n \0'), pdf()]))).toBe('application/pdf')
  expect(refus(Buffer.concat([Buffer.from('x'), pdf()]))).toBe(inconnu)
  expect(refus(Buffer.concat([Buffer.alloc(1024, ' '), pdf()]))).toBe(inconnu)
})

test('an empty file is told so', () => {
  expect(refus('')).toBe('Le fichier est vide.')
})
