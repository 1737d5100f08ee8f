import { createServer } from 'node:http'
import * as oidc from 'openid-client'

/** Signing in as a person would, by an OpenID Connect client that is not ours, without a browser. */

export interface Session {
  /** A valid access token, refreshed when it is about to end. */
  token(): Promise<string>
  /** What came with it: neither opens anything in the API. */
  readonly idToken?: string | undefined
  readonly refreshToken?: string | undefined
}

/** Where the client is: nothing listens there, the way stops in front of it. */
export const redirectUri = 'http://127.0.0.1:8765/callback'

/** Authorization code + PKCE through the login page; again when the session cannot be prolonged any more. */
export async function signIn(
  baseUrl: string,
  identifiant: string,
  motDePasse: string,
  client = 'mobile',
): Promise<Session> {
  const configuration = await discover(baseUrl, client)
  const open = () => openSession(configuration, identifiant, motDePasse)
  let tokens = await open()
  let endsAt = endOf(tokens)
  let renewal: Promise<void> | undefined
  async function renew(): Promise<void> {
    const { refresh_token: refreshToken } = tokens
    // A refresh token is used once: when its answer was lost on the way, the person signs in again.
    tokens = refreshToken
      ? await oidc.refreshTokenGrant(configuration, refreshToken).catch(async (error: unknown) => {
          if (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') return await open()
          throw error
        })
      : await open()
    endsAt = endOf(tokens)
  }
  return {
    idToken: tokens.id_token,
    refreshToken: tokens.refresh_token,
    async token() {
      if (Date.now() > endsAt - 20_000) {
        renewal ??= renew().finally(() => {
          renewal = undefined
        })
        await renewal
      }
      return tokens.access_token
    },
  }
}

async function openSession(
  configuration: oidc.Configuration,
  identifiant: string,
  motDePasse: string,
): Promise<oidc.TokenEndpointResponse> {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const address = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  })
  const back = await passLoginPage(address, identifiant, motDePasse)
  return await oidc.authorizationCodeGrant(configuration, back, {
    pkceCodeVerifier: verifier,
    expectedState: state,
  })
}

function endOf(tokens: oidc.TokenEndpointResponse): number {
  return Date.now() + (tokens.expires_in ?? 60) * 1000
}

/** A staff system: client credentials. */
export async function signInSystem(baseUrl: string, client: string, secret: string): Promise<Session> {
  const configuration = await discover(baseUrl, client, secret)
  const tokens = await oidc.clientCredentialsGrant(configuration)
  return { token: async () => tokens.access_token }
}

/** Asks the hub where people sign in: at its own issuer, or at the city's Keycloak. */
async function discover(baseUrl: string, client: string, secret?: string): Promise<oidc.Configuration> {
  const response = await fetch(`${baseUrl}/`, { headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`unexpected HTTP response: ${response.status}`)
  const { connexion } = (await response.json()) as { connexion: string }
  return await oidc.discovery(
    new URL(connexion),
    client,
    undefined,
    secret ? oidc.ClientSecretBasic(secret) : oidc.None(),
    { execute: [oidc.allowInsecureRequests] },
  )
}

/** The fields of the two login pages. */
const embedded = { identifiant: 'identifiant', motDePasse: 'motDePasse' }
const keycloak = { identifiant: 'username', motDePasse: 'password' }

/**
 * Follows redirects with a cookie jar, fills the form once, and stops at the client's own address.
 * @param cookies what the browser has, and gets
 */
export async function passLoginPage(
  start: URL,
  identifiant: string,
  motDePasse: string,
  cookies = new Map<string, string>(),
): Promise<URL> {
  let address = start
  let init: RequestInit = {}
  for (let hop = 0; hop < 15; hop++) {
    const response = await fetch(address, {
      ...init,
      redirect: 'manual',
      headers: {
        ...(init.headers as Record<string, string>),
        cookie: [...cookies].map(([n, v]) => `${n}=${v}`).join('; '),
      },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';')
      const at = pair.indexOf('=')
      cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    const location = response.headers.get('location')
    if (location) {
      await response.body?.cancel()
      address = new URL(location, address)
      init = {}
      if (address.href.startsWith(redirectUri)) return address
      continue
    }
    const page = await response.text()
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1]
    if (!action || init.method === 'POST')
      throw new Error(`sign-in stopped at ${address.pathname} (${response.status})`)
    address = new URL(action.replaceAll('&amp;', '&'), address)
    const fields = page.includes(`name="${keycloak.motDePasse}"`) ? keycloak : embedded
    init = {
      method: 'POST',
      body: new URLSearchParams({
        [fields.identifiant]: identifiant,
        [fields.motDePasse]: motDePasse,
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: address.origin },
    }
  }
  throw new Error('sign-in did not end')
}

/** A free port on loopback, for a hub of one's own. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
