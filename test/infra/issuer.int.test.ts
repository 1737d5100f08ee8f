import * as oidc from 'openid-client'
import { createAuthenticator } from '../../gateway/authenticate.ts'
import { createIssuer } from '../../infra/issuer/issuer.ts'
import { demoAccounts, demoPassword } from '../../infra/issuer/accounts.ts'
import { demoSystem } from '../../infra/issuer/clients.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import type { Sql } from '../../infra/db.ts'
import { Browser } from './browser.ts'
import {
  claimsOf,
  discover,
  openForm,
  redirectUri,
  signIn,
  startIssuer,
  startSignIn,
  typeAccount,
  type IssuerProcess,
} from './issuer-process.ts'
import { mobileRedirect } from '../../infra/issuer/clients.ts'

let db: TestDatabase
let sql: Sql
let one: IssuerProcess
let two: IssuerProcess

beforeAll(async () => {
  db = await freshDatabase()
  sql = db.role('issuer')
  one = await startIssuer(sql)
  two = await startIssuer(sql, one.publicUrl)
})

afterAll(async () => {
  await one[Symbol.asyncDispose]()
  await two[Symbol.asyncDispose]()
  await db.drop()
})

const endpoint = (name: string) => `${one.publicUrl}/realms/malakoff/protocol/openid-connect/${name}`

describe('discovery', () => {
  test('has the paths of a Keycloak realm, fixed by the public address alone', async () => {
    const response = await fetch(`${one.origin}/realms/malakoff/.well-known/openid-configuration`, {
      headers: {
        'x-forwarded-host': 'attacker.example.org',
        'x-forwarded-proto': 'https',
        forwarded: 'host=attacker',
      },
    })
    expect(await response.json()).toMatchObject({
      issuer: `${one.publicUrl}/realms/malakoff`,
      authorization_endpoint: endpoint('auth'),
      token_endpoint: endpoint('token'),
      jwks_uri: endpoint('certs'),
      end_session_endpoint: endpoint('logout'),
      userinfo_endpoint: endpoint('userinfo'),
      revocation_endpoint: endpoint('revoke'),
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
    })
    const elsewhere = await fetch(`${two.origin}/realms/malakoff/.well-known/openid-configuration`)
    expect(await elsewhere.json()).toMatchObject({ token_endpoint: endpoint('token') })
  })

  test('behind https every address is https, and cookies are Secure', async () => {
    await using behind = await startIssuer(sql, 'https://guichet.example.org')
    const { address } = await startSignIn(await discover(behind))
    expect(address.origin).toBe('https://guichet.example.org')
    const browser = new Browser(behind.origin)
    const started = await browser.get(address)
    expect(started.location.origin).toBe('https://guichet.example.org')
    for (const { attributes } of browser.cookies.values())
      expect(attributes.toLowerCase()).toMatch(/samesite=lax; secure; httponly/)
    expect(browser.cookies.size).toBe(4)
  })

  test('the embedded issuer does not start in production', async () => {
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const starting = createIssuer({
      sql,
      publicUrl: one.publicUrl,
      corsOrigins: [],
      addressOf: () => '',
      environment: 'production',
      log,
    })
    await expect(starting).rejects.toThrow('does not start in production')
  })
})

