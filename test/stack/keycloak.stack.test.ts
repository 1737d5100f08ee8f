import { type Browser, chromium } from 'playwright-core'
import { LireMoi } from '../../contracts/identity.ts'
import { demoAccounts, demoPassword } from '../../infra/issuer/accounts.ts'
import { demoSystem, hubAudience } from '../../infra/issuer/clients.ts'
import { passLoginPage, redirectUri, signIn, signInSystem } from '../demo/sign-in.ts'
import { Api, hubUrl, refusal } from '../support/api.ts'
import { type ChromiumServer, findChromium, launchChromium } from '../support/chromium.ts'
import { anonyme, issuer, newSession } from '../support/people.ts'
import { admin, briefClient, someone } from './keycloak-people.ts'

/** People and staff systems at a real Keycloak with our realm file, and what it refuses. */
const protocol = `${issuer}/protocol/openid-connect`

interface Claims {
  readonly [claim: string]: unknown
  readonly iat: number
  readonly exp: number
}

function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims
}

test.each(demoAccounts.map((account) => [account.identifiant, account] as const))(
  '%s signs in by openid-client and is to the hub who they are with the embedded issuer',
  async (identifiant, account) => {
    const session = await newSession(identifiant)
    const token = await session.token()
    const claims = claimsOf(token)
    expect(claims).toMatchObject({
      sub: account.sub,
      aud: hubAudience,
      typ: 'Bearer',
      azp: 'mobile',
      iss: issuer,
    })
    expect(claims.exp - claims.iat).toBe(300)
    expect(claims).not.toHaveProperty('resource_access')
    expect((claims.realm_access as { roles: string[] }).roles.toSorted()).toEqual(account.roles.toSorted())
    const moi = await new Api(async () => token).ok(LireMoi, {})
    expect(moi.roles.filter((role) => role !== 'usager')).toEqual(
      account.roles.filter((role) => role !== 'usager' && role !== 'agent'),
    )
  },
)

test('a staff system gets its scopes by client credentials, and no page of its own', async () => {
  const token = await (await signInSystem(hubUrl, demoSystem.clientId, demoSystem.secret)).token()
  expect(claimsOf(token)).toMatchObject({ aud: hubAudience, azp: demoSystem.clientId })
  expect((claimsOf(token).realm_access as { roles: string[] }).roles.toSorted()).toEqual(
    demoSystem.roles.toSorted(),
  )
  expect(claimsOf(token)['allowed-origins'] ?? []).toEqual([])
})

/** What Keycloak answers to a demand of a front end: where it sends the person, and with which error. */
async function demand(changes: Record<string, string>): Promise<{ status: number; error?: string | null }> {
  const response = await fetch(addressOf(changes), { redirect: 'manual' })
  const location = response.headers.get('location')
  await response.body?.cancel()
  if (!location) return { status: response.status }
  const { searchParams, hash } = new URL(location)
  const error = searchParams.get('error') ?? new URLSearchParams(hash.slice(1)).get('error')
  return { status: response.status, error }
}

function addressOf(changes: Record<string, string>): URL {
  const query = new URLSearchParams({
    client_id: 'portail',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...changes,
  })
  return new URL(`${protocol}/auth?${query.toString()}`)
}

test('a sign-in without PKCE, with a weak one, to another address or without a code is refused', async () => {
  expect(await demand({})).toMatchObject({ status: 200 })
  expect(await demand({ code_challenge: '', code_challenge_method: '' })).toMatchObject({
    error: 'invalid_request',
  })
  expect(await demand({ code_challenge_method: 'plain' })).toMatchObject({ error: 'invalid_request' })
  for (const uri of [
    'https://example.org/retour',
    `${hubUrl}/ailleurs`,
    `${hubUrl}/retour/..`,
    `${hubUrl}.example/retour`,
  ])
    expect(await demand({ redirect_uri: uri })).toMatchObject({ status: 400 })
  expect((await demand({ response_type: 'token' })).error).toMatch(
    /unauthorized_client|unsupported_response_type/,
  )
})

/** What the token endpoint answers. */
async function ask(
  fields: Record<string, string>,
): Promise<{ status: number; body: Record<string, string> }> {
  const response = await fetch(`${protocol}/token`, { method: 'POST', body: new URLSearchParams(fields) })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}
const refused = (error: string) => ({ status: 400, body: { error } })

test('nobody hands a password to a front end', async () => {
  const given = { username: 'amina', password: demoPassword, client_id: 'mobile', grant_type: 'password' }
  expect(await ask(given)).toMatchObject(refused('unauthorized_client'))
})

test('a refresh token is used once; who uses it again ends the session of both', async () => {
  const { name, password } = await someone()
  const { refreshToken } = await signIn(hubUrl, name, password)
  const refresh = (token: string) =>
    ask({ grant_type: 'refresh_token', client_id: 'mobile', refresh_token: token })
  const next = await refresh(refreshToken!)
  expect(next).toMatchObject({ status: 200 })
  expect(await refresh(refreshToken!)).toMatchObject(refused('invalid_grant'))
  expect(await refresh(next.body.refresh_token!)).toMatchObject(refused('invalid_grant'))
})

