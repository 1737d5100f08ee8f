import { deflateSync } from 'node:zlib'

/** A stream with its dictionary, as the body of an object. */
export function flux(contenu: Uint8Array | string, dictionnaire = ''): Buffer {
  const octets = Buffer.from(contenu as string)
  return Buffer.concat([
    Buffer.from(`<< ${dictionnaire} /Length ${octets.length} >>\nstream\n`),
    octets,
    Buffer.from('\nendstream'),
  ])
}

export function fluxFlate(contenu: Uint8Array | string, dictionnaire = ''): Buffer {
  return flux(deflateSync(contenu, { level: 9 }), `/Filter /FlateDecode ${dictionnaire}`)
}

export interface ContenuPdf {
  /** What the catalogue holds beside its pages. */
  catalogue?: string
  /** Further objects, numbered from 4 on. */
  objets?: readonly (string | Buffer)[]
  /** What the trailer holds beside size and root. */
  trailer?: string
}

/** A whole PDF of one page. */
export function pdfAvec({ catalogue = '', objets = [], trailer = '' }: ContenuPdf): Buffer<ArrayBuffer> {
  const tous = [
    `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`,
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>',
    ...objets,
  ]
  const morceaux: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')]
  let longueur = morceaux[0]!.length
  const ajouter = (octets: Buffer) => {
    morceaux.push(octets)
    longueur += octets.length
  }
  const positions = tous.map((objet, n) => {
    const position = longueur
    ajouter(
      Buffer.concat([
        Buffer.from(`${n + 1} 0 obj\n`),
        Buffer.from(objet as string),
        Buffer.from('\nendobj\n'),
      ]),
    )
    return `${String(position).padStart(10, '0')} 00000 n \n`
  })
  const table = longueur
  ajouter(Buffer.from(`xref\n0 ${tous.length + 1}\n0000000000 65535 f \n${positions.join('')}`))
  ajouter(
    Buffer.from(
      `trailer\n<< /Size ${tous.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${table}\n%%EOF\n`,
    ),
  )
  return Buffer.concat(morceaux)
}

/** An object stream that holds one object, numbered 9. */
export function fluxObjets(objet: string): Buffer {
  return fluxFlate(`9 0 ${objet}`, '/Type /ObjStm /N 1 /First 4')
}