describe('a sign-in', () => {
  test('gives the tokens that Keycloak would give', async () => {
    const { tokens } = await signIn(one, 'claire')
    const claire = demoAccounts.find((account) => account.identifiant === 'claire')
    const now = Math.floor(Date.now() / 1000)
    const claims = claimsOf(tokens.access_token)
    expect(claims).toMatchObject({
      iss: `${one.publicUrl}/realms/malakoff`,
      aud: ['guichet'],
      sub: claire?.sub,
      azp: 'portail',
      typ: 'Bearer',
      scope: 'openid profile email',
      sid: expect.any(String),
      realm_access: { roles: ['usager', 'agent', 'agent:etat-civil'] },
      preferred_username: 'claire',
      given_name: 'Claire',
      family_name: claire?.nom,
      email: 'claire@example.org',
    })
    expect(Number(claims.exp) - Number(claims.iat)).toBe(300)
    expect(Math.abs(Number(claims.iat) - now)).toBeLessThan(60)
    expect(tokens.claims()).toMatchObject({ sub: claire?.sub, aud: 'portail', email: 'claire@example.org' })
    expect(tokens.refresh_token).toEqual(expect.any(String))
  })

  test('sets cookies that scripts and other sites cannot use', async () => {
    const { browser } = await signIn(one)
    const session = browser.cookies.get('guichet_session')
    expect(session?.attributes.toLowerCase()).toMatch(/path=\/realms\/malakoff\/; samesite=lax; httponly/)
    expect(browser.cookies.has('guichet_session.sig')).toBe(true)
  })

  test('a forged session cookie is nobody', async () => {
    const { config, browser } = await signIn(one)
    const session = browser.cookies.get('guichet_session')
    browser.cookies.set('guichet_session.sig', {
      value: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA',
      path: '/',
      attributes: '',
    })
    const { address } = await startSignIn(config)
    expect((await browser.get(address)).location.pathname).toContain('/login/')
    expect(session).toBeDefined()
  })

  test('a second one in the same browser asks nothing', async () => {
    const { config, browser } = await signIn(one)
    const { address, finish } = await startSignIn(config)
    const back = await browser.get(address)
    expect(back.location.href).toContain(redirectUri)
    await expect(finish(back.location)).resolves.toMatchObject({ token_type: 'bearer' })
  })

  test('gives every default scope to a front end that asks for none', async () => {
    const { address, finish } = await startSignIn(await discover(one))
    address.searchParams.delete('scope')
    const browser = new Browser(one.origin)
    const back = await typeAccount(browser, await openForm(browser, address), 'bastien')
    expect((await finish(back.location)).scope).toBe('openid profile email')
  })

  test('with prompt=consent shows no consent screen', async () => {
    const { address, finish } = await startSignIn(await discover(one), { prompt: 'consent' })
    const browser = new Browser(one.origin)
    const back = await typeAccount(browser, await openForm(browser, address), 'bastien')
    await expect(finish(back.location)).resolves.toMatchObject({ token_type: 'bearer' })
  })

  test('as somebody else closes the older session first, by a button', async () => {
    const { config, browser } = await signIn(one, 'amina')
    const { address, finish } = await startSignIn(config, { prompt: 'login' })
    const asked = await typeAccount(browser, await openForm(browser, address), 'bastien')
    expect(asked.body).toContain('La session précédente de ce navigateur va être fermée.')
    expect(asked.body).not.toContain('<script')
    const resumed = await browser.follow(await browser.submit(asked, {}))
    const tokens = await finish(resumed.location)
    expect(claimsOf(tokens.access_token)).toMatchObject({ preferred_username: 'bastien' })
  })

  test('that is cancelled goes back to the front end as refused', async () => {
    const { address } = await startSignIn(await discover(one))
    const browser = new Browser(one.origin)
    const form = await openForm(browser, address)
    const back = await browser.follow(await browser.submit(form, { action: 'annuler' }))
    expect(back.location.href).toContain(redirectUri)
    expect(back.location.searchParams.get('error')).toBe('access_denied')
  })
})