test('at the kiosk everybody is asked who they are; elsewhere one sign-in is for all front ends', async () => {
  const { name, password } = await someone()
  const cookies = new Map<string, string>()
  const first = await passLoginPage(addressOf({ client_id: 'borne' }), name, password, cookies)
  expect(first.searchParams.get('code')).toBeTruthy()
  // Without anything to fill in: the way goes back at once, or ends at a form.
  const again = (client: string) => passLoginPage(addressOf({ client_id: client }), '', '', cookies)
  expect((await again('portail')).searchParams.get('code')).toBeTruthy()
  await expect(again('borne')).rejects.toThrow('sign-in stopped')
})

test('tokens that Keycloak signs for others than the hub open nothing', async () => {
  const [client] = await admin.get<Record<string, unknown>[]>(`/clients?clientId=${await briefClient(300)}`)
  await admin.put(`/clients/${String(client!.id)}`, {
    ...client,
    publicClient: true,
    directAccessGrantsEnabled: true,
    protocolMappers: [],
  })
  const mappers = await admin.get<{ id: string }[]>(`/clients/${String(client!.id)}/protocol-mappers/models`)
  for (const { id } of mappers)
    await admin.delete(`/clients/${String(client!.id)}/protocol-mappers/models/${id}`)
  const { name, password } = await someone(['/administrateurs'])
  for (const clientId of [String(client!.clientId), 'admin-cli']) {
    const { status, body } = await ask({
      grant_type: 'password',
      client_id: clientId,
      username: name,
      password,
      scope: 'openid',
    })
    expect(status).toBe(200)
    for (const token of [body.access_token, body.id_token, body.refresh_token])
      refusal(
        await anonyme.send('GET', '/v1/moi', { headers: { authorization: `Bearer ${token}` } }),
        'jeton-invalide',
      )
  }
})

test('who tries passwords locks the account, not its neighbours', async () => {
  const { id, name, password } = await someone()
  for (let i = 0; i < 6; i++) await expect(signIn(hubUrl, name, 'faux')).rejects.toThrow('sign-in stopped')
  const status = await admin.get<{ disabled: boolean }>(`/attack-detection/brute-force/users/${id}`)
  expect(status.disabled).toBe(true)
  await expect(signIn(hubUrl, name, password)).rejects.toThrow('sign-in stopped')
  await newSession('bastien')
  await admin.delete(`/attack-detection/brute-force/users/${id}`)
  await signIn(hubUrl, name, password)
})

/** Without a browser on this machine, said aloud; .ci/run has one. */
const inBrowser = findChromium() ? describe : describe.skip
if (!findChromium())
  console.warn('SKIPPED: no Chromium was found, so nobody signed in at Keycloak in a browser.')

inBrowser('in a browser', () => {
  let server: ChromiumServer
  let browser: Browser
  beforeAll(async () => {
    server = await launchChromium()
    browser = await chromium.connect(server.wsEndpoint())
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  test('a person signs in at Keycloak’s French page, calls the hub from the reference, and signs out of both', async () => {
    const { name, password } = await someone()
    const page = await (await browser.newContext({ baseURL: hubUrl, locale: 'fr-FR' })).newPage()
    page.setDefaultTimeout(15_000)
    const origins = new Set<string>()
    const errors: string[] = []
    page.on('request', (request) => origins.add(new URL(request.url()).origin))
    page.on('pageerror', (error) => errors.push(error.message))

    await page.goto('/docs#identity.lireMoi')
    const operation = page.locator('[id="identity.lireMoi"]')
    await operation.getByRole('button', { name: 'Se connecter' }).click()
    await page.waitForURL((url) => url.href.startsWith(issuer))
    const fill = async (text: string) => {
      await page.locator('#username').fill(name)
      await page.locator('#password').fill(text)
      await page.keyboard.press('Enter')
    }
    await fill('faux')
    await page.getByText(/mot de passe (?:invalide|incorrect)|Nom d’utilisateur ou mot de passe/i).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('fr')
    await fill(password)
    await page.waitForURL(/\/docs#identity\.lireMoi$/)
    await page.getByText('Vous êtes connecté : Camille Essai.').waitFor()
    await operation.getByRole('button', { name: 'Envoyer' }).click()
    await operation
      .getByRole('status')
      .filter({ hasText: /^200 OK/ })
      .waitFor()
    expect(await operation.locator('.reponse').innerText()).toContain('"prenom": "Camille"')

    await page.getByRole('button', { name: 'Se déconnecter' }).first().click()
    await page.waitForURL(/\/docs$/)
    await page.goto(`/docs#identity.lireMoi`)
    await operation.getByRole('button', { name: 'Se connecter' }).click()
    await page.locator('#password').waitFor()
    expect([...origins].toSorted()).toEqual([hubUrl, new URL(issuer).origin].toSorted())
    expect(errors).toEqual([])
  })
})
