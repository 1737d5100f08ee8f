import { deflateSync } from 'node:zlib'
import { Refusal } from '../../contracts/errors.ts'
import { eicar } from '../../services/documents/eicar.ts'
import { examinerPdf } from '../../services/documents/pdf.ts'
import { pdf } from './fixtures.ts'
import { flux, fluxFlate, fluxObjets, pdfAvec } from './pdf-fixtures.ts'

/** Why it is refused, without what to do about it; undefined when it passes. */
async function refus(octets: Buffer): Promise<string | undefined> {
  try {
    await examinerPdf(octets)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    expect(error.code).toBe('fichier-refuse')
    return error.detail?.replace(' Ouvrez-le, imprimez-le en PDF et envoyez ce nouveau fichier.', '')
  }
}

const action = (dictionnaire: string) => pdfAvec({ catalogue: '/OpenAction 4 0 R', objets: [dictionnaire] })
const script = (texte: string) => action(`<< /S /JavaScript /JS (${texte}) >>`)
const facture = '<?xml version="1.0"?>\n<rsm:CrossIndustryInvoice xmlns:rsm="urn:un"/>'
const avecJoint = (contenu: string, spec = '<< /Type /Filespec /F (a.xml) /EF << /F 4 0 R /UF 4 0 R >> >>') =>
  pdfAvec({ objets: [fluxFlate(contenu, '/Type /EmbeddedFile'), spec] })
const bruit = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * n * 31) & 0xff))

test.each([
  ['of one page', pdf()],
  ['with text, pictures and fonts', pdfAvec({ objets: [fluxFlate('BT (Bonjour) Tj ET'), flux(bruit)] })],
  ['with object streams', pdfAvec({ objets: [fluxObjets('<< /Type /Font /BaseFont /Arial >>')] })],
  ['with a link', action('<< /S /URI /URI (https://www.service-public.fr/) >>')],
  ['that opens on its first page', pdfAvec({ catalogue: '/OpenAction [3 0 R /FitH null]' })],
  ['signed', pdfAvec({ objets: ['<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 1 2 3] >>'] })],
  ['changed after it was signed', Buffer.concat([pdf(), pdf().subarray(9)])],
  ['that is a form which formats its fields', script('AFNumber_Format\\(2, 0, 0, 0, "", true\\);')],
  ['whose date field is Acrobat’s own', script('AFDate_FormatEx("dd/mm/yyyy"); ')],
  ['with a sum', script('AFSimple_Calculate\\("SUM", new Array \\("a", "b"\\)\\);')],
  ['with a button to print', script('this.print(true);this.resetForm();')],
  ['with an electronic invoice', avecJoint(facture)],
  ['that says a word like JavaScript', pdfAvec({ objets: [flux('BT (/JavaScript) Tj ET')] })],
  ['with a damaged stream', pdfAvec({ objets: [flux(deflateSync(bruit).subarray(0, 2000))] })],
  ['padded by an old system', Buffer.concat([pdf(), Buffer.alloc(900, '\n'), Buffer.from('\0\x1a')])],
])('a PDF %s passes', async (_what, octets) => {
  expect(await refus(octets)).toBeUndefined()
})

const abime = 'Le fichier PDF est incomplet ou abîmé.'
const suite = 'Le fichier PDF contient autre chose après sa fin.'
const deuxSortes = 'Le fichier PDF contient aussi un fichier d’une autre sorte.'
const unScript = 'Le fichier PDF contient un script.'
const joint = 'Le fichier PDF contient un fichier joint.'
const dynamique = 'Le fichier PDF contient un programme, un film ou un formulaire dynamique.'
const illisible = 'Le fichier PDF est écrit d’une façon qui ne peut pas être vérifiée.'
const protege =
  'Le fichier PDF est protégé par un mot de passe ou contre la copie: il ne peut pas être vérifié.'
const bombe = 'Le fichier PDF contient des données démesurées une fois décompressées.'
const virus = 'Un logiciel malveillant a été détecté dans le fichier.'
const finDeZip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)])