describe('the sign-in form', () => {
  async function open(extra: Record<string, string> = {}) {
    const browser = new Browser(one.origin)
    const { address, finish } = await startSignIn(await discover(one), extra)
    return { browser, form: await openForm(browser, address), finish }
  }

  test('is a French page without script, that no other site can frame or feed', async () => {
    const { form } = await open()
    expect(form.status).toBe(200)
    expect(form.body).toContain('<html lang="fr">')
    expect(form.body).toContain('<label for="identifiant">')
    expect(form.body).toContain('<label for="mot-de-passe">')
    expect(form.body).not.toMatch(/<script|https?:\/\/|onload|@import/)
    const policy = form.headers.get('content-security-policy')
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; frame-ancestors 'none'; /,
    )
    expect(policy).toMatch(/form-action 'self' http:\/\/localhost:5173$/)
    expect(form.headers.get('cache-control')).toBe('no-store')
  })

  test('escapes what comes from outside', async () => {
    const attack = '"><script>alert(1)</script>'
    const { browser, form } = await open({ login_hint: attack })
    expect(form.body).not.toContain('<script')
    const again = await browser.submit(form, { identifiant: attack, motDePasse: 'x' })
    expect(again.body).toContain('value="&#34;&#62;&#60;script&#62;')
    expect(again.body).not.toContain('<script')
  })

  test('says in French that the password is wrong, ties it to the fields, and can be used again', async () => {
    const { browser, form, finish } = await open()
    const refused = await browser.submit(form, { identifiant: 'fatou', motDePasse: 'faux' })
    expect(refused.status).toBe(401)
    expect(refused.body).toContain('L’identifiant ou le mot de passe est incorrect.')
    expect(refused.body).toContain('role="alert" id="erreur"')
    expect(refused.body.match(/aria-describedby="erreur"/g)).toHaveLength(2)
    const back = await typeAccount(browser, refused, 'fatou')
    await expect(finish(back.location)).resolves.toMatchObject({ token_type: 'bearer' })
  })

  test('says the same for an unknown account', async () => {
    const { browser, form } = await open()
    const refused = await browser.submit(form, { identifiant: 'personne', motDePasse: demoPassword })
    expect(refused.body).toContain('L’identifiant ou le mot de passe est incorrect.')
  })

  test('takes the e-mail address, in any case', async () => {
    const { browser, form, finish } = await open()
    const back = await typeAccount(browser, form, 'Ines@Example.org')
    expect(claimsOf((await finish(back.location)).access_token)).toMatchObject({ preferred_username: 'ines' })
  })

  test('is closed for some minutes after five wrong passwords, even to the right one', async () => {
    await using alone = await startIssuer(sql)
    const browser = new Browser(alone.origin)
    const { address } = await startSignIn(await discover(alone))
    const form = await openForm(browser, address)
    for (let i = 0; i < 5; i += 1)
      expect((await browser.submit(form, { identifiant: 'hugo', motDePasse: 'faux' })).status).toBe(401)
    const refused = await browser.submit(form, { identifiant: 'hugo', motDePasse: demoPassword })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(200)
    expect(refused.body).toContain('Trop d’essais infructueux. Réessayez dans 5 minutes.')
    expect(alone.logged.join()).not.toContain('hugo')
    const other = await browser.submit(form, { identifiant: 'david', motDePasse: demoPassword })
    expect(other.status).toBe(303)
  })

  test('counts the user name and the e-mail address of an account together', async () => {
    await using alone = await startIssuer(sql)
    const browser = new Browser(alone.origin)
    const { address } = await startSignIn(await discover(alone))
    const form = await openForm(browser, address)
    for (const identifiant of ['hugo', 'hugo@example.org', ' Hugo', 'HUGO@example.org', 'hugo'])
      expect((await browser.submit(form, { identifiant, motDePasse: 'faux' })).status).toBe(401)
    for (const identifiant of ['hugo@example.org', 'hugo'])
      expect((await browser.submit(form, { identifiant, motDePasse: demoPassword })).status).toBe(429)
  })

  test('stays open to the owner of an account at which others fail from elsewhere, only slower', async () => {
    let at = 'a'
    await using alone = await startIssuer(sql, undefined, () => at)
    const browser = new Browser(alone.origin)
    const { address } = await startSignIn(await discover(alone))
    const form = await openForm(browser, address)
    for (at of ['a', 'b', 'c', 'd'])
      for (let i = 0; i < 5; i += 1)
        expect((await browser.submit(form, { identifiant: 'hugo', motDePasse: 'faux' })).status).toBe(401)
    at = 'e'
    const started = performance.now()
    expect((await browser.submit(form, { identifiant: 'hugo', motDePasse: demoPassword })).status).toBe(303)
    expect(performance.now() - started).toBeGreaterThan(1_900)
  })

  test('gives no try more to those who try at the same moment', async () => {
    await using alone = await startIssuer(sql)
    const browser = new Browser(alone.origin)
    const { address } = await startSignIn(await discover(alone))
    const form = await openForm(browser, address)
    const tries = Array.from({ length: 30 }, (_, i) => ({ identifiant: `essai-${i}`, motDePasse: 'faux' }))
    await Promise.all(tries.map((one) => browser.submit(form, one)))
    const wrong = { identifiant: 'amina', motDePasse: 'faux' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => browser.submit(form, wrong)))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3)
  })

  test('stays open to the neighbours of an address after thirty wrong passwords, only slower', async () => {
    await using alone = await startIssuer(sql)
    const browser = new Browser(alone.origin)
    const { address } = await startSignIn(await discover(alone))
    const form = await openForm(browser, address)
    for (let i = 0; i < 30; i += 1)
      expect((await browser.submit(form, { identifiant: `essai-${i}`, motDePasse: 'faux' })).status).toBe(401)
    const started = performance.now()
    expect((await browser.submit(form, { identifiant: 'amina', motDePasse: demoPassword })).status).toBe(303)
    expect(performance.now() - started).toBeGreaterThan(1_900)
  })

  test('is of no use to a browser that did not open it', async () => {
    const { form } = await open()
    const stranger = new Browser(one.origin)
    expect((await stranger.get(form.address)).status).toBe(400)
    const refused = await stranger.submit(form, { identifiant: 'amina', motDePasse: demoPassword })
    expect(refused.status).toBe(400)
    expect(refused.body).toContain('Votre demande de connexion a expiré ou a déjà servi.')
  })

  test('takes no cookie of another sign-in', async () => {
    const mine = await open()
    const theirs = await open()
    const cookie = [...mine.browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    expect((await fetch(mine.form.address, { headers: { cookie } })).status).toBe(200)
    expect((await fetch(theirs.form.address, { headers: { cookie } })).status).toBe(400)
  })

  test('refuses a body that is too large, or no form', async () => {
    const { browser, form } = await open()
    expect((await browser.submit(form, { identifiant: 'a'.repeat(9000) })).status).toBe(400)
    const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const json = await fetch(form.address, {
      method: 'POST',
      body: '{}',
      headers: { cookie, 'content-type': 'application/json' },
    })
    expect(json.status).toBe(400)
    expect((await fetch(form.address, { method: 'PUT' })).status).toBe(405)
  })
})

