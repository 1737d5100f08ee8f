import { type Configuration, interactionPolicy } from 'oidc-provider'
import { demoAccounts, findBySub, personalClaims } from './accounts.ts'
import type { IssuerKeys } from './keys.ts'
import { demoClients, demoSystem, hubAudience, includesOrigin, webOrigins } from './clients.ts'
import { errorPage, loggedOutPage, logoutPage } from './login-page.ts'
import { pageHeaders } from './page.ts'

/** oidc-provider wants the resource of a token as a URI; the token itself says `aud: ["guichet"]`. */
const hubResource = `urn:${hubAudience}`
const scopes = 'openid profile email'
const accessTokenSeconds = 5 * 60
/** One working day, for sessions and everything that hangs on one. */
const sessionSeconds = 10 * 60 * 60

/** How oidc-provider is set up to look like Keycloak's realm `malakoff` from outside. */
export function configuration(options: {
  issuer: string
  publicUrl: string
  /** Where front ends may live. */
  origins: readonly string[]
  keys: IssuerKeys
  adapter: Configuration['adapter']
}): Configuration {
  const { issuer, publicUrl, origins, keys, adapter } = options
  const policy = interactionPolicy.base()
  // Every client is the city's own: nobody is asked to consent, `prompt=consent` included.
  policy.get('consent')?.checks.clear()

  return {
    adapter,
    clients: demoClients(publicUrl),
    jwks: { keys: [...keys.signing] },
    cookies: cookies(issuer, keys.cookies),
    routes: {
      authorization: '/protocol/openid-connect/auth',
      token: '/protocol/openid-connect/token',
      jwks: '/protocol/openid-connect/certs',
      end_session: '/protocol/openid-connect/logout',
      userinfo: '/protocol/openid-connect/userinfo',
      revocation: '/protocol/openid-connect/revoke',
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    responseTypes: ['code'],
    scopes: scopes.split(' '),
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'family_name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => hubResource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: scopes,
          audience: hubAudience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenSeconds,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.set(pageHeaders(ctx.oidc.session?.state?.postLogoutRedirectUri))
          ctx.body = logoutPage(form)
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.set(pageHeaders())
          ctx.body = loggedOutPage()
        },
      },
    },
    formats: {
      customizers: {
        jwt: (_ctx, token, parts) => {
          Object.assign(parts.payload, tokenClaims(token, origins))
        },
      },
    },
    interactions: { policy, url: (_ctx, interaction) => `${issuer}/login/${interaction.uid}` },
    async loadExistingGrant(ctx) {
      const { provider, session, client } = ctx.oidc
      if (!session?.accountId || !client) return undefined
      const known = session.grantIdFor(client.clientId)
      const grant =
        (known && (await provider.Grant.find(known))) ||
        new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
      grant.addOIDCScope(scopes)
      grant.addResourceScope(hubResource, scopes)
      await grant.save()
      return grant
    },
    findAccount(_ctx, sub) {
      const account = findBySub(sub)
      return (
        account && {
          accountId: account.sub,
          claims: () => ({ sub: account.sub, ...personalClaims(account) }),
        }
      )
    },
    clientBasedCORS: (_ctx, origin, client) => includesOrigin(webOrigins(client.clientId, origins), origin),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: () => true,
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      AuthorizationCode: 60,
      IdToken: accessTokenSeconds,
      Interaction: 30 * 60,
      Session: sessionSeconds,
      Grant: sessionSeconds,
      RefreshToken: sessionSeconds,
    },
    renderError(ctx, out) {
      ctx.set(pageHeaders())
      ctx.body = errorPage(out.error, out.error_description)
    },
  }
}

/**
 * Signed, unseen by scripts, not sent along by other sites' forms. Behind TLS they travel by TLS alone, and by
 * its name no neighbour under the same domain can plant the session (RFC 6265bis, section 4.1.3): `__Host-`
 * wants the path `/`. Those of one login live under its own path.
 */
function cookies(issuer: string, keys: readonly string[]): Configuration['cookies'] {
  const { protocol, pathname } = new URL(issuer)
  const secure = protocol === 'https:'
  const common = { httpOnly: true, sameSite: 'lax', secure, signed: true } as const
  const [host, short] = secure ? ['__Host-', '__Secure-'] : ['', '']
  return {
    keys: [...keys],
    names: {
      session: `${host}guichet_session`,
      interaction: `${short}guichet_login`,
      resume: `${short}guichet_login_resume`,
    },
    long: { ...common, path: secure ? '/' : `${pathname}/` },
    short: common,
  }
}

/** What Keycloak adds to an access token of this realm. */
function tokenClaims(
  token: { kind: string; clientId?: string; accountId?: string; sid?: string },
  origins: readonly string[],
) {
  const common = {
    typ: 'Bearer',
    azp: token.clientId,
    aud: [hubAudience],
    'allowed-origins': webOrigins(token.clientId, origins),
  }
  if (token.kind === 'ClientCredentials')
    return {
      ...common,
      sub: demoSystem.sub,
      preferred_username: `service-account-${token.clientId}`,
      realm_access: { roles: demoSystem.roles },
    }
  const account = demoAccounts.find(({ sub }) => sub === token.accountId)
  return {
    ...common,
    sid: token.sid,
    realm_access: { roles: account?.roles ?? [] },
    ...(account && personalClaims(account)),
  }
}
