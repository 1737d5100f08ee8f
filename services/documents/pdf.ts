// oxlint-disable no-control-regex -- it reads the bytes of files, and many are control characters
import { Refusal } from '../../contracts/errors.ts'
import { type Flux, parcourirFlux } from './pdf-flux.ts'
import { blanc, expression, nom, reference } from './pdf-syntaxe.ts'

const remede = 'Ouvrez-le, imprimez-le en PDF et envoyez ce nouveau fichier.'

/**
 * Lets a PDF pass that is whole, is nothing but a PDF, and does nothing when it is opened. It is not rewritten: a
 * signature would break. Refused is what a paper never needs, close to what PDF/A (ISO 19005) forbids; measured
 * against what people really send:
 * - forms of the administration pass when their scripts only format a field, print or empty the form
 * - electronic invoices (Factur-X) pass with their XML; any other attached file does not
 * - a protected file cannot be looked into, so it does not pass, even where it opens without a password
 * @throws Refusal `fichier-refuse` with a reason and what to do about it
 */
export async function examinerPdf(octets: Buffer): Promise<void> {
  const pdf = octets.toString('latin1')
  refuserIncomplet(pdf)
  refuserPolyglotte(pdf)
  refuserProtege(pdf)
  const textes = [pdf]
  const factures = new Map<string, boolean>()
  for await (const flux of parcourirFlux(octets, pdf)) {
    if (objets.test(flux.avant)) refuserIllisible(flux)
    if (flux.objets) textes.push(flux.texte)
    const numero = numeroObjet(flux.avant)
    factures.set(numero, estFacture(flux.texte) && factures.get(numero) !== false)
  }
  for (const texte of textes) {
    refuserActions(texte)
    refuserScripts(texte)
    refuserJoints(texte, factures)
  }
}

function refus(detail: string): Refusal {
  return new Refusal('fichier-refuse', `${detail} ${remede}`)
}

/**
 * The end mark lies in the last 1024 bytes (PDF Reference 1.7, appendix H), after the place of the cross-reference
 * table; after it stands only white space, or what old systems write instead.
 */
function refuserIncomplet(pdf: string): void {
  const fin = pdf.slice(-1024)
  const suite = /^startxref\s+\d+\s+%%EOF([^]*)$/.exec(fin.slice(fin.lastIndexOf('startxref')))?.[1]
  if (suite === undefined) throw new Refusal('fichier-refuse', 'Le fichier PDF est incomplet ou abîmé.')
  if (/[^\s\0\x1a]/.test(suite)) throw refus('Le fichier PDF contient autre chose après sa fin.')
}

/** A file that is also a page for a browser, which looks at its first kilobyte, or an archive, read from its end. */
function refuserPolyglotte(pdf: string): void {
  const page = /<(?:!doctype|html|head|body|script|iframe|svg|\?php)\b/i.test(pdf.slice(0, 1024))
  if (page || estZip(pdf) || /Rar!\x1a\x07|7z\xbc\xaf\x27\x1c/.test(pdf))
    throw refus('Le fichier PDF contient aussi un fichier d’une autre sorte.')
}

/** The end record of a ZIP lies in its last 64 KB, and the comment that closes it fits in what is left (APPNOTE 4.3.16). */
function estZip(pdf: string): boolean {
  const fin = pdf.slice(-(22 + 0xffff + 1024))
  return Array.from(fin.matchAll(/PK\x05\x06\0\0\0\0/g)).some(({ index }) => {
    const commentaire = fin.charCodeAt(index + 20) + 256 * fin.charCodeAt(index + 21)
    return index + 22 + commentaire <= fin.length
  })
}

const chiffrement = expression(`${nom('Encrypt')}${blanc}(?:${reference}|<<)`)

function refuserProtege(pdf: string): void {
  if (chiffrement.test(pdf))
    throw refus(
      'Le fichier PDF est protégé par un mot de passe ou contre la copie: il ne peut pas être vérifié.',
    )
}

const objets = expression(nom('ObjStm'))
const filtre = expression(nom('Filter'))
const autreFiltre = expression(
  ['ASCIIHexDecode', 'ASCII85Decode', 'LZWDecode', 'RunLengthDecode', 'Crypt', 'Predictor']
    .map(nom)
    .join('|'),
)

/** The structure of the document, hidden under a filter that no ordinary program uses for it. */
function refuserIllisible({ avant, objets, compresse }: Flux): void {
  if (compresse ? !objets || autreFiltre.test(avant) : filtre.test(avant))
    throw refus('Le fichier PDF est écrit d’une façon qui ne peut pas être vérifiée.')
}

/** Programs, other files, films, other forms: the names are long enough never to occur by chance in compressed bytes. */
const actions = expression(
  [
    ...['Launch', 'GoToE', 'GoToR', 'ImportData', 'RichMedia', 'Rendition'].map(nom),
    `${nom('XFA')}${blanc}(?:${reference}|\\[${blanc}(?:\\(|<|${reference}))`,
  ].join('|'),
)

function refuserActions(texte: string): void {
  if (actions.test(texte))
    throw refus('Le fichier PDF contient un programme, un film ou un formulaire dynamique.')
}

const argument = String.raw`(?:[^()\\]|\\[rnt"'])`
const appel = String.raw`(?:AF[A-Z][A-Za-z_]{2,40}|this\.print|this\.resetForm)\s*\\?\((?:${argument}|new Array\s*\\?\(${argument}{0,2000}\\?\)){0,2000}\\?\)`
const script = expression(`${nom('JS')}${blanc}(?:[(<%]|\\d+${blanc}\\d+${blanc}R)`, 'g')
const inoffensif = expression(String.raw`^${nom('JS')}${blanc}\(\s*(?:${appel}[;\s]*)+\)`)
const javascript = expression(nom('JavaScript'))

/** Of scripts only Acrobat's own functions for fields, `print` and `resetForm` pass, wherever they hang. */
function refuserScripts(texte: string): void {
  if (!javascript.test(texte)) return
  for (const { index } of texte.matchAll(script))
    if (!inoffensif.test(texte.slice(index, index + 10_000)))
      throw refus('Le fichier PDF contient un script.')
}

const joint = expression(`${nom('EF')}${blanc}(?:<<([^<>]{0,500})>>|<<|${reference})`, 'g')

/** Every attached file must be the XML of an electronic invoice. */
function refuserJoints(texte: string, factures: ReadonlyMap<string, boolean>): void {
  for (const [, contenu = ''] of texte.matchAll(joint)) {
    const fichiers = Array.from(contenu.matchAll(expression(reference, 'g')), ([, numero]) => numero!)
    if (fichiers.length === 0 || !fichiers.every((numero) => factures.get(numero)))
      throw refus('Le fichier PDF contient un fichier joint.')
  }
}

/** Cross Industry Invoice, the XML of Factur-X and ZUGFeRD (EN 16931). */
function estFacture(texte: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*>[^]{0,2000}<(?:\w+:)?CrossIndustry(?:Invoice|Document)\b/.test(
    texte,
  )
}

/** The number of the object whose stream follows. */
function numeroObjet(avant: string): string {
  const fin = avant.lastIndexOf('obj')
  return /(\d{1,10})\s+\d{1,5}\s+$/.exec(avant.slice(Math.max(0, fin - 40), Math.max(0, fin)))?.[1] ?? ''
}
