import { nettoyerNom, nomSelonContenu, pieceJointeNommee } from '../../services/documents/nom-fichier.ts'

test.each([
  ['facture.pdf', 'facture.pdf'],
  ['C:\\Users\\awa\\Bureau\\acte de naissance.pdf', 'acte de naissance.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['a\u0000b\r\nc\td.pdf', 'abcd.pdf'],
  ['facture\u202Efdp.exe', 'facturefdp.exe'],
  ['\u200Bvide\uFEFF.png', 'vide.png'],
  ['  espace.pdf  ', 'espace.pdf'],
  ['e\u0301te\u0301.pdf', 'été.pdf'],
  ['demi \uD83D.pdf', 'demi \uFFFD.pdf'],
  ['..', 'document'],
  ['facture.pdf. . ', 'facture.pdf'],
  ['CON', '_CON'],
  ['nul.pdf', '_nul.pdf'],
  ['com1.tar.pdf', '_com1.tar.pdf'],
  ['com¹.pdf', '_com¹.pdf'],
  ['LPT³', '_LPT³'],
  ['nul .png', '_nul .png'],
  ['CONIN$', '_CONIN$'],
  ['a:b', 'a_b'],
  ['nul:', 'nul_'],
  ['facture "A"|<B>?*.pdf', 'facture _A___B___.pdf'],
  ['comité.pdf', 'comité.pdf'],
  ['contrat.pdf', 'contrat.pdf'],
  ['\u2066facture\u2069\u200E.pdf', 'facture.pdf'],
  ['dossier/', 'document'],
  ['\u0007', 'document'],
])('%j is kept as %j', (nom, attendu) => {
  expect(nettoyerNom(nom)).toBe(attendu)
})

test('a long name is cut to 255 characters without halving one', () => {
  expect([...new Intl.Segmenter().segment(nettoyerNom('👋'.repeat(300)))]).toHaveLength(255)
})

test('a long name keeps its ending, and what makes it harmless', () => {
  expect(nettoyerNom(`${'a'.repeat(300)}.pdf`)).toBe(`${'a'.repeat(251)}.pdf`)
  expect(nettoyerNom(`${'a'.repeat(300)}. final`)).toBe('a'.repeat(255))
  expect(Array.from(nettoyerNom(`nul.${'a'.repeat(250)}.pdf`))).toHaveLength(255)
})

test('the name travels twice: in ASCII for old clients, in UTF-8 for the others', () => {
  expect(pieceJointeNommee('Élève à 100 % (2).pdf', 'application/pdf')).toBe(
    `attachment; filename="Eleve a 100 _ (2).pdf"; filename*=UTF-8''%C3%89l%C3%A8ve%20%C3%A0%20100%20%25%20%282%29.pdf`,
  )
})

test('no name breaks out of the header', () => {
  const entete = pieceJointeNommee(
    nettoyerNom('a"; filename=evil.exe\r\nSet-Cookie: x=1; \'*\\.pdf'),
    'application/pdf',
  )
  expect(entete).toMatch(
    /^attachment; filename="[A-Za-z0-9 ._()-]+"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/,
  )
})

test.each([
  ['facture.pdf.exe', 'application/pdf', 'facture.pdf.exe.pdf'],
  ['page.html', 'application/pdf', 'page.html.pdf'],
  ['facture.PDF', 'application/pdf', 'facture.PDF'],
  ['document', 'image/webp', 'document.webp'],
  ['photo.png', 'image/jpeg', 'photo.png.jpg'],
] as const)('%s that is %s becomes %s', (nom, type, attendu) => {
  expect(nomSelonContenu(nom, type)).toBe(attendu)
})

test('the ending has its place even in the longest name', () => {
  expect(nomSelonContenu('a'.repeat(255), 'application/pdf')).toBe(`${'a'.repeat(251)}.pdf`)
})

test('the ending follows the content, so that a double click opens what was checked', () => {
  expect(pieceJointeNommee('page.html', 'application/pdf')).toContain('filename="page.html.pdf"')
  expect(pieceJointeNommee('scan', 'image/jpeg')).toContain('filename="scan.jpg"')
  expect(pieceJointeNommee('scan.JPEG', 'image/jpeg')).toContain('filename="scan.JPEG"')
  expect(pieceJointeNommee('scan.png', 'image/webp')).toContain("UTF-8''scan.png.webp")
})
