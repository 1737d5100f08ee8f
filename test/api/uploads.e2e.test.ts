import { typeset } from '../../infra/typography.ts'
import { randomUUID } from 'node:crypto'
import { tailleMaximale } from '../../contracts/documents.ts'
import { hostiles } from '../documents/fichiers-hostiles.ts'
import { commentaireJpeg, jpeg, pdf, pdfDe, png, webp } from '../documents/fixtures.ts'
import { type Api, refusal } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { stranger } from '../support/people.ts'
import { openRequest, type RawReply, replyTo } from '../support/raw-http.ts'

const amina = stranger()
const query = 'secteur=espace-public'
const path = `/v1/documents?${query}`
const boundary = 'xXx'

/** A multipart body as it travels; `disposition` is all that follows `form-data; `. */
function multipart(parts: readonly { disposition: string; content: Uint8Array }[]): Buffer {
  return Buffer.concat([
    ...parts.flatMap(({ disposition, content }) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      content,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
}

const file = (content: Uint8Array, name = 'a.pdf') => ({
  disposition: `name="fichier"; filename="${name}"`,
  content,
})

async function sendRaw(api: Api, body: Uint8Array) {
  return await api.send('POST', path, {
    body,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  })
}

/** How many documents this person has, deleted ones included. */
async function documentsOf(api: Api): Promise<number> {
  const { body } = await api.upload(query, pdf(), 'temoin.pdf')
  const [row] = await hubDatabase()<{ n: number }[]>`
    select count(*)::int - 1 as n from documents.document
    where usager_id = (select usager_id from documents.document where id = ${body.id}) and nom <> 'temoin.pdf'`
  return row!.n + 1
}

test('each kind of file is taken for what it is, whatever it calls itself', async () => {
  for (const [bytes, type, nom] of [
    [pdf(), 'application/pdf', 'facture.exe.pdf'],
    [jpeg(), 'image/jpeg', 'facture.exe.jpg'],
    [png(), 'image/png', 'facture.exe.png'],
    [webp(), 'image/webp', 'facture.exe.webp'],
  ] as const) {
    const { status, body } = await amina.upload(query, bytes, 'facture.exe')
    expect([status, body.type, body.nom, body.statut, body.dossierId]).toEqual([
      201,
      type,
      nom,
      'libre',
      null,
    ])
  }
})

test('a program that calls itself a PDF is refused, and so are an empty file, a text and a cut PDF', async () => {
  const someone = stranger()
  const program = Buffer.concat([Buffer.from('MZ\x90\0'), Buffer.alloc(5000, 7)])
  const polyglot = Buffer.concat([program, pdf()])
  for (const bytes of [program, polyglot, Buffer.alloc(0), Buffer.from('bonjour'), pdf().subarray(0, 100)]) {
    const problem = refusal(await someone.upload(query, bytes, 'quittance.pdf'), 'fichier-refuse')
    expect(problem.detail).toMatch(/^Le fichier /)
  }
  expect(await documentsOf(someone)).toBe(0)
})

test.each([
  'a program with a PDF inside',
  'an archive',
  'an SVG',
  'a GIF that is a script',
  'a PNG of a billion pixels',
  'a PDF that is a page',
  'a PDF that opens a script',
  'a PDF that is a bomb',
])('%s is refused with a reason', async (what) => {
  const [, bytes, reason] = hostiles.find(([name]) => name === what)!
  const problem = refusal(await amina.upload(query, bytes, 'quittance.pdf'), 'fichier-refuse')
  expect(problem.detail).toContain(typeset(reason!))
})

test('a photo is given back without where and with what it was taken', async () => {
  const sent = jpeg(commentaireJpeg('CANARI 48.8, 2.3'))
  const { body } = await amina.upload(query, sent, 'photo.jpg')
  const { bytes } = await replyTo(
    openRequest('GET', `/v1/documents/${body.id}/contenu`, await amina.headers('GET', {})).end(),
  )
  expect([bytes.length, bytes.includes('CANARI')]).toEqual([body.taille, false])
})

describe('of 25 MB', () => {
  test('a file is taken to the last byte and refused from the next on', async () => {
    const someone = stranger()
    const taken = await someone.upload(query, pdfDe(tailleMaximale), 'plein.pdf')
    expect([taken.status, taken.body.taille]).toEqual([201, tailleMaximale])
    refusal(await someone.upload(query, pdfDe(tailleMaximale + 1), 'trop.pdf'), 'corps-trop-grand')
    expect(await documentsOf(someone)).toBe(1)
  })

  const announced = (length: Record<string, string>) =>
    amina.headers('POST', {
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, ...length },
    })

  test('one that says it is larger is refused before a byte of it is asked for', async () => {
    const outgoing = openRequest('POST', path, await announced({ 'content-length': String(1024 ** 3) }))
    outgoing.flushHeaders()
    expect(codeOf(await replyTo(outgoing))).toBe('corps-trop-grand')
  })

  test('one that goes on and on is refused while it is being sent', async () => {
    const outgoing = openRequest('POST', path, await announced({ 'transfer-encoding': 'chunked' }))
    const answered = replyTo(outgoing)
    let isAnswered = false
    const noted = answered.finally(() => (isAnswered = true))
    outgoing.write(
      `--${boundary}\r\nContent-Disposition: form-data; name="fichier"; filename="a.pdf"\r\n\r\n`,
    )
    const chunk = Buffer.alloc(256 * 1024, '%')
    for (let sent = 0; !isAnswered && sent < 1024 ** 3 && outgoing.writable; sent += chunk.length)
      // Once it has answered, nobody may read what is left.
      await Promise.race([new Promise<void>((written) => outgoing.write(chunk, () => written())), noted])
    expect(isAnswered).toBe(true)
    expect(codeOf(await noted)).toBe('corps-trop-grand')
  })
})

function codeOf({ bytes }: RawReply): string {
  return (JSON.parse(bytes.toString()) as { code: string }).code
}

test('an upload cut half-way leaves nothing, and its key is free', async () => {
  const someone = stranger()
  const key = randomUUID()
  const whole = multipart([file(pdfDe(2 * 1024 * 1024))])
  const headers = await someone.headers('POST', {
    key,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(whole.length),
    },
  })
  const outgoing = openRequest('POST', path, headers)
  const closed = new Promise((resolve) => outgoing.on('error', () => {}).once('close', resolve))
  await new Promise<void>((written) => outgoing.write(whole.subarray(0, whole.length / 2), () => written()))
  outgoing.destroy()
  await closed
  const again = await someone.upload(query, pdf('entier'), 'entier.pdf', { key })
  expect(again.status).toBe(201)
  expect(await documentsOf(someone)).toBe(1)
})

describe('a request that is not one file is refused:', () => {
  test('no part, a field instead of a file, no name, another type of content, nothing', async () => {
    const someone = stranger()
    refusal(await sendRaw(someone, multipart([])), 'fichier-refuse')
    refusal(
      await sendRaw(someone, multipart([{ disposition: 'name="fichier"', content: pdf() }])),
      'fichier-refuse',
    )
    for (const [body, type] of [
      [pdf(), 'application/pdf'],
      ['{}', 'application/json'],
      ['', 'text/plain'],
    ] as const)
      refusal(
        await someone.send('POST', path, { body, headers: { 'content-type': type } }),
        'type-non-pris-en-charge',
      )
    refusal(await someone.send('POST', path), 'type-non-pris-en-charge')
    expect(await documentsOf(someone)).toBe(0)
  })

  test('two files, a field before or after the file, a file in another field', async () => {
    const someone = stranger()
    const field = { disposition: 'name="commentaire"', content: Buffer.from('bonjour') }
    for (const parts of [
      [file(pdf()), file(pdf())],
      [field, file(pdf())],
      [file(pdf()), field],
      [{ ...file(pdf()), disposition: 'name="file"; filename="a.pdf"' }],
    ])
      refusal(await sendRaw(someone, multipart(parts)), 'fichier-refuse')
    expect(await documentsOf(someone)).toBe(0)
  })

  test('a multipart that breaks off or has no boundary', async () => {
    const someone = stranger()
    const whole = multipart([file(pdf())])
    for (const cut of [whole.subarray(0, 20), whole.subarray(0, 100), whole.subarray(0, whole.length - 30)])
      refusal(await sendRaw(someone, cut), 'requete-illisible')
    const reply = await someone.send('POST', path, {
      body: whole,
      headers: { 'content-type': 'multipart/form-data' },
    })
    refusal(reply, 'requete-illisible')
    expect(await documentsOf(someone)).toBe(0)
  })

  test('an unknown sector, no sector, a sector and an issuer that do not go together', async () => {
    const agent = stranger(['usager', 'agent:education'])
    for (const wrong of [
      '',
      'secteur=',
      'secteur=mairie',
      `${query}&emisPar=maire`,
      `${query}&couleur=bleu`,
      `${query}&nom=a`,
      `${query}&${query}`,
    ])
      refusal(await agent.upload(wrong, pdf()), 'donnees-invalides')
    refusal(await agent.upload(`${query}&emisPar=agent`, pdf()), 'acces-refuse')
  })
})

describe('the name of a file', () => {
  test.each([
    ['quittance.pdf', 'quittance.pdf'],
    ['l’été à Malakoff.pdf', 'l’été à Malakoff.pdf'],
    ['e\u0301te\u0301.pdf', 'été.pdf'],
    ['🏛️ plan.pdf', '🏛️ plan.pdf'],
    ['../../etc/passwd', 'passwd.pdf'],
    ['C:\\Users\\amina\\scan.pdf', 'scan.pdf'],
    ['a"b.pdf', 'a"b.pdf'],
    ["a'b;c.pdf", "a'b;c.pdf"],
    ['a\nb\r\nX-Evil: 1.pdf', 'abX-Evil_ 1.pdf'],
    ['facture\u202efdp.exe', 'facturefdp.exe.pdf'],
    ['a\u200b\ufeffb.pdf', 'ab.pdf'],
    ['<script>alert(1)</script>.pdf', 'script_.pdf'],
    ['facture.pdf.exe', 'facture.pdf.exe.pdf'],
    ['nul.pdf', '_nul.pdf'],
    ['nul .pdf', '_nul .pdf'],
    ['com¹.pdf', '_com¹.pdf'],
    ['a:b.pdf', 'a_b.pdf'],
    ['   ', 'document.pdf'],
    ['..', 'document.pdf'],
  ])('%j is kept as %j, and given back without harm', async (given, kept) => {
    const { status, body } = await amina.upload(query, pdf(), given)
    expect([status, withoutEscapes(body.nom)]).toEqual([201, kept])
    const { headers } = await amina.send('GET', `/v1/documents/${body.id}/contenu`)
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="[A-Za-z0-9 ._()-]+"; filename\*=UTF-8''[\w.~!#$&+^`|%-]+$/,
    )
    expect(headers.get('content-disposition')).toMatch(/\.pdf$/)
  })

  test.each([300, 2000, 8000])('of %d characters is cut, and keeps its ending', async (length) => {
    const { status, body } = await amina.upload(query, pdf(), `${'a'.repeat(length)}.pdf`)
    expect([status, body.nom]).toEqual([201, `${'a'.repeat(251)}.pdf`])
  })
})

/** `fetch` writes quotes and line breaks in a file name percent-encoded (HTML, multipart/form-data encoding). */
function withoutEscapes(name: string): string {
  return name.replaceAll('%22', '"').replaceAll('%0D', '').replaceAll('%0A', '')
}

test('ten files sent at once by one person are ten documents', async () => {
  const someone = stranger()
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, n) => someone.upload(query, pdf(`fichier ${n}`), `${n}.pdf`)),
  )
  expect(new Set(replies.map((reply) => reply.body.sha256)).size).toBe(10)
  await eventually(async () => expect(await documentsOf(someone)).toBe(10))
})