test.each([
  ['without its end', pdf().subarray(0, -8), abime],
  ['that is only a header', Buffer.from('%PDF-1.7'), abime],
  ['whose end is far', Buffer.concat([pdf(), Buffer.alloc(1100, '\n')]), abime],
  ['with a page after its end', Buffer.concat([pdf(), Buffer.from('<script>alert(1)</script>')]), suite],
  ['with a script after its end', Buffer.concat([pdf(), Buffer.from('alert(1)')]), suite],
  ['with an archive after its end', Buffer.concat([pdf(), Buffer.from('PK\x03\x04'), finDeZip]), suite],
  ['with a page in its first comment', pdf('<html><script>alert(1)</script>'), deuxSortes],
  ['that a server would run', pdf('<?php system($_GET[0]); ?>'), deuxSortes],
  [
    'that is an archive too',
    pdfAvec({ objets: [flux(Buffer.concat([Buffer.from('PK\x03\x04'), finDeZip]))] }),
    deuxSortes,
  ],
  ['that is a RAR too', pdfAvec({ objets: [flux('Rar!\x1a\x07\x01\0')] }), deuxSortes],
  [
    'that is encrypted',
    pdfAvec({ objets: ['<< /Filter /Standard /V 4 >>'], trailer: '/Encrypt 4 0 R' }),
    protege,
  ],
  ['that opens a script', script('app.alert(1)'), unScript],
  ['whose script hides behind a field’s', script('AFNumber_Format(2);app.launchURL("https://a")'), unScript],
  ['whose script is a hexadecimal text', action('<< /S /JavaScript /JS <6170702E> >>'), unScript],
  ['whose script is elsewhere', action('<< /S /JavaScript /JS 5 0 R >>'), unScript],
  ['whose names are disguised', action('<< /S /J#61va#53cript /#4a#53 (app.alert\\(1\\)) >>'), unScript],
  ['whose script follows a comment', action('<< /S /JavaScript /JS %a\n(app.alert(1)) >>'), unScript],
  [
    'whose script is in an object stream',
    pdfAvec({ objets: [fluxObjets('<< /S /JavaScript /JS (app.x) >>')] }),
    unScript,
  ],
  [
    'whose object stream is undeclared',
    pdfAvec({ objets: [fluxFlate('%a\n9 0 << /S /JavaScript /JS (app.x) >>')] }),
    unScript,
  ],
  ['that starts a program', action('<< /S /Launch /F (cmd.exe) >>'), dynamique],
  ['that opens a file of a network', action('<< /S /GoToE /F (\\\\\\\\evil\\\\a) >>'), dynamique],
  ['with a film', action('<< /Subtype /RichMedia >>'), dynamique],
  ['that is an XFA form', pdfAvec({ catalogue: '/AcroForm << /XFA [(template) 4 0 R] >>' }), dynamique],
  ['with a program attached', avecJoint('MZ\x90'), joint],
  ['with an XML that is no invoice', avecJoint('<?xml version="1.0"?><svg/>'), joint],
  ['whose attached file is elsewhere', avecJoint(facture, '<< /EF 6 0 R >>'), joint],
  ['with another file beside the invoice', avecJoint(facture, '<< /EF << /F 4 0 R /UF 3 0 R >> >>'), joint],
  [
    'whose invoice was replaced',
    pdfAvec({
      objets: [
        fluxFlate(facture),
        '<< /EF << /F 4 0 R >> >>',
        Buffer.concat([Buffer.from('null endobj 4 0 obj\n'), fluxFlate('MZ')]),
      ],
    }),
    joint,
  ],
  [
    'whose structure is in hexadecimal',
    pdfAvec({ objets: [flux('39203020', '/Type /ObjStm /Filter /ASCIIHexDecode')] }),
    illisible,
  ],
  [
    'whose structure is under a predictor',
    pdfAvec({ objets: [fluxFlate('9 0 <<>>', '/Type /ObjStm /DecodeParms << /Predictor 12 >>')] }),
    illisible,
  ],
  [
    'whose structure is no structure',
    pdfAvec({ objets: [fluxFlate('\x02abc', '/Type /ObjStm')] }),
    illisible,
  ],
  ['with the test virus in a stream', pdfAvec({ objets: [fluxFlate(eicar)] }), virus],
  [
    'with the test virus across two pieces',
    pdfAvec({ objets: [fluxFlate(Buffer.concat([Buffer.alloc(64 * 1024 - 30), eicar]))] }),
    virus,
  ],
  ['with the test virus compressed twice', pdfAvec({ objets: [fluxFlate(deflateSync(eicar))] }), virus],
  ['compressed over and over', pdfAvec({ objets: [fluxFlate(deflateSync(deflateSync('a')))] }), bombe],
])('a PDF %s is refused', async (_what, octets, raison) => {
  expect(await refus(octets)).toBe(raison)
})

test('a bomb is refused before it is whole: together the streams give 512 MB at most', async () => {
  const tranche = fluxFlate(Buffer.alloc(60 * 1024 * 1024))
  expect(await refus(pdfAvec({ objets: [tranche] }))).toBeUndefined()
  expect(await refus(pdfAvec({ objets: Array.from({ length: 9 }, () => tranche) }))).toBe(bombe)
})

test('a file made of a million streams is refused without reading them all', async () => {
  const octets = Buffer.concat([
    Buffer.from('%PDF-1.7\n'),
    Buffer.alloc(9_000_000, 'stream\n\x78\x9c'),
    pdf(),
  ])
  expect(await refus(octets)).toBe(bombe)
})
