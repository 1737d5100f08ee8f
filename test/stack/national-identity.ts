import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type JWK, Provider } from 'oidc-provider'

/** Somebody whom the State knows: what FranceConnect or ProConnect tells of them. */
export interface Citizen {
  readonly sub: string
  readonly [claim: string]: unknown
}

/**
 * An OpenID provider that asks for what FranceConnect and ProConnect document, and no more: `acr_values`, state and
 * nonce of 22 characters, no parameter that is not in their list, the secret in the body; it answers with tokens
 * and user information signed with ES256. Who signs in is chosen by the test.
 */
export interface NationalIdentity {
  /** As in the addresses of the real ones: everything after it is theirs. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who will sign in next. */
  person: Citizen
  close(): Promise<void>
}

const documented =
  'response_type client_id redirect_uri scope state nonce acr_values prompt claims login_hint idp_hint'.split(
    ' ',
  )

export async function startNationalIdentity(options: {
  redirectUri: string
  claims: readonly string[]
}): Promise<NationalIdentity> {
  const http = createServer()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/v2`
  const known = new Map<string, Citizen>()
  const clientId = createHash('sha256').update(url).digest('hex')
  const clientSecret = createHash('sha256').update(clientId).digest('hex')
  const { warn } = console
  console.warn = () => {} // that it keeps everything in memory: as it should
  const provider = new Provider(url, {
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60, AuthorizationCode: 30 },
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [options.redirectUri],
        id_token_signed_response_alg: 'ES256',
        userinfo_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [ecKey()] },
    cookies: { keys: [clientSecret] },
    routes: {
      authorization: '/authorize',
      token: '/token',
      userinfo: '/userinfo',
      jwks: '/jwks',
      end_session: '/session/end',
    },
    acrValues: ['eidas1'],
    pkce: { required: () => false },
    // A scope for each claim, as both have.
    scopes: ['openid', ...options.claims],
    claims: { openid: ['sub'], ...Object.fromEntries(options.claims.map((claim) => [claim, [claim]])) },
    features: { devInteractions: { enabled: false }, jwtUserinfo: { enabled: true } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => known.get(sub)! }),
    async loadExistingGrant({ oidc: { client, session, provider: own, params } }) {
      const grant = new own.Grant({ accountId: session!.accountId!, clientId: client!.clientId })
      grant.addOIDCScope(String(params!.scope))
      await grant.save()
      return grant
    },
  })
  console.warn = warn
  const serve = provider.callback()
  const identity: NationalIdentity = {
    url,
    clientId,
    clientSecret,
    person: { sub: '' },
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  http.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    const wrong = pathname === '/api/v2/authorize' ? objection(searchParams) : undefined
    if (wrong) return response.writeHead(400).end(`Y000400: ${wrong}`)
    if (pathname.startsWith('/interaction/')) {
      known.set(identity.person.sub, identity.person)
      const login = { accountId: identity.person.sub, acr: 'eidas1', remember: false }
      return void provider.interactionFinished(request, response, { login })
    }
    request.url = request.url?.replace('/api/v2', '') ?? ''
    return void serve(request, response)
  })
  return identity
}

/** What is wrong with a demand; undefined when nothing is. */
function objection(query: URLSearchParams): string | undefined {
  const unknown = [...query.keys()].find((name) => !documented.includes(name))
  if (unknown) return `parameter ${unknown}`
  if (query.get('acr_values') !== 'eidas1') return 'acr_values'
  return ['state', 'nonce'].find((name) => (query.get(name) ?? '').length < 22)
}

function ecKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), alg: 'ES256', use: 'sig' }
}
