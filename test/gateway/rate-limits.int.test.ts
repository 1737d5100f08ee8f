import { demoPassword } from '../../infra/issuer/accounts.ts'
import { demoSystem } from '../../infra/issuer/clients.ts'
import { signIn, signInSystem } from '../demo/sign-in.ts'
import { type Answer, ask, type OwnHub, ownHub } from './own-hub.ts'

/** The tests reach the hub from 127.0.0.1, the only proxy that it trusts, or from 127.0.0.2, a stranger. */
let hub: OwnHub
let token: string
beforeAll(async () => {
  hub = await ownHub({ TRUSTED_PROXIES: '127.0.0.1', RATE_ADDRESS: '60', RATE_ACCOUNT: '30' })
  token = await (await signIn(hub.url, 'amina', demoPassword)).token()
}, 60_000)
afterAll(() => hub[Symbol.asyncDispose]())

const anonymous = (address: string, path = '/v1/demarches/acte-de-naissance') =>
  ask(hub, path, { headers: { 'x-forwarded-for': address } })
const signedIn = (path: string, address: string, bearer = token) =>
  ask(hub, path, { headers: { authorization: `Bearer ${bearer}`, 'x-forwarded-for': address } })

async function untilRefused(
  send: () => Promise<Answer>,
  atMost = 100,
): Promise<{ passed: number; refused: Answer }> {
  for (let passed = 0; passed < atMost; passed++) {
    const answer = await send()
    if (answer.status === 429) return { passed, refused: answer }
  }
  throw new Error(`${atMost} requests and no refusal`)
}

function expectRefusal({ status, headers, text }: Answer, atLeast: number, atMost: number): void {
  expect(status).toBe(429)
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(JSON.parse(text)).toMatchObject({ code: 'trop-de-requetes', status: 429 })
  expect(headers['retry-after']).toMatch(/^\d+$/)
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(atLeast)
  expect(Number(headers['retry-after'])).toBeLessThanOrEqual(atMost)
  expect(headers['x-content-type-options']).toBe('nosniff')
}

test('an address may ask so much a minute, then is told when to come again, which is true', async () => {
  const { passed, refused } = await untilRefused(() => anonymous('192.0.2.1'))
  expect(passed).toBeGreaterThanOrEqual(60)
  expect(passed).toBeLessThan(66) // some came back while they were asked
  expectRefusal(refused, 1, 2)
  await new Promise((resolve) => setTimeout(resolve, Number(refused.headers['retry-after']) * 1000))
  expect((await anonymous('192.0.2.1')).status).toBe(200)
})

test('another address goes on, and so does the health of the hub', async () => {
  await untilRefused(() => anonymous('192.0.2.2'))
  expect((await anonymous('192.0.2.3')).status).toBe(200)
  expect((await anonymous('192.0.2.2', '/health/live')).status).toBe(200)
  expect((await anonymous('192.0.2.2', '/health/ready')).status).toBe(200)
})

test('an IPv6 household is one client, however many addresses it takes', async () => {
  let n = 0
  await untilRefused(() => anonymous(`2001:db8:1:2::${(++n).toString(16)}`))
  expect((await anonymous('2001:db8:1:2:ffff::1')).status).toBe(429)
  expect((await anonymous('2001:db8:1:3::1')).status).toBe(200)
})

test('who is no trusted proxy cannot speak for others, nor hide behind them', async () => {
  let n = 0
  const spoofing = () =>
    ask(hub, '/v1/demarches/acte-de-naissance', {
      from: '127.0.0.2',
      headers: { 'x-forwarded-for': `198.51.100.${++n}, 127.0.0.1` },
    })
  const { passed } = await untilRefused(spoofing)
  expect(passed).toBeLessThan(66)
  expect((await anonymous('198.51.100.1')).status).toBe(200)
})

test('what a client writes itself into the header of a trusted proxy is not read', async () => {
  let n = 0
  const { passed } = await untilRefused(() => anonymous(`198.51.100.${++n}, 192.0.2.4`))
  expect(passed).toBeLessThan(66)
})

test('a token that is refused, or missing, costs its address one request, whatever it asks for', async () => {
  const path = '/v1/agents/dossiers?texte=abc'
  const wrong = await untilRefused(() => signedIn(path, '192.0.2.5', 'faux'))
  const missing = await untilRefused(() => anonymous('192.0.2.6', path))
  expect(wrong.passed).toBeGreaterThanOrEqual(60)
  expect(missing.passed).toBeGreaterThanOrEqual(60)
})

test('who is signed in goes on behind an address that neighbours have spent', async () => {
  const fatou = await (await signIn(hub.url, 'fatou', demoPassword)).token()
  expect((await signedIn('/v1/moi', '192.0.2.8', fatou)).status).toBe(200)
  const { refused } = await untilRefused(() => signedIn('/v1/moi', '192.0.2.9', 'faux'))
  expectRefusal(refused, 1, 2)
  for (let n = 0; n < 5; n++) expect((await signedIn('/v1/moi', '192.0.2.9', fatou)).status).toBe(200)
  for (const bearer of ['faux', `${fatou}x`, fatou.slice(0, -1)])
    expect((await signedIn('/v1/moi', '192.0.2.9', bearer)).status).toBe(429)
  expect((await anonymous('192.0.2.9')).status).toBe(429)
})

test('the sign-in pages are covered; a person is told so in a page', async () => {
  const page = () =>
    ask(hub, '/realms/malakoff/protocol/openid-connect/auth', {
      headers: { 'x-forwarded-for': '192.0.2.7', accept: 'text/html' },
    })
  const { refused } = await untilRefused(page)
  expect(refused.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(refused.text).toContain('Trop de demandes arrivent en même temps.')
  expect(refused.headers['retry-after']).toMatch(/^[12]$/)
  const program = await ask(hub, '/realms/malakoff/.well-known/openid-configuration', {
    headers: { 'x-forwarded-for': '192.0.2.7' },
  })
  expectRefusal(program, 1, 2)
})

test('an account has its own allowance, wherever it asks from, and reads what is left of it', async () => {
  const first = await signedIn('/v1/moi', '192.0.2.10')
  expect(first.headers['ratelimit-policy']).toBe('"compte";q=30;w=60')
  expect(first.headers.ratelimit).toBe('"compte";r=29;t=2')
  let n = 10
  const { passed, refused } = await untilRefused(() => signedIn('/v1/moi', `192.0.2.${++n}`))
  expect(passed).toBeGreaterThanOrEqual(29)
  expect(passed).toBeLessThan(32)
  expectRefusal(refused, 1, 2)
  expect(refused.headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/)
})

test('behind one address many people work: the limit of one is not the limit of the others', async () => {
  const other = await (await signIn(hub.url, 'bastien', demoPassword)).token()
  expect((await signedIn('/v1/moi', '192.0.2.10')).status).toBe(429)
  expect((await signedIn('/v1/moi', '192.0.2.10', other)).status).toBe(200)
})

test('a list weighs three times a read, a search five times', async () => {
  const claire = await (await signIn(hub.url, 'claire', demoPassword)).token()
  await signedIn('/v1/dossiers', '192.0.2.60', claire)
  const list = await signedIn('/v1/agents/dossiers', '192.0.2.60', claire)
  expect(list.headers.ratelimit).toMatch(/^"compte";r=2[23];/)
})

test('a staff system has ten times a person’s allowance', async () => {
  const system = await signInSystem(hub.url, demoSystem.clientId, demoSystem.secret)
  const feed = await signedIn('/v1/evenements', '192.0.2.61', await system.token())
  expect(feed.headers['ratelimit-policy']).toBe('"compte";q=300;w=60')
})