describe('an authorization request', () => {
  const ask = async (changes: Record<string, string | undefined>) => {
    const { address } = await startSignIn(await discover(one))
    for (const [name, value] of Object.entries(changes))
      if (value === undefined) address.searchParams.delete(name)
      else address.searchParams.set(name, value)
    return await new Browser(one.origin).get(address)
  }

  test.each([
    ['http://127.0.0.1:4000/retour'],
    ['http://localhost/callback'],
    ['http://localhost:65535/callback'],
    ['<publicUrl>/retour'],
    ['<publicUrl>/docs'],
  ])('may come back to %s', async (uri) => {
    const page = await ask({ redirect_uri: uri.replace('<publicUrl>', one.publicUrl) })
    expect(page.location.pathname).toContain('/login/')
  })

  test('of the application may come back to its own scheme, and the page lets its form end there', async () => {
    const { address } = await startSignIn(await discover(one))
    address.searchParams.set('client_id', 'mobile')
    address.searchParams.set('redirect_uri', mobileRedirect)
    const form = await openForm(new Browser(one.origin), address)
    expect(form.headers.get('content-security-policy')).toContain("form-action 'self' fr.malakoff.guichet:")
    const other = await ask({ client_id: 'mobile', redirect_uri: `${mobileRedirect}r` })
    expect(other.status).toBe(400)
  })

  test.each([
    ['https://attacker.example.org/retour'],
    ['http://localhost.attacker.example.org/retour'],
    ['http://localhost:80@attacker.example.org/retour'],
    ['http://localhost:5173/retour/../autre'],
    ['http://localhost:5173/retour?suite=1'],
    ['http://localhost:5173/retour#suite'],
    ['http://192.168.1.10:5173/retour'],
    ['https://localhost:5173/retour'],
    ['<publicUrl>/autre'],
    ['javascript:alert(1)'],
    [mobileRedirect],
    ['http://localhost:65536/retour'],
    ['http://127.0.0.1:99999/callback'],
  ])('may not come back to %s, and stays on a French page', async (uri) => {
    const page = await ask({ redirect_uri: uri.replace('<publicUrl>', one.publicUrl) })
    expect(page.status).toBe(400)
    expect(page.headers.get('location')).toBeNull()
    expect(page.body).toContain('une adresse qui n’est pas autorisée')
  })

  test('of an unknown client gets a French page', async () => {
    const page = await ask({ client_id: 'inconnu' })
    expect(page.status).toBe(400)
    expect(page.body).toContain('Cette application n’est pas connue du guichet.')
  })

  test.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with plain PKCE', { code_challenge_method: 'plain' }],
    ['for an implicit token', { response_type: 'id_token', nonce: 'n' }],
  ])('%s is refused', async (_name, changes) => {
    const page = await ask(changes)
    expect(page.body + page.location.href).toMatch(/invalid_request|unsupported_response_type/)
    expect(page.location.pathname).not.toContain('/login/')
  })

  test('with NUL characters is refused before it reaches the database', async () => {
    const { address } = await startSignIn(await discover(one))
    const response = await fetch(`${address.href}&nonce=%00`)
    expect(response.status).toBe(404)
    const token = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'portail',
      refresh_token: '\0',
    })
    expect((await fetch(endpoint('token'), { method: 'POST', body: token })).status).toBe(400)
    expect(one.logged).toEqual([])
  })
})

