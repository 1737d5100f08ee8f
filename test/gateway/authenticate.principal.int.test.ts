import { Refusal } from '../../contracts/errors.ts'
import { Principal } from '../../contracts/principal.ts'
import { type AuthenticatorOptions, createAuthenticator } from '../../gateway/authenticate.ts'
import {
  acteurId,
  makeClock,
  makeKey,
  makeToken,
  startKeyServer,
  usagers,
  type KeyServer,
} from './token-source.ts'

const key = makeKey('current')
let server: KeyServer

beforeAll(async () => {
  server = await startKeyServer()
  server.publish(key.jwk)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

type Who = Parameters<AuthenticatorOptions['resolve']>[0]

function setUp(options: Partial<AuthenticatorOptions> = {}) {
  const clock = makeClock()
  const asked: Who[] = []
  const { authenticate, knows } = createAuthenticator({
    issuer: server.issuer,
    keySetUrl: server.url,
    audience: 'guichet',
    now: clock.now,
    resolve: async (who) => {
      asked.push(who)
      return { acteurId, usagers }
    },
    ...options,
  })
  const bearer = (changes: object = {}) =>
    `Bearer ${makeToken(key, {
      iss: server.issuer,
      aud: ['guichet'],
      sub: 'subject-1',
      azp: 'portail',
      typ: 'Bearer',
      iat: clock.seconds(),
      exp: clock.seconds() + 300,
      realm_access: { roles: ['usager'] },
      ...changes,
    })}`
  return { authenticate, knows, bearer, clock, asked }
}

test('without a token the caller is anonymous, and nobody is asked', async () => {
  const { authenticate, asked } = setUp()
  expect(await authenticate(undefined)).toEqual({
    principal: { kind: 'anonyme' },
    expiresAt: null,
    roles: [],
    origins: [],
  })
  expect(asked).toEqual([])
})

test('a citizen becomes a person with one identifier per sector', async () => {
  const { authenticate, bearer, clock } = setUp()
  const caller = await authenticate(bearer())
  expect(Principal.parse(caller.principal)).toEqual({
    kind: 'personne',
    client: 'portail',
    acteurId,
    usagers,
    agentDe: [],
    administrateur: false,
    aidant: false,
  })
  expect(caller).toMatchObject({ expiresAt: clock.now() + 300_000, roles: ['usager'] })
})

test.each([
  [['usager', 'agent', 'agent:etat-civil'], { agentDe: ['etat-civil'] }],
  [['agent:solidarites', 'agent:education'], { agentDe: ['education', 'solidarites'] }],
  [['agent:voirie', 'agent:', 'agent'], { agentDe: [] }],
  [['administrateur'], { administrateur: true, aidant: false }],
  [['aidant'], { administrateur: false, aidant: true }],
])('the roles %j give %j', async (roles, expected) => {
  const { authenticate, bearer } = setUp()
  const caller = await authenticate(bearer({ realm_access: { roles } }))
  expect(Principal.parse(caller.principal)).toMatchObject({ kind: 'personne', ...expected })
})

test.each([
  [undefined],
  [null],
  ['administrateur'],
  [{ roles: 'administrateur' }],
  [{ roles: ['administrateur', 1] }],
])('unreadable roles (%j) give no right', async (access) => {
  const { authenticate, bearer } = setUp()
  const caller = await authenticate(bearer({ realm_access: access }))
  expect(caller).toMatchObject({ principal: { administrateur: false, agentDe: [] }, roles: [] })
})

test('a staff system becomes a system with its event scopes only', async () => {
  const { authenticate, bearer } = setUp()
  const roles = ['systeme', 'evenements', 'evenements:dossier', 'administrateur', 'agent:education']
  const caller = await authenticate(bearer({ azp: 'systeme-ged', realm_access: { roles } }))
  expect(Principal.parse(caller.principal)).toEqual({
    kind: 'systeme',
    client: 'systeme-ged',
    acteurId,
    scopes: ['evenements', 'evenements:dossier'],
  })
})

test('the person is looked up by issuer and subject, with the names that are fit to pass on', async () => {
  const { authenticate, bearer, asked } = setUp()
  await authenticate(bearer({ given_name: 'Amina', family_name: 'F'.repeat(201), email: '' }))
  expect(asked).toEqual([{ emetteur: server.issuer, sujet: 'subject-1', prenom: 'Amina' }])
})

test('fifty first uses of one token at once verify and look up once', async () => {
  const { authenticate, bearer, asked } = setUp()
  const before = server.fetches
  const token = bearer()
  const callers = await Promise.all(Array.from({ length: 50 }, () => authenticate(token)))
  expect(new Set(callers).size).toBe(1)
  expect(asked).toHaveLength(1)
  expect(server.fetches - before).toBe(1)
})

test('a token is looked up again after a minute, so that a merged account acts', async () => {
  const { authenticate, bearer, clock, asked } = setUp()
  const token = bearer()
  await authenticate(token)
  clock.advance(59_999)
  await authenticate(token)
  expect(asked).toHaveLength(1)
  clock.advance(1)
  await authenticate(token)
  expect(asked).toHaveLength(2)
})

test('a remembered token is refused at the instant its life ends', async () => {
  const { authenticate, bearer, clock } = setUp()
  const token = bearer({ exp: clock.seconds() + 20 })
  await authenticate(token)
  clock.advance(19_999)
  await authenticate(token)
  clock.advance(1)
  await expect(authenticate(token)).rejects.toMatchObject({ code: 'jeton-invalide' })
})

test('a token is known from its first use until it expires, and no other is', async () => {
  const { authenticate, knows, bearer, clock } = setUp()
  const token = bearer({ exp: clock.seconds() + 200 })
  expect(knows(token)).toBe(false)
  await authenticate(token)
  clock.advance(199_999)
  expect(knows(token)).toBe(true)
  for (const other of [undefined, '', 'Bearer', `${token}x`, token.slice('Bearer '.length)])
    expect(knows(other)).toBe(false)
  clock.advance(1)
  expect(knows(token)).toBe(false)
})

test('a token whose life ends while its person is looked up is refused', async () => {
  const { authenticate, bearer, clock } = setUp({
    resolve: async () => {
      clock.advance(300_000)
      return { acteurId, usagers }
    },
  })
  await expect(authenticate(bearer())).rejects.toMatchObject({ code: 'jeton-invalide' })
})

test('at most cacheSize tokens are remembered, the least recently used is forgotten first', async () => {
  const { authenticate, bearer, asked } = setUp({ cacheSize: 2 })
  const [first, second, third] = ['1', '2', '3'].map((jti) => bearer({ jti }))
  await authenticate(first)
  await authenticate(second)
  await authenticate(first)
  await authenticate(third)
  await authenticate(first)
  expect(asked).toHaveLength(3)
  await authenticate(second)
  expect(asked).toHaveLength(4)
})

test('a failed look-up is thrown as it is, and not remembered', async () => {
  const refusal = new Refusal('service-indisponible')
  let failing = true
  const { authenticate, bearer } = setUp({
    resolve: async () => {
      if (failing) throw refusal
      return { acteurId, usagers }
    },
  })
  const token = bearer()
  await expect(authenticate(token)).rejects.toBe(refusal)
  failing = false
  await expect(authenticate(token)).resolves.toMatchObject({ principal: { kind: 'personne' } })
})

test('a wrong set-up of the issuer is told by its own tokens, never by a forged one', async () => {
  const odd: string[] = []
  const { authenticate, bearer, clock } = setUp({
    onOddToken: (oddity, client) => odd.push(`${oddity}: ${client}`),
  })
  await authenticate(bearer())
  const forged = makeToken(makeKey('current'), {
    iss: server.issuer,
    aud: 'account',
    sub: 'subject-1',
    azp: 'faux',
    typ: 'Bearer',
    iat: clock.seconds(),
    exp: clock.seconds() + 300,
  })
  for (const refused of [
    `Bearer ${forged}`,
    bearer({ iss: 'https://example.org/realms/malakoff', aud: 'account' }),
    bearer({ typ: 'ID', aud: 'portail' }),
  ])
    await expect(authenticate(refused)).rejects.toMatchObject({ code: 'jeton-invalide' })
  expect(odd).toEqual([])
  for (const aud of ['account', ['account'], undefined])
    await expect(authenticate(bearer({ aud, azp: 'console' }))).rejects.toMatchObject({
      code: 'jeton-invalide',
    })
  await authenticate(bearer({ exp: clock.seconds() + 301 }))
  expect(odd).toEqual([
    'not for us: console',
    'not for us: console',
    'not for us: console',
    'long life: portail',
  ])
})

test('an issuer that is no realm is refused at start', () => {
  expect(() => setUp({ issuer: 'https://issuer.example.org' })).toThrow('/realms/')
})
