import type { IncomingMessage, ServerResponse } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import { createAuthenticator } from '../../gateway/authenticate.ts'
import { createKeySet, type KeySetOptions, KeySetUnavailable } from '../../gateway/key-set.ts'
import {
  acteurId,
  makeClock,
  makeKey,
  makeToken,
  startKeyServer,
  usagers,
  type KeyServer,
} from './token-source.ts'

const first = makeKey('first')
const second = makeKey('second')
let server: KeyServer

beforeEach(async () => {
  server = await startKeyServer()
  server.publish(first.jwk)
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function keySet(options: Partial<KeySetOptions> = {}) {
  const clock = makeClock()
  const failures: string[] = []
  const keys = createKeySet({
    url: server.url,
    now: clock.now,
    timeoutMs: 200,
    onFailure: (error) => failures.push(error.message),
    ...options,
  })
  return { ...keys, clock, failures }
}

function gate() {
  const clock = makeClock()
  const { authenticate } = createAuthenticator({
    issuer: server.issuer,
    keySetUrl: server.url,
    audience: 'guichet',
    resolve: async () => ({ acteurId, usagers }),
    now: clock.now,
  })
  let serial = 0
  /** A token of its own each time, so that nothing is remembered. */
  const bearer = (key: typeof first) =>
    `Bearer ${makeToken(key, {
      iss: server.issuer,
      aud: 'guichet',
      sub: 'subject',
      azp: 'portail',
      typ: 'Bearer',
      iat: clock.seconds(),
      exp: clock.seconds() + 300,
      jti: serial++,
    })}`
  return { authenticate, bearer, clock }
}

test('fifty tokens at a cold start cause one fetch', async () => {
  const { authenticate, bearer } = gate()
  await Promise.all(Array.from({ length: 50 }, () => authenticate(bearer(first))))
  expect(server.fetches).toBe(1)
})

test('a rotation of keys makes no request fail', async () => {
  const { authenticate, bearer } = gate()
  await Promise.all(Array.from({ length: 20 }, () => authenticate(bearer(first))))
  server.publish(second.jwk, first.jwk)
  const mixed = Array.from({ length: 40 }, (_, i) => authenticate(bearer(i % 2 === 0 ? first : second)))
  await expect(Promise.all(mixed)).resolves.toHaveLength(40)
  expect(server.fetches).toBe(2)
})

/** The next answer is the key set of now, but it stays on its way until `release` is called. */
function holdAnswer() {
  const outdated = JSON.stringify({ keys: [first.jwk] })
  const asked = Promise.withResolvers<() => void>()
  server.answer = (_req, res) => asked.resolve(() => res.writeHead(200).end(outdated))
  return asked.promise
}

test.each(['cold', 'warm'])(
  'a key that comes into use while an older key set is on its way to a %s hub is found all the same',
  async (state) => {
    const { find } = keySet({ timeoutMs: 5_000 })
    if (state === 'warm') await find('first')
    const fetchesBefore = server.fetches
    const held = holdAnswer()
    const another = find(state === 'warm' ? 'nobody' : 'first')
    const release = await held
    const found = find('second')
    server.publish(first.jwk, second.jwk)
    release()
    expect(await found).toBeDefined()
    await another
    expect(server.fetches - fetchesBefore).toBe(2)
  },
)

test('without any key set a good token is answered by 503, not by 401', async () => {
  server.answer = (_req, res) => res.writeHead(500).end()
  const { authenticate, bearer } = gate()
  await expect(authenticate(bearer(first))).rejects.toMatchObject({
    name: 'Refusal',
    code: 'service-indisponible',
  })
})

test('invented kids cause few fetches, and a key rotated in meanwhile is found with the next one', async () => {
  const { find, clock } = keySet({ coolDownMs: 5_000, maxUnknownFetches: 5 })
  await find('first')
  for (let i = 0; i < 200; i += 1) expect(await find(`invented-${i}`)).toBeUndefined()
  expect(server.fetches).toBe(1 + 5)
  server.publish(first.jwk, second.jwk)
  expect(await find('second')).toBeUndefined()
  clock.advance(5_000)
  expect(await find('second')).toBeDefined()
})

test('one unknown kid is looked up once per cool-down', async () => {
  const { find, clock } = keySet({ coolDownMs: 5_000 })
  for (let i = 0; i < 20; i += 1) expect(await find('nobody')).toBeUndefined()
  expect(server.fetches).toBe(1)
  clock.advance(5_000)
  await find('nobody')
  expect(server.fetches).toBe(2)
})

const notKeySets: Record<string, (res: ServerResponse, req: IncomingMessage) => void> = {
  'an HTML page with status 200': (res) => res.end('<!doctype html><title>Maintenance</title>'),
  'half a JSON text': (res) => res.end('{"keys":['),
  'JSON without keys': (res) => res.end('{"error":"no"}'),
  'JSON null': (res) => res.end('null'),
  'an empty key set': (res) => res.end('{"keys":[]}'),
  'keys that are none': (res) =>
    res.end('{"keys":[null,1,"x",{},{"kid":"first","kty":"RSA","n":"!","e":"AQAB"}]}'),
  'status 500 with a key set': (res) => res.writeHead(500).end(JSON.stringify({ keys: [first.jwk] })),
  'a redirection': (res, req) =>
    req.url === '/elsewhere'
      ? res.end(JSON.stringify({ keys: [first.jwk] }))
      : res.writeHead(302, { location: '/elsewhere' }).end(),
  'a huge body': (res) => res.end(JSON.stringify({ keys: [first.jwk], filler: 'x'.repeat(300_000) })),
  'no answer at all': () => undefined,
  'a body that never ends': (res) => void res.writeHead(200).write('{'),
  'a broken connection': (res) => void res.destroy(),
}

describe.each(Object.keys(notKeySets))('when the issuer answers with %s', (name) => {
  const spoil = () => {
    server.answer = (req, res) => notKeySets[name]?.(res, req)
  }

  test('a cold hub says so, asks once, and recovers after the cool-down', async () => {
    spoil()
    const { find, clock, failures } = keySet({ coolDownMs: 5_000 })
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => find('first')))
    expect(answers.every((one) => one.status === 'rejected' && one.reason instanceof KeySetUnavailable)).toBe(
      true,
    )
    await expect(find('first')).rejects.toThrow(KeySetUnavailable)
    expect(server.fetches).toBe(1)
    expect(failures).toHaveLength(1)
    server.publish(first.jwk)
    clock.advance(5_000)
    expect(await find('first')).toBeDefined()
  })

  test('a warm hub keeps its keys, and does not call an unknown one invalid', async () => {
    const { find, clock, failures } = keySet()
    const key = await find('first')
    spoil()
    await expect(find('second')).rejects.toThrow(KeySetUnavailable)
    await expect(find('third')).rejects.toThrow(KeySetUnavailable)
    expect(failures).toHaveLength(1)
    clock.advance(60 * 60_000)
    expect(await find('first')).toBe(key)
  })
})

