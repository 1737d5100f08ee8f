import { createAuthenticator } from '../../gateway/authenticate.ts'
import { forgeriesOf } from './forgeries.ts'
import {
  acteurId,
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

const forgeries = () =>
  forgeriesOf({
    key,
    other,
    issuer: server.issuer,
    attacker: 'https://attacker.example.org',
    seconds: clock.seconds,
    claims,
  })
/** Their names are known before the server runs. */
const names = Object.keys(
  forgeriesOf({ key, other, issuer: '', attacker: '', seconds: clock.seconds, claims: () => ({}) }),
)

const bearer = (changes: object = {}) => `Bearer ${makeToken(key, claims(changes))}`

test.each(names)('%s is refused as an invalid token', async (name) => {
  await expect(authenticate(forgeries()[name]?.())).rejects.toMatchObject({
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