describe('tokens', () => {
  test('a staff system gets one by its secret, in either way', async () => {
    const tokens = await oidc.clientCredentialsGrant(
      await discover(one, demoSystem.clientId, demoSystem.secret),
    )
    expect(claimsOf(tokens.access_token)).toMatchObject({
      aud: ['guichet'],
      azp: 'systeme-ged',
      client_id: 'systeme-ged',
      sub: demoSystem.sub,
      typ: 'Bearer',
      preferred_username: 'service-account-systeme-ged',
      realm_access: { roles: ['systeme', 'evenements', 'evenements:dossier'] },
    })
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: demoSystem.clientId,
      client_secret: demoSystem.secret,
    })
    expect((await fetch(endpoint('token'), { method: 'POST', body })).status).toBe(200)
    body.set('client_secret', 'faux')
    expect((await fetch(endpoint('token'), { method: 'POST', body })).status).toBe(401)
  })

  test('a front end cannot use the grant of staff systems', async () => {
    await expect(oidc.clientCredentialsGrant(await discover(one))).rejects.toMatchObject({
      code: 'OAUTH_RESPONSE_BODY_ERROR',
    })
  })

  test('a refresh token works once, and its second use closes the whole grant', async () => {
    const { config, tokens } = await signIn(one)
    const next = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(next.refresh_token).not.toBe(tokens.refresh_token)
    expect(claimsOf(next.access_token)).toMatchObject({ typ: 'Bearer', aud: ['guichet'] })
    const last = await oidc.refreshTokenGrant(config, next.refresh_token ?? '')
    await expect(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await expect(oidc.refreshTokenGrant(config, last.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('of simultaneous uses of one refresh token, in two processes, exactly one wins', async () => {
    const { config, tokens } = await signIn(one)
    const elsewhere = await discover(one, 'portail', undefined, two)
    const uses = Array.from({ length: 8 }, (_, i) =>
      oidc.refreshTokenGrant(i % 2 === 0 ? config : elsewhere, tokens.refresh_token ?? ''),
    )
    const won = (await Promise.allSettled(uses)).filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
    expect([...one.logged, ...two.logged]).toEqual([])
  })

  test('of simultaneous uses of one code exactly one wins', async () => {
    const browser = new Browser(one.origin)
    const { address, finish } = await startSignIn(await discover(one))
    const back = await typeAccount(browser, await openForm(browser, address), 'amina')
    const uses = Array.from({ length: 6 }, () => finish(back.location))
    const won = (await Promise.allSettled(uses)).filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
  })

  test('a revoked refresh token is dead', async () => {
    const { config, tokens } = await signIn(one)
    await oidc.tokenRevocation(config, tokens.refresh_token ?? '')
    await expect(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('userinfo answers to an access token, and to nothing else', async () => {
    const { config, tokens } = await signIn(one, 'hugo')
    const { sub } = claimsOf(tokens.access_token)
    expect(await oidc.fetchUserInfo(config, tokens.access_token, String(sub))).toMatchObject({
      preferred_username: 'hugo',
      email: 'hugo@example.org',
    })
    const damaged = `${tokens.access_token.slice(0, -8)}AAAAAAAA`
    for (const token of [tokens.id_token ?? '', tokens.refresh_token ?? '', damaged, 'a.b.c']) {
      const response = await fetch(endpoint('userinfo'), { headers: { authorization: `Bearer ${token}` } })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('invalid_token')
    }
  })

  test.each(['http://localhost:5173', 'http://127.0.0.1:8080', '<publicUrl>'])(
    'a page of %s may ask for tokens',
    async (name) => {
      const origin = name.replace('<publicUrl>', one.publicUrl)
      const preflight = await fetch(endpoint('token'), {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
      expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
      const { tokens } = await signIn(one)
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'portail',
        refresh_token: tokens.refresh_token ?? '',
      })
      const response = await fetch(endpoint('token'), { method: 'POST', body, headers: { origin } })
      expect(response.status).toBe(200)
      expect(response.headers.get('access-control-allow-origin')).toBe(origin)
      const about = await fetch(endpoint('userinfo'), {
        headers: { origin, authorization: `Bearer ${tokens.access_token}` },
      })
      expect(about.headers.get('access-control-allow-origin')).toBe(origin)
    },
  )

  test('a page of another site may not', async () => {
    const { tokens } = await signIn(one)
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'portail',
      refresh_token: tokens.refresh_token ?? '',
    })
    const headers = { origin: 'https://attacker.example.org' }
    const response = await fetch(endpoint('token'), { method: 'POST', body, headers })
    expect(response.status).toBe(400)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    const about = await fetch(endpoint('userinfo'), {
      headers: { ...headers, authorization: `Bearer ${tokens.access_token}` },
    })
    expect(about.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('a sign-out', () => {
  test('asks, closes the session and its tokens, and goes back to the front end', async () => {
    const { config, browser, tokens } = await signIn(one)
    const address = oidc.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'http://localhost:5173/',
      state: 'parti',
    })
    const asked = await browser.get(address)
    expect(asked.body).toContain('Se déconnecter')
    expect(asked.body).not.toContain('<script')
    const back = await browser.submit(asked, { logout: 'yes' })
    expect(back.location.href).toBe('http://localhost:5173/?state=parti')
    expect(browser.cookies.has('guichet_session')).toBe(false)
    await expect(oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    const { address: again } = await startSignIn(config)
    expect((await browser.get(again)).location.pathname).toContain('/login/')
  })

  test('without a session is one button, without script', async () => {
    const browser = new Browser(one.origin)
    const asked = await browser.get(endpoint('logout'))
    expect(asked.body).not.toContain('<script')
    const done = await browser.follow(await browser.submit(asked, {}))
    expect(done.body).toContain('Vous êtes déconnecté')
  })

  test('never goes back to another site', async () => {
    const { browser } = await signIn(one)
    const refused = await browser.get(
      `${endpoint('logout')}?client_id=portail&post_logout_redirect_uri=https://attacker.example.org/`,
    )
    expect(refused.status).toBe(400)
  })
})

describe('several processes on one database', () => {
  test('that start together on an empty one agree on their keys', async () => {
    await using cleanUp = new AsyncDisposableStack()
    const empty = await freshDatabase()
    cleanUp.defer(() => empty.drop())
    const started = await Promise.all(Array.from({ length: 3 }, () => startIssuer(empty.sql, one.publicUrl)))
    for (const process of started) cleanUp.use(process)
    const sets = await Promise.all(
      started.map(async ({ origin }) => {
        const response = await fetch(`${origin}/realms/malakoff/protocol/openid-connect/certs`)
        return JSON.stringify(await response.json())
      }),
    )
    expect(new Set(sets).size).toBe(1)
    expect(sets[0]).toContain('"kid"')
    expect(sets[0]).not.toContain('"d"')
  })

  test('a sign-in begun on one ends on another', async () => {
    const config = await discover(one, 'portail', undefined, two)
    const { address, finish } = await startSignIn(config)
    const browser = new Browser(one.origin)
    const form = await openForm(browser, address)
    browser.moveTo(two.origin)
    const accepted = await browser.submit(form, { identifiant: 'amina', motDePasse: demoPassword })
    browser.moveTo(one.origin)
    const back = await browser.follow(accepted)
    expect(claimsOf((await finish(back.location)).access_token)).toMatchObject({
      preferred_username: 'amina',
    })
  })

  test('sessions and refresh tokens outlive the process that made them', async () => {
    const inAnEarlierProcess = async () => {
      await using before = await startIssuer(sql, one.publicUrl)
      return await signIn(before)
    }
    const { config, browser, tokens } = await inAnEarlierProcess()
    await using after = await startIssuer(sql, one.publicUrl)
    browser.moveTo(after.origin)
    const { address } = await startSignIn(config)
    expect((await browser.get(address)).location.href).toContain(redirectUri)
    const later = await discover(one, 'portail', undefined, after)
    await expect(oidc.refreshTokenGrant(later, tokens.refresh_token ?? '')).resolves.toMatchObject({
      token_type: 'bearer',
    })
  })

  test('the gateway trusts the tokens of one by the keys of another', async () => {
    const usagers = {
      'etat-civil': '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0011',
      education: '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0012',
      'espace-public': '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0013',
      solidarites: '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0014',
      'vie-municipale': '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0015',
    }
    const { authenticate } = createAuthenticator({
      issuer: `${one.publicUrl}/realms/malakoff`,
      keySetUrl: `${two.origin}/realms/malakoff/protocol/openid-connect/certs`,
      audience: 'guichet',
      resolve: async ({ sujet }) => ({ acteurId: sujet, usagers }),
    })
    const { tokens } = await signIn(one, 'david')
    expect(await authenticate(`Bearer ${tokens.access_token}`)).toMatchObject({
      principal: { kind: 'personne', client: 'portail', agentDe: ['education'], administrateur: false },
      expiresAt: Number(claimsOf(tokens.access_token).exp) * 1000,
    })
    await expect(authenticate(`Bearer ${tokens.id_token}`)).rejects.toMatchObject({ code: 'jeton-invalide' })
    const system = await oidc.clientCredentialsGrant(
      await discover(two, demoSystem.clientId, demoSystem.secret, one),
    )
    expect(await authenticate(`Bearer ${system.access_token}`)).toMatchObject({
      principal: { kind: 'systeme', client: 'systeme-ged', scopes: ['evenements', 'evenements:dossier'] },
    })
  })
})

test('what has expired is never found, and is swept when a process starts', async () => {
  const { browser, config } = await signIn(one)
  await sql`update issuer.record set expires_at = now() - interval '1 second' where model = 'Session'`
  const { address } = await startSignIn(config)
  expect((await browser.get(address)).location.pathname).toContain('/login/')
  await using _started = await startIssuer(sql, one.publicUrl)
  expect(await sql`select count(*)::int as n from issuer.record where expires_at < now()`).toEqual([{ n: 0 }])
})

test('nothing failed inside', () => {
  expect([...one.logged, ...two.logged]).toEqual([])
})