test('keys are fetched again behind the scenes, and a withdrawn one stops working', async () => {
  const { find, clock } = keySet({ refreshAfterMs: 600_000 })
  await find('first')
  server.publish(second.jwk)
  clock.advance(600_000)
  expect(await find('first')).toBeDefined()
  while ((await find('first')) !== undefined) await new Promise(setImmediate)
  expect(await find('second')).toBeDefined()
})

test('keys that could not be renewed for a day are not trusted any more', async () => {
  const { find, clock } = keySet({ maxAgeMs: 24 * 3_600_000 })
  await find('first')
  server.answer = (_req, res) => res.writeHead(503).end()
  clock.advance(24 * 3_600_000)
  await expect(find('first')).rejects.toThrow(KeySetUnavailable)
})

test('a kid that stands there twice is the key that can be used, whatever comes before or after it', async () => {
  const doubles = [
    { ...second.jwk, kid: 'first', use: 'enc' },
    { ...second.jwk, kid: 'first', kty: 'EC' },
    { kid: 'first', kty: 'RSA', n: '!', e: 'AQAB' },
    makeKey('first', 1024).jwk,
  ]
  server.publish(...doubles, first.jwk, ...doubles)
  const { authenticate, bearer } = gate()
  await authenticate(bearer(first))
  await expect(authenticate(bearer({ ...second, kid: 'first' }))).rejects.toMatchObject({
    code: 'jeton-invalide',
  })
})

test('of a mixed key set only strong RSA signature keys are used', async () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  server.publish(
    { ...second.jwk, kid: 'encryption', use: 'enc', alg: undefined },
    { ...second.jwk, kid: 'other-alg', alg: 'RS512' },
    { ...ec, kid: 'ec', use: 'sig', alg: 'ES256' },
    makeKey('weak', 1024).jwk,
    { ...first.jwk, kid: 'bare', use: undefined, alg: undefined },
  )
  const { find } = keySet()
  expect(await find('bare')).toBeDefined()
  for (const kid of ['encryption', 'other-alg', 'ec', 'weak']) expect(await find(kid)).toBeUndefined()
})
