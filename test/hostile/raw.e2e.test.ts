import { randomUUID } from 'node:crypto'
import { CreerDossier, ListerDossiers } from '../../contracts/demarches.ts'
import { anonyme, stranger } from '../support/people.ts'
import { speak } from '../support/raw-http.ts'

/**
 * What is said on a bare connection: the shapes by which a request is smuggled past a proxy, and whatever else is
 * no HTTP as front ends speak it. Each gets the answers written here, in this order, and no other: 100 and 2xx
 * as they are, everything from 400 on as a problem.
 */

const amina = stranger()
const close = 'Connection: close\r\n'
const host = 'Host: guichet\r\n'
/** Creates a dossier if anybody takes it for a request. */
let smuggled = ''
let bearer = ''

beforeAll(async () => {
  bearer = `Authorization: ${(await amina.headers('GET', {})).authorization}\r\n`
  const body = '{"demarche":"acte-de-naissance"}'
  smuggled = `POST /v1/dossiers HTTP/1.1\r\n${host}${bearer}${close}Idempotency-Key: ${randomUUID()}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
})

const get = (path: string, headers = '', version = 'HTTP/1.1') =>
  `GET ${path} ${version}\r\n${host}${headers}${close}\r\n`

/** An order that is refused once its body was read (404: no such demarche), with this framing and these bytes. */
const order = (framing: string, bytes: string, version = 'HTTP/1.1') =>
  `POST /v1/dossiers ${version}\r\n${host}${bearer}Idempotency-Key: ${randomUUID()}\r\nContent-Type: application/json\r\n${framing}\r\n${bytes}`

const unknown = '{"demarche":"x"}'
const size = unknown.length.toString(16)
const chunked = 'Transfer-Encoding: chunked\r\n'
const lastChunk = '0\r\n\r\n'

async function answers(text: string): Promise<number[]> {
  const isUnfinished = !text.trimStart().includes('\r\n\r\n')
  const said = await speak(Buffer.from(text, 'latin1'), isUnfinished)
  const parts = said.split(/(?=HTTP\/1\.1 \d{3} )/).filter(Boolean)
  for (const part of parts) {
    const status = Number(part.slice(9, 12))
    if (status < 400) continue
    expect(part).toMatch(/\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/i)
    const body: unknown = JSON.parse(part.slice(part.indexOf('\r\n\r\n')))
    expect(body).toMatchObject({ status, title: expect.stringMatching(/^\p{Lu}.*\.$/u) as string })
  }
  return parts.map((part) => Number(part.slice(9, 12)))
}

describe('a body ends in one place only, or the connection does:', () => {
  const cases: [string, () => string, number[]][] = [
    ['a length', () => order(`Content-Length: ${unknown.length}\r\n${close}`, unknown), [404]],
    ['chunks', () => order(chunked + close, `${size}\r\n${unknown}\r\n${lastChunk}`), [404]],
    ['a length and chunks', () => order(`Content-Length: 4\r\n${chunked}`, lastChunk + smuggled), [400]],
    ['chunks and a length', () => order(`${chunked}Content-Length: 4\r\n`, lastChunk + smuggled), [400]],
    ['two lengths', () => order('Content-Length: 2\r\nContent-Length: 300\r\n', `{}${smuggled}`), [400]],
    ['the same length twice', () => order('Content-Length: 2\r\nContent-Length: 2\r\n', '{}'), [400]],
    ['lengths in a list', () => order('Content-Length: 2, 2\r\n', `{}${smuggled}`), [400]],
    ['a length with a sign', () => order('Content-Length: +2\r\n', `{}${smuggled}`), [400]],
    ['a length below zero', () => order('Content-Length: -1\r\n', smuggled), [400]],
    ['a length in hexadecimal', () => order('Content-Length: 0x2\r\n', `{}${smuggled}`), [400]],
    ['a length beyond all', () => order(`Content-Length: ${'9'.repeat(23)}\r\n`, '{}'), [400]],
    ['chunks that are not last', () => order('Transfer-Encoding: chunked, identity\r\n', lastChunk), [400]],
    ['chunks of another name', () => order('Transfer-Encoding: xchunked\r\n', lastChunk + smuggled), [400]],
    ['chunks twice', () => order(chunked + chunked, lastChunk + smuggled), [400]],
    ['chunks after a blank', () => order('Transfer-Encoding : chunked\r\n', lastChunk + smuggled), [400]],
    [
      'chunks on the next line',
      () => order('Transfer-Encoding:\r\n chunked\r\n', lastChunk + smuggled),
      [400],
    ],
    ['a chunk that is no number', () => order(chunked, `zz\r\n{}\r\n${lastChunk}${smuggled}`), [400]],
    ['a chunk below zero', () => order(chunked, `-1\r\n{}\r\n${lastChunk}${smuggled}`), [400]],
    ['a chunk beyond all', () => order(chunked, `${'f'.repeat(18)}\r\n{}\r\n${lastChunk}`), [400]],
    ['a chunk too short', () => order(chunked, `1\r\n{}\r\n${lastChunk}${smuggled}`), [400]],
    ['chunks without CR', () => order(chunked, `2\n{}\n0\n\n${smuggled}`), [400]],
    [
      'a chunk with a word',
      () => order(chunked + close, `${size};a="b"\r\n${unknown}\r\n${lastChunk}`),
      [404],
    ],
    ['a chunk with 20 kB of words', () => order(chunked, `2;${'a'.repeat(20_000)}\r\n{}\r\n`), [400]],
    [
      'a trailer that wants to be a header',
      () => order(chunked + close, `${size}\r\n${unknown}\r\n0\r\nIdempotency-Key: b\r\n\r\n`),
      [404],
    ],
    [
      'a body to GET',
      () => `GET /health/live HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello${get('/health/live')}`,
      [200, 200],
    ],
  ]
  test.each(cases)('%s', async (_, text, expected) => {
    expect(await answers(text())).toEqual(expected)
  })

  test('and nothing was smuggled; what would have been is a good request', async () => {
    expect((await amina.ok(ListerDossiers, {})).elements).toEqual([])
    expect(await answers(smuggled)).toEqual([201])
  })
})

test('chunks in HTTP/1.0, which knows none, open no second request', async () => {
  const statuses = await answers(order(chunked, lastChunk + get('/health/live'), 'HTTP/1.0'))
  expect(statuses).toHaveLength(1)
  expect(statuses[0]).toBeGreaterThanOrEqual(400)
})

describe('lines and headers', () => {
  const cases: [string, string, number[]][] = [
    ['no Host', `GET /health/live HTTP/1.1\r\n${close}\r\n`, [400]],
    ['two Hosts', get('/health/live', host), [400]],
    ['no Host in HTTP/1.0', 'GET /health/live HTTP/1.0\r\n\r\n', [200]],
    ['HTTP/0.9', 'GET /health/live\r\n\r\n', [400]],
    ['HTTP/1.2', get('/health/live', '', 'HTTP/1.2'), [400]],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
    ['the first bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
    ['nothing', '', []],
    ['empty lines', '\r\n\r\n', []],
    ['half a request', 'GET /health/live HTTP/1.1\r\nHost', [400]],
    ['lines without CR', 'GET /health/live HTTP/1.1\nHost: a\n\n', [400]],
    ['a header without CR', 'GET /health/live HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n', [400]],
    ['lines without LF', 'GET /health/live HTTP/1.1\rHost: a\r\r', [400]],
    ['a folded header', get('/health/live', 'X-A: a\r\n b\r\n'), [400]],
    ['a header without name', get('/health/live', ': a\r\n'), [400]],
    ['a NUL in a header', get('/health/live', 'X-A: a\0b\r\n'), [400]],
    ['a DEL in a header', get('/health/live', 'X-A: a\x7fb\r\n'), [400]],
    ['5,000 headers', get('/health/live', 'a:\r\n'.repeat(5000)), [400]],
    ['500 headers', get('/health/live', 'a: b\r\n'.repeat(500)), [200]],
    ['a method in lower case', get('/health/live').replace('GET', 'get'), [400]],
    ['a method of its own', get('/health/live').replace('GET', 'BREW'), [400]],
    ['TRACE', get('/v1/moi', 'Authorization: Bearer a.b.c\r\n').replace('GET', 'TRACE'), [405]],
    ['CONNECT', get('127.0.0.1:22').replace('GET', 'CONNECT'), []],
    ['CONNECT to a path', get('/v1/moi').replace('GET', 'CONNECT'), []],
    ['an upgrade to HTTP/2', get('/health/live', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'), [200]],
    [
      'an upgrade to a web socket',
      get('/v1/moi/suivi/flux', 'Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n'),
      [401],
    ],
    ['what is expected and unknown', get('/health/live', 'Expect: 200-ok\r\n'), [200]],
    [
      'a body that waits for leave',
      `POST /v1/dossiers HTTP/1.1\r\n${host}${close}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
      [100, 401],
    ],
  ]
  test.each(cases)('%s', async (_, text, expected) => {
    expect(await answers(text)).toEqual(expected)
  })

  test('two tokens: neither is taken for the other', async () => {
    const forged = 'Authorization: Bearer a.b.c\r\n'
    expect(await answers(get('/v1/moi', bearer))).toEqual([200])
    for (const both of [bearer + forged, forged + bearer, bearer + bearer])
      expect(await answers(get('/v1/moi', both))).toEqual([401])
  })

  test('two types of content: neither is taken for the other', async () => {
    const types = 'Content-Type: text/plain\r\n'
    const text = order(`${types}Content-Length: ${unknown.length}\r\n${close}`, unknown)
    expect(await answers(text)).toEqual([415])
  })
})

