import { routes } from '../../gateway/routes.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { startIssuer, startSignIn, discover, openForm, typeAccount } from '../infra/issuer-process.ts'
import { Browser } from '../infra/browser.ts'
import { freshDatabase } from '../support/database.ts'
import { type Answer, ask, type OwnHub, ownHub } from './own-hub.ts'

/** A hub behind TLS, which a proxy on this machine ends. */
let hub: OwnHub
beforeAll(async () => {
  hub = await ownHub({ PUBLIC_URL: 'https://guichet.example', TRUSTED_PROXIES: '127.0.0.1' })
}, 60_000)
afterAll(() => hub[Symbol.asyncDispose]())

const realm = '/realms/malakoff'
const oidc = `${realm}/protocol/openid-connect`
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const authorization =
  `${oidc}/auth?client_id=portail&redirect_uri=http%3A%2F%2Flocalhost%3A5173%2Fretour&response_type=code` +
  `&scope=openid&code_challenge=${challenge}&code_challenge_method=S256`

/** Every address that this hub answers, and some that it does not. */
const addresses: [method: string, path: string, accept?: string][] = [
  ...routes.map(({ method, path }): [string, string] => [
    method,
    path.replace(/:\w+/g, '0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0001'),
  ]),
  ['GET', '/health/live'],
  ['GET', '/health/ready'],
  ['GET', '/v1/asyncapi.json'],
  ['GET', '/v1/openapi.json'],
  ['GET', '/v1/nulle-part'],
  ['GET', '/v1/%zz'],
  ['PUT', '/v1/moi'],
  ...['/', '/docs', '/docs/', '/nulle-part'].map((path): [string, string, string] => [
    'GET',
    path,
    'text/html',
  ]),
  ...['/docs/reference.js', '/docs/reference.css', '/docs/sign-in.js', '/favicon.svg', '/robots.txt'].map(
    (path): [string, string] => ['GET', path],
  ),
  ['GET', `${realm}/.well-known/openid-configuration`],
  ['GET', `${oidc}/certs`],
  ['GET', authorization, 'text/html'],
  ['GET', `${oidc}/auth`, 'text/html'],
  ['POST', `${oidc}/token`],
  ['GET', `${oidc}/userinfo`],
  ['POST', `${oidc}/revoke`],
  ['GET', `${oidc}/logout`, 'text/html'],
  ['GET', `${realm}/login/nulle-part`, 'text/html'],
  ['GET', `${realm}/nulle-part`, 'text/html'],
  ['GET', '/realms/autre', 'text/html'],
]

function expectGuarded({ headers }: Answer): void {
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['x-frame-options']).toBe('DENY')
  expect(headers['content-security-policy']).toMatch(/default-src 'none'/)
  expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/)
  expect(headers['referrer-policy']).toMatch(/^(no-referrer|same-origin)$/)
  expect(headers['permissions-policy']).toContain('camera=()')
  expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
  expect(headers['cache-control']).toMatch(/no-store|no-cache/)
  expect(headers['x-powered-by']).toBeUndefined()
}

test.each(addresses.map(([method, path, accept = '*/*']) => ({ method, path, accept })))(
  '$method $path says what browsers must not do with it',
  async ({ method, path, accept }) => {
    expectGuarded(await ask(hub, path, { method, headers: { accept } }))
  },
)

test('what the hub could not read is answered with the same headers', async () => {
  const answer = await ask(hub, '/v1/moi', { headers: { 'x-long': 'x'.repeat(20_000) } })
  expect(answer.status).toBe(400)
  expectGuarded(answer)
})

test('on plain HTTP there is no HSTS', async () => {
  await using plain = await ownHub()
  const { headers } = await ask(plain, '/health/live')
  expect(headers['strict-transport-security']).toBeUndefined()
  const { headers: ofLogin } = await ask(plain, authorization)
  expect(String(ofLogin['set-cookie'])).not.toMatch(/secure|__Host-/i)
})

describe('cookies behind TLS', () => {
  test.each([
    ['as the proxy says', { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }],
    ['when the proxy says nothing', {}],
    ['when somebody says it is not TLS', { 'x-forwarded-proto': 'http', host: 'evil.example' }],
  ])('are for TLS and this host alone, %s', async (_how, headers: Record<string, string>) => {
    const { status, headers: answered } = await ask(hub, authorization, { headers })
    expect(status).toBe(303)
    expect(answered.location).toMatch(/^https:\/\/guichet\.example\/realms\/malakoff\/login\//)
    const cookies = answered['set-cookie'] as unknown as string[]
    expect(cookies.length).toBeGreaterThan(0)
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__(Host|Secure)-guichet_/)
      expect(cookie).toMatch(/; secure(;|$)/i)
      expect(cookie).toMatch(/; httponly(;|$)/i)
      expect(cookie).toMatch(/; samesite=lax(;|$)/i)
      expect(cookie).not.toMatch(/; domain=/i)
    }
    expect(cookies.some((cookie) => /\.sig=/.test(cookie))).toBe(true) // signed
  })

  test('carry a whole sign-in, and the session is bound to this host', async () => {
    const database = await freshDatabase()
    try {
      await using issuer = await startIssuer(database.sql, 'https://guichet.example')
      const browser = new Browser(issuer.origin)
      const { address, finish } = await startSignIn(await discover(issuer))
      const back = await typeAccount(browser, await openForm(browser, address), 'amina')
      await expect(finish(back.location)).resolves.toMatchObject({ token_type: 'bearer' })
      const session = browser.cookies.get('__Host-guichet_session')
      expect(session).toMatchObject({ path: '/' })
      expect(session?.attributes).toMatch(/; secure/i)
    } finally {
      await database.drop()
    }
  })
})

test('the page that hands a code back by a form runs no script, and sends it nowhere else', async () => {
  const cookies: string[] = []
  const visit = async (path: string, options: Parameters<typeof ask>[2] = {}) => {
    const answer = await ask(hub, path, {
      ...options,
      headers: { ...options.headers, accept: 'text/html', cookie: cookies.join('; ') },
    })
    for (const line of (answer.headers['set-cookie'] as unknown as string[]) ?? [])
      cookies.push(line.split(';')[0]!)
    return answer
  }
  const pathOf = ({ headers }: Answer) => String(headers.location).replace('https://guichet.example', '')
  const login = pathOf(await visit(`${authorization}&response_mode=form_post`))
  const accepted = await visit(login, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ identifiant: 'amina', motDePasse: demoPassword }).toString(),
  })
  const page = await visit(pathOf(accepted))
  expect(page.status).toBe(200)
  expect(page.text).toContain('action="http://localhost:5173/retour"')
  expectGuarded(page)
  expect(page.text).not.toContain('<script')
  expect(page.headers['content-security-policy']).toMatch(/form-action 'self' http:\/\/localhost:5173$/)
})
