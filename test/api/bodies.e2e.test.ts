import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { CreerDossier, LireDossier } from '../../contracts/demarches.ts'
import { LireMoi } from '../../contracts/identity.ts'
import { lingerMs } from '../../gateway/linger.ts'
import type { ErrorCode } from '../../contracts/errors.ts'
import { hubUrl, refusal } from '../support/api.ts'
import { deposited, draft, inInstruction } from '../support/dossiers.ts'
import { stranger } from '../support/people.ts'
import { eventually } from '../support/eventually.ts'
import { openRequest, replyTo, speak } from '../support/raw-http.ts'

const amina = stranger()
const claire = stranger(['usager', 'agent:etat-civil'])
const json = { 'content-type': 'application/json' }
const nul = '\0'
const loneHigh = '\ud800'
const loneLow = '\udc00'

describe('a body that cannot be read is refused as such:', () => {
  const readable = '{"demarche":"acte-de-naissance"}'
  const bodies: [string, ErrorCode, string | Uint8Array, string][] = [
    ['a truncated object', 'requete-illisible', '{"demarche":"acte', 'application/json'],
    ['not JSON at all', 'requete-illisible', 'demarche=acte-de-naissance', 'application/json'],
    ['blanks', 'requete-illisible', '  ', 'application/json'],
    ['two objects', 'requete-illisible', `${readable}${readable}`, 'application/json'],
    ['a comment', 'requete-illisible', `/* */ ${readable}`, 'application/json'],
    ['a NUL byte', 'requete-illisible', `${readable}${nul}`, 'application/json'],
    ['NaN', 'requete-illisible', '{"demarche":NaN}', 'application/json'],
    [
      '__proto__',
      'requete-illisible',
      '{"demarche":"acte-de-naissance","__proto__":{"a":1}}',
      'application/json',
    ],
    ['__proto__, escaped', 'requete-illisible', '{"\\u005f_proto__":{"a":1}}', 'application/json'],
    ['__proto__ in the form', 'requete-illisible', '{"formulaire":{"__proto__":{}}}', 'application/json'],
    [
      'constructor.prototype',
      'requete-illisible',
      '{"constructor":{"prototype":{"a":1}}}',
      'application/json',
    ],
    ['UTF-16', 'requete-illisible', Buffer.from(readable, 'utf16le'), 'application/json'],
    ['a form of the web', 'type-non-pris-en-charge', 'demarche=a', 'application/x-www-form-urlencoded'],
    ['a text', 'type-non-pris-en-charge', readable, 'text/plain'],
    ['XML', 'type-non-pris-en-charge', '<demarche/>', 'application/xml'],
    ['no known type', 'type-non-pris-en-charge', readable, 'bogus'],
    ['files', 'type-non-pris-en-charge', '--x--\r\n', 'multipart/form-data; boundary=x'],
    ['an array', 'donnees-invalides', '[]', 'application/json'],
    ['a string', 'donnees-invalides', '"acte-de-naissance"', 'application/json'],
    ['a number', 'donnees-invalides', '1', 'application/json'],
    ['false', 'donnees-invalides', 'false', 'application/json'],
    ['null', 'donnees-invalides', 'null', 'application/json'],
  ]
  test.each(bodies)('%s', async (_, code, body, type) => {
    for (const [method, path] of [
      ['POST', '/v1/dossiers'],
      ['PATCH', '/v1/moi'],
    ] as const) {
      // To change nothing is a change, too.
      if (path === '/v1/moi' && body === 'null') continue
      refusal(await amina.send(method, path, { body, headers: { 'content-type': type } }), code)
    }
  })

  test('an order without content takes none of these either', async () => {
    const { id } = await draft(amina)
    const path = `/v1/dossiers/${id}/depot`
    refusal(await amina.send('POST', path, { body: '[]', headers: json }), 'donnees-invalides')
    refusal(await amina.send('POST', path, { body: '{"a":1}', headers: json }), 'donnees-invalides')
    refusal(
      await amina.send('POST', path, { body: 'x', headers: { 'content-type': 'text/plain' } }),
      'type-non-pris-en-charge',
    )
    const form = new FormData()
    form.append('fichier', new Blob(['a']), 'a.pdf')
    refusal(await amina.send('POST', path, { body: form }), 'type-non-pris-en-charge')
    expect((await amina.ok(LireDossier, { id })).etat).toBe('brouillon')
  })

  test('more than 256 KB, said at once or found out on the way', async () => {
    const body = JSON.stringify({ demarche: 'x'.repeat(256 * 1024) })
    refusal(await amina.send('POST', '/v1/dossiers', { body, headers: json }), 'corps-trop-grand')
    const headers = await amina.headers('POST', { headers: { ...json, 'transfer-encoding': 'chunked' } })
    const outgoing = openRequest('POST', '/v1/dossiers', headers)
    const answered = replyTo(outgoing)
    for (let sent = 0; sent < 300 && outgoing.writable; sent++) outgoing.write('"'.padEnd(1024, 'x'))
    const { status, bytes } = await answered
    expect([status, JSON.parse(bytes.toString())]).toEqual([
      413,
      expect.objectContaining({ code: 'corps-trop-grand' }),
    ])
  })

  const linesOf = (headers: Record<string, string>) =>
    Object.entries({ host: 'localhost', ...headers })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
  const chunk = `400\r\n${'x'.repeat(1024)}\r\n`

  /** A request without end, answered while it comes. */
  async function answeredEarly(more: Record<string, string>) {
    const { port, hostname } = new URL(hubUrl)
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const arrived: Buffer[] = []
    socket.on('data', (data: Buffer) => arrived.push(data))
    const text = () => Buffer.concat(arrived).toString()
    const headers = await amina.headers('POST', {
      headers: { ...json, ...more, 'transfer-encoding': 'chunked' },
    })
    socket.write(`POST /v1/dossiers HTTP/1.1\r\n${linesOf(headers)}\r\n${chunk.repeat(300)}`)
    await eventually(() => expect(text()).toContain('corps-trop-grand'))
    for (let sent = 0; sent < 50; sent++)
      await new Promise<void>((resolve, reject) =>
        socket.write(chunk, (error) => (error ? reject(error) : resolve())),
      )
    return { socket, text }
  }

  test('is answered while it still comes, and its connection serves the next request', async () => {
    const { socket, text } = await answeredEarly({})
    socket.write('0\r\n\r\nGET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
    socket.end()
    await once(socket, 'close')
    expect(text().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
  })

  test('is told when its connection closes, which is not cut before its answer was heard', async () => {
    const { socket, text } = await answeredEarly({ connection: 'close' })
    socket.end()
    await once(socket, 'close')
    expect(text()).toMatch(/^HTTP\/1\.1 413 (?:.+\r\n)*connection: close\r\n/i)
  })

  test('as a form whose file nobody reads, leaves its connection to the next request', async () => {
    const part = `--b\r\ncontent-disposition: form-data; name="fichier"; filename="a.pdf"\r\n\r\n${'x'.repeat(200_000)}\r\n`
    const type = { 'content-type': 'multipart/form-data; boundary=b' }
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = async (method: string, path: string, headers = {}, body?: string) => {
      const { port, hostname } = new URL(hubUrl)
      const outgoing = request({ agent, hostname, port, method, path, headers }).end(body)
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
      await once(response.resume(), 'end')
      return { status: response.statusCode, reused: outgoing.reusedSocket }
    }
    const path = '/v1/documents?secteur=inconnu'
    const refused = await ask(
      'POST',
      path,
      await amina.headers('POST', { headers: type }),
      `${part}--b--\r\n`,
    )
    expect(refused.status).toBe(422)
    // Longer than what a refused request still brings is waited for.
    for (const until = performance.now() + lingerMs + 500; performance.now() < until; )
      expect(await ask('GET', '/health/live')).toEqual({ status: 200, reused: true })
    agent.destroy()
  })
})

describe('what JSON can say and PostgreSQL cannot keep is refused with a pointer:', () => {
  const invalid = (value: string) =>
    [nul, `a${nul}b`, loneHigh, `${loneLow}${loneHigh}`, `a${loneHigh}`].map((c) => value + c)

  test('in the form of a dossier, as a value, as a key, deep inside', async () => {
    for (const text of invalid('Morel')) {
      const formulaires: [object, string][] = [
        [{ demandeur: { nom: text } }, '/formulaire/demandeur/nom'],
        [{ parents: [{ nomNaissance: 'a' }, { nomNaissance: text }] }, '/formulaire/parents/1/nomNaissance'],
        [{ [text]: 1 }, '/formulaire'],
        [{ demandeur: { [text]: 1 } }, '/formulaire/demandeur'],
      ]
      for (const [formulaire, pointeur] of formulaires) {
        const body = JSON.stringify({ demarche: 'acte-de-naissance', formulaire })
        const { erreurs } = refusal(
          await amina.send('POST', '/v1/dossiers', { body, headers: json }),
          'donnees-invalides',
        )
        expect(erreurs?.map((erreur) => erreur.pointeur)).toEqual([pointeur])
      }
    }
  })

  test('in every other text', async () => {
    const [mine, instructed] = [await deposited(amina), await inInstruction(amina, claire)]
    for (const text of invalid('Bonjour')) {
      const requests: [typeof amina, string, string, object, string][] = [
        [amina, 'PATCH', '/v1/moi', { prenom: text }, '/prenom'],
        [amina, 'PATCH', '/v1/moi', { courriel: `${text}@example.org` }, '/courriel'],
        [amina, 'POST', '/v1/dossiers', { demarche: text }, '/demarche'],
        [amina, 'POST', `/v1/dossiers/${mine.id}/messages`, { texte: text }, '/texte'],
        [
          claire,
          'POST',
          `/v1/dossiers/${instructed.id}/corrections`,
          { motif: 'perime', texte: text },
          '/texte',
        ],
        [
          claire,
          'POST',
          `/v1/dossiers/${instructed.id}/decision`,
          { sens: 'refuse', motivation: text },
          '/motivation',
        ],
      ]
      for (const [api, method, path, body, pointeur] of requests) {
        const { erreurs } = refusal(await api.send(method, path, { body }), 'donnees-invalides')
        expect(erreurs?.map((erreur) => erreur.pointeur)).toEqual([pointeur])
      }
    }
    expect((await amina.ok(LireMoi, {})).version).toBe(1)
  })

  test('in the query', async () => {
    for (const query of ['demarche=a%00', 'texte=ab%00', 'apres=%00', 'a%00=1'])
      refusal(await claire.send('GET', `/v1/agents/dossiers?${query}`), 'donnees-invalides')
  })

  test('but every other character is kept as it came', async () => {
    const nom = `Ñandú 文字 عربى 🏛️ e\u0301 \u0001\u007f\ufffd \u202e\u{10ffff} '"\\;--`
    const formulaire = { demandeur: { nom } }
    const { id } = await amina.ok(CreerDossier, { demarche: 'acte-de-naissance', formulaire })
    expect((await amina.ok(LireDossier, { id })).formulaire).toEqual(formulaire)
  })
})

describe('an extravagant body does not hurt:', () => {
  test('arrays and objects without end', async () => {
    const deep = [
      `{"demarche":"acte-de-naissance","formulaire":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`,
      `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
      `${'['.repeat(60_000)}${']'.repeat(60_000)}`,
    ]
    const requests = [
      ['POST', '/v1/dossiers'],
      ['PATCH', '/v1/moi'],
      ['DELETE', `/v1/documents/${randomUUID()}`],
    ] as const
    for (const body of deep)
      for (const [method, path] of requests)
        refusal(
          await amina.send(method, path, { body, headers: json, key: randomUUID() }),
          'donnees-invalides',
        )
  })

  test('a form just too deep, too wide or too long', async () => {
    const nested = Array.from({ length: 9 }).reduce<unknown>((inner) => ({ a: inner }), 1)
    for (const formulaire of [
      nested,
      Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [`a${n}`, n])),
      { a: 'x'.repeat(10_001) },
    ]) {
      const body = { demarche: 'acte-de-naissance', formulaire }
      const { erreurs } = refusal(await amina.send('POST', '/v1/dossiers', { body }), 'donnees-invalides')
      expect(erreurs?.map((erreur) => erreur.pointeur)).toEqual(['/formulaire'])
    }
  })

  test('numbers beyond all measure', async () => {
    for (const number of ['1e400', '-1e400', '1e-400', '123456789012345678901234567890', '0.1', '-0'])
      refusal(
        await amina.send('POST', '/v1/dossiers', {
          body: `{"demarche":"acte-de-naissance","formulaire":{"nombreExemplaires":${number}}}`,
          headers: json,
        }),
        'donnees-invalides',
      )
  })

  test('names that JavaScript knows', async () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf', 'then']) {
      const inBody = await amina.send('POST', '/v1/dossiers', {
        body: { demarche: 'acte-de-naissance', [name]: 1 },
      })
      expect(refusal(inBody, 'donnees-invalides').erreurs).toEqual([
        { pointeur: `/${name}`, message: 'Champ inconnu.' },
      ])
      const formulaire = { [name]: 1 }
      const inForm = await amina.send('POST', '/v1/dossiers', {
        body: { demarche: 'acte-de-naissance', formulaire },
      })
      expect(refusal(inForm, 'donnees-invalides').erreurs?.[0]?.pointeur).toBe(`/formulaire/${name}`)
      refusal(await amina.send('GET', `/v1/dossiers?${name}=1`), 'donnees-invalides')
    }
    refusal(await amina.send('GET', '/v1/dossiers?__proto__=1'), 'donnees-invalides')
  })

  test('hundreds of unknown fields, of which fifty are named', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`champ${n}`, n]))
    const reply = await amina.send('PATCH', '/v1/moi', { body: unknown })
    expect(refusal(reply, 'donnees-invalides').erreurs!.length).toBeLessThanOrEqual(50)
  })
})

describe('a wrong id', () => {
  test('that is none is refused with a pointer', async () => {
    for (const id of [
      '1',
      'x',
      'null',
      '%00',
      '..%2f..%2fmoi',
      `${randomUUID()}0`,
      "'%20or%201=1--",
      '*',
      'a'.repeat(199),
    ])
      for (const path of ['dossiers', 'documents']) {
        const { erreurs } = refusal(await amina.send('GET', `/v1/${path}/${id}`), 'donnees-invalides')
        expect(erreurs?.[0]?.pointeur).toBe('/id')
      }
  })

  test('of another kind of object is not found', async () => {
    const { id } = await draft(amina)
    const { id: documentId } = await amina.uploaded(
      'etat-civil',
      Buffer.from('%PDF-1.4\nstartxref\n0\n%%EOF\n'),
    )
    refusal(await amina.send('GET', `/v1/documents/${id}`), 'introuvable')
    refusal(await amina.send('GET', `/v1/documents/${id}/contenu`), 'introuvable')
    refusal(await amina.send('DELETE', `/v1/documents/${id}`), 'introuvable')
    refusal(await amina.send('GET', `/v1/dossiers/${documentId}`), 'introuvable')
    refusal(await amina.send('POST', `/v1/dossiers/${documentId}/depot`), 'introuvable')
  })

  test('in capitals is the same id', async () => {
    const { id } = await draft(amina)
    expect((await amina.send<{ id: string }>('GET', `/v1/dossiers/${id.toUpperCase()}`)).body.id).toBe(id)
  })
})

describe('an address or a request that no front end sends is answered all the same:', () => {
  test('with a percent sign too many, an id without end, a query without end', async () => {
    refusal(await amina.send('GET', '/v1/dossiers/%E0%A4%A'), 'requete-illisible')
    refusal(await amina.send('GET', '/v1/dossiers/%'), 'requete-illisible')
    refusal(await amina.send('GET', `/v1/dossiers/${'a'.repeat(5000)}`), 'requete-illisible')
    refusal(await amina.send('GET', `/v1/dossiers?apres=${'a'.repeat(10_000)}`), 'donnees-invalides')
  })

  test.each([
    ['headers without end', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['no HTTP', 'BONJOUR\r\n\r\n'],
    [
      'two lengths',
      'POST /v1/dossiers HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header with a line break', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: a\rb\r\n\r\n'],
  ])('%s', async (_, text) => {
    const answer = await speak(text)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toMatch(/\r\nContent-Type: application\/problem\+json; charset=utf-8\r\n/)
    expect(answer).toMatch(/\r\nConnection: close\r\n/)
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toEqual({
      type: 'urn:guichet:erreur:requete-illisible',
      title: 'La requête ne peut pas être lue.',
      status: 400,
      code: 'requete-illisible',
    })
  })

  test('methods that nobody serves', async () => {
    for (const method of ['PUT', 'OPTIONS', 'PROPFIND', 'LOCK', 'SEARCH'])
      for (const [path, allow] of [
        ['/v1/moi', 'GET, PATCH'],
        ['/v1/dossiers', 'GET, POST'],
      ] as const) {
        const reply = await amina.send(method, path)
        expect([reply.status, reply.headers.get('allow')]).toEqual([405, allow])
      }
  })

  test('HEAD tells what GET would, without the content, and holds no stream open', async () => {
    const { id } = await draft(amina)
    for (const path of [
      '/v1/moi',
      '/v1/dossiers',
      `/v1/dossiers/${id}`,
      '/v1/demarches',
      '/health/live',
      '/',
    ]) {
      const [head, get] = [await amina.send('HEAD', path), await amina.send('GET', path)]
      expect(head.status).toBe(200)
      for (const name of ['content-type', 'content-length', 'etag'])
        expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)])
    }
    expect((await amina.send('HEAD', '/v1/moi/suivi/flux')).status).toBe(405)
    expect((await stranger().send('HEAD', `/v1/dossiers/${id}`)).status).toBe(404)
    expect((await amina.send('HEAD', '/v1/agents/dossiers')).status).toBe(403)
  })
})

describe('a query', () => {
  const lists = ['/v1/dossiers', '/v1/moi/suivi', '/v1/agents/dossiers']

  test('asks for 1 to 100 elements', async () => {
    for (const path of lists) {
      for (const limite of ['0', '101', '-1', 'abc', '', '1.5', '1e400', 'Infinity', '%20', '9'.repeat(40)]) {
        const { erreurs } = refusal(await claire.send('GET', `${path}?limite=${limite}`), 'donnees-invalides')
        expect(erreurs?.[0]?.pointeur).toBe('/limite')
      }
      for (const limite of ['1', '100'])
        expect((await claire.send('GET', `${path}?limite=${limite}`)).status).toBe(200)
    }
  })

  test('names each thing once, and only what the list knows', async () => {
    for (const path of lists)
      for (const query of [
        'limite=1&limite=2',
        'apres=a&apres=b',
        'couleur=bleu',
        'limite[]=1',
        'limite[a]=1',
        'Limite=1',
      ])
        refusal(await claire.send('GET', `${path}?${query}`), 'donnees-invalides')
    refusal(await claire.send('GET', '/v1/dossiers?etat=brouillon&etat=accepte'), 'donnees-invalides')
    refusal(await claire.send('GET', '/v1/demarches?limite=1'), 'donnees-invalides')
    refusal(await claire.send('GET', '/v1/moi?usager=x'), 'donnees-invalides')
  })

  test('goes on from a cursor that this very list gave, and from nothing else', async () => {
    const forge = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const id = randomUUID()
    const cursors = [
      'x',
      '!',
      'null',
      forge(null),
      forge({}),
      forge([]),
      forge(['a']),
      forge([1]),
      forge(['x', 'y']),
      forge([1, 2]),
      forge(['2027-01-01', 'x']),
      forge(['infinity', id]),
      forge(['2027-02-30', id]),
      forge(['0000-01-01', id]),
      forge(['2027-01-01T00:00:00Z', "x' or 1=1"]),
      forge(['0000-01-01T00:00:00Z', id]),
      forge(['2027-01-01T25:00:00Z', id]),
      forge([1e300]),
      forge([1.5]),
      forge(['1']),
      forge([null]),
      forge([id, id, id]),
      forge([['a'], id]),
      forge([nul, id]),
    ]
    for (const path of lists)
      for (const cursor of cursors.filter((one) => !(path.endsWith('suivi') && one === forge([1]))))
        refusal(await claire.send('GET', `${path}?apres=${cursor}`), 'curseur-invalide')
  })

  test('filters by what exists', async () => {
    refusal(await amina.send('GET', '/v1/dossiers?etat=perdu'), 'donnees-invalides')
    for (const query of [
      'etat=brouillon',
      'echeanceAvant=2027-02-30',
      'echeanceAvant=demain',
      'echeanceAvant=0000-01-01',
      'texte=a',
      'texte=',
      `texte=${'a'.repeat(101)}`,
    ])
      refusal(await claire.send('GET', `/v1/agents/dossiers?${query}`), 'donnees-invalides')
    for (const query of [
      'echeanceAvant=0001-01-01',
      'echeanceAvant=9999-12-31',
      'demarche=inconnue',
      "texte=')%7C%26!:*'",
      'texte=%C3%9F%EF%AC%81',
    ])
      expect((await claire.send('GET', `/v1/agents/dossiers?${query}`)).status).toBe(200)
  })
})