describe('addresses', () => {
  const cases: [string, string, number[]][] = [
    ['absolute, as to a proxy', 'http://attacker.example.org/health/live', [200]],
    ['absolute, of the issuer', 'http://guichet/realms/malakoff/.well-known/openid-configuration', [404]],
    ['absolute, with a port that is none', 'https://guichet:99999/health/live', [400]],
    ['absolute, with half an IPv6', 'http://[/health/live', [400]],
    ['of another protocol', 'ftp://guichet/health/live', [404]],
    ['relative', 'health/live', [400]],
    ['a query alone', '?a', [400]],
    ['with a fragment', '/health/live#x', [200]],
    ['with two slashes', '//v1/moi', [404]],
    ['with backslashes', '\\v1\\moi', [400]],
    ['with a semicolon', '/v1/moi;x', [404]],
    ['with dots', '/v1/../health/live', [404]],
    ['with escaped dots', '/v1/%2e%2e/health/live', [404]],
    ['with an escaped slash', '/v1%2fmoi', [404]],
    ['with a NUL', '/v1/demarches/\0', [400]],
    ['with an escaped NUL', '/v1/demarches/%00', [404]],
    ['with a wrong escape', '/v1/demarches/%zz', [400]],
    ['with half an escape', '/v1/demarches/%', [400]],
    ['with a wrong escape at no address', '/%zz', [400]],
    ['with a wrong escape in the query', '/v1/demarches?%zz=%zz', [422]],
    ['with overlong UTF-8', '/v1/demarches/%c0%ae%c0%ae', [400]],
    ['with raw UTF-8', '/v1/demarches/\xc3\xa9', [400]],
    ['with a blank', '/v1/demarches/a b', [400]],
    ['of 15 kB', `/${'a'.repeat(15_000)}`, [404]],
    ['of 17 kB', `/${'a'.repeat(17_000)}`, [400]],
  ]
  test.each(cases)('%s', async (_, path, expected) => {
    expect(await answers(get(path))).toEqual(expected)
  })

  test('OPTIONS of everything', async () => {
    expect(await answers(get('*').replace('GET', 'OPTIONS'))).toEqual([404])
  })
})

test('afterwards the hub is well', async () => {
  expect((await anonyme.send('GET', '/health/ready')).status).toBe(200)
  await amina.ok(CreerDossier, { demarche: 'acte-de-naissance' })
})
