import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { createAuthenticator } from '../../gateway/authenticate.ts'
import {
  acteurId,
  encode,
  makeClock,
  makeKey,
  makeToken,
  startKeyServer,
  usagers,
  type KeyServer,
} from './token-source.ts'

const clock = makeClock()
const key = makeKey('current')
const other = makeKey('attacker')
let server: KeyServer
let authenticate: (authorization: string | undefined) => Promise<unknown>

beforeAll(async () => {
  server = await startKeyServer()
  server.publish(key.jwk)
  ;({ authenticate } = createAuthenticator({
    issuer: server.issuer,
    keySetUrl: server.url,
    audience: 'guichet',
    resolve: async () => ({ acteurId, usagers }),
    now: clock.now,
  }))
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function claims(changes: object = {}): Record<string, unknown> {
  return {
    iss: server.issuer,
    aud: ['guichet'],
    sub: '0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0001',
    azp: 'portail',
    typ: 'Bearer',
    iat: clock.seconds() - 60,
    exp: clock.seconds() + 240,
    realm_access: { roles: ['usager'] },
    ...changes,
  }
}

const bearer = (changes: object = {}, header: object = {}) =>
  `Bearer ${makeToken(key, claims(changes), header)}`
const without = (name: string) => bearer({ [name]: undefined })
const [head, body, signature] = [0, 1, 2]
const parts = () => makeToken(key, claims()).split('.')
const withPart = (index: number, part: string) => `Bearer ${parts().with(index, part).join('.')}`

/** The header says one algorithm, and the signature is made by `signer` over exactly that content. */
function signedBy(alg: string, signer: (content: string) => Buffer, header: object = {}): string {
  const content = `${encode({ alg, kid: key.kid, ...header })}.${encode(claims())}`
  return `Bearer ${content}.${signer(content).toString('base64url')}`
}

const publicPem = key.publicKey.export({ type: 'spki', format: 'pem' })

const forgeries: Record<string, () => string> = {
  'alg none without signature': () => `Bearer ${encode({ alg: 'none', kid: key.kid })}.${encode(claims())}.`,
  'alg none with a signature': () => bearer({}, { alg: 'none' }),
  'the algorithm in lower case': () => bearer({}, { alg: 'rs256' }),
  'HS256 with the public key as secret': () =>
    signedBy('HS256', (content) => createHmac('sha256', publicPem).update(content).digest()),
  'HMAC signature under an RS256 header': () =>
    signedBy('RS256', (content) => createHmac('sha256', publicPem).update(content).digest()),
  'RS512, rightly signed': () =>
    signedBy('RS512', (content) => sign('RSA-SHA512', Buffer.from(content), key.privateKey)),
  'ES256 of an own key': () =>
    signedBy('ES256', (content) =>
      sign('SHA256', Buffer.from(content), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    ),
  'no alg': () => bearer({}, { alg: undefined }),
  'another issuer': () => bearer({ iss: 'https://keycloak.example.org/realms/malakoff' }),
  'another realm of the same server': () => bearer({ iss: server.issuer.replace('malakoff', 'master') }),
  'the issuer with a final slash': () => bearer({ iss: `${server.issuer}/` }),
  'no issuer': () => without('iss'),
  'another audience': () => bearer({ aud: 'account' }),
  'an audience list without us': () => bearer({ aud: ['account', 'guichet-test'] }),
  'no audience': () => without('aud'),
  'no exp': () => without('exp'),
  'exp as text': () => bearer({ exp: String(clock.seconds() + 240) }),
  'exp null': () => bearer({ exp: null }),
  'exp in the past': () => bearer({ exp: clock.seconds() - 1 }),
  'exp right now': () => bearer({ exp: clock.seconds() }),
  'no iat': () => without('iat'),
  'iat in the future': () => bearer({ iat: clock.seconds() + 60 }),
  'nbf in the future': () => bearer({ nbf: clock.seconds() + 60 }),
  'nbf as text': () => bearer({ nbf: '0' }),
  'no azp': () => without('azp'),
  'azp empty': () => bearer({ azp: '' }),
  'azp as list': () => bearer({ azp: ['portail'] }),
  'no sub': () => without('sub'),
  'an endless sub': () => bearer({ sub: 'a'.repeat(256) }),
  'no kid': () => bearer({}, { kid: undefined }),
  'kid as number': () => bearer({}, { kid: 1 }),
  'kid named __proto__': () => bearer({}, { kid: '__proto__' }),
  'an endless kid': () => bearer({}, { kid: 'k'.repeat(201) }),
  'a kid nobody published': () => `Bearer ${makeToken(other, claims())}`,
  'the published kid, signed by another key': () => `Bearer ${makeToken(other, claims(), { kid: key.kid })}`,
  'a key of its own in the header': () =>
    `Bearer ${makeToken(other, claims(), { kid: 'own', jwk: other.jwk })}`,
  'a key set of its own in the header': () =>
    `Bearer ${makeToken(other, claims(), { kid: key.kid, jku: 'https://attacker.example.org/keys' })}`,
  'an extension that must be understood': () => bearer({}, { crit: ['b64'], b64: false }),
  'an ID token': () => bearer({ typ: 'ID', aud: 'guichet' }),
  'a refresh token': () => bearer({ typ: 'Refresh' }),
  'no typ': () => without('typ'),
  'a changed payload': () => withPart(body, encode(claims({ realm_access: { roles: ['administrateur'] } }))),
  'a changed header': () => withPart(head, encode({ kid: key.kid, alg: 'RS256' })),
  'the signature of another token': () => withPart(signature, bearer({ azp: 'mobile' }).split('.')[2] ?? ''),
  'a shortened signature': () => withPart(signature, parts()[2]?.slice(0, -4) ?? ''),
  'an empty signature': () => withPart(signature, ''),
  'two parts': () => `Bearer ${parts().slice(0, 2).join('.')}`,
  'five parts': () => `Bearer ${[...parts(), 'a', 'b'].join('.')}`,
  'a payload that is null': () => withPart(body, encode('null')),
  'a payload that is a list': () => withPart(body, encode('[]')),
  'a payload that is no JSON': () => withPart(body, encode('{"exp":')),
  'a payload that is no UTF-8': () => withPart(body, Buffer.from([0xff, 0xfe, 0x00]).toString('base64url')),
  'a header that is no JSON': () => withPart(head, encode('RS256')),
  'garbage instead of base64': () => 'Bearer ***.%%%.$$$',
  'base64 with padding and pluses': () => withPart(signature, `${parts()[2]}+/==`),
  'a huge token': () => bearer({ filler: 'x'.repeat(9000) }),
  'no token after the scheme': () => 'Bearer ',
  'an empty header': () => '',
  'a token without scheme': () => makeToken(key, claims()),
  'the Basic scheme': () => `Basic ${encode('portail:secret')}`,
  'another scheme with a good token': () => `DPoP ${makeToken(key, claims())}`,
  'two tokens': () => `${bearer()} ${makeToken(key, claims())}`,
  'two schemes in one header': () => `${bearer()}, Basic ${encode('portail:secret')}`,
  'a line break in the token': () => bearer().replace('.', '.\n'),
}

test.each(Object.keys(forgeries))('%s is refused as an invalid token', async (name) => {
  await expect(authenticate(forgeries[name]?.())).rejects.toMatchObject({
    name: 'Refusal',
    code: 'jeton-invalide',
  })
})

test('after every forgery a good token still passes', async () => {
  await expect(authenticate(bearer())).resolves.toMatchObject({
    principal: { kind: 'personne', client: 'portail' },
  })
})

test.each<[string, () => string]>([
  ['the scheme in lower case', () => bearer().replace('Bearer', 'bearer')],
  ['the scheme in upper case', () => bearer().replace('Bearer', 'BEARER')],
  ['the audience as text', () => bearer({ aud: 'guichet' })],
  ['several audiences', () => bearer({ aud: ['account', 'guichet'] })],
  [
    'an issuer whose clock runs a little ahead',
    () => bearer({ iat: clock.seconds() + 9, nbf: clock.seconds() + 9 }),
  ],
  ['a last second of life', () => bearer({ exp: clock.seconds() + 1 })],
])('%s is accepted', async (_name, authorization) => {
  await expect(authenticate(authorization())).resolves.toMatchObject({ principal: { kind: 'personne' } })
})
