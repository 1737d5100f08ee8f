import type { ClientMetadata } from 'oidc-provider'

/** What tokens for the hub are addressed to (`aud`). */
export const hubAudience = 'guichet'

/** A staff system's client: its roles, and the `sub` of what Keycloak calls its service account. */
export interface SystemClient {
  readonly clientId: string
  readonly secret: string
  readonly sub: string
  readonly roles: readonly string[]
}

/** The secret is public, as the demonstration passwords are: this issuer does not start in production. */
export const demoSystem: SystemClient = {
  clientId: 'systeme-ged',
  secret: 'systeme-ged-demo-secret',
  sub: '0c5ac7b1-6a1e-4d0e-9d55-3f0f3a1c0101',
  roles: ['systeme', 'evenements', 'evenements:dossier'],
}

const frontEnds = {
  portail: 'le portail de la ville',
  mobile: 'l’application mobile',
  borne: 'la borne d’accueil',
  bureau: 'le bureau des agents',
}

/** Every client of the demonstration realm. */
export function demoClients(publicUrl: string): ClientMetadata[] {
  return [
    ...Object.entries(frontEnds).map(
      ([id, name]): ClientMetadata => ({
        client_id: id,
        client_name: name,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [...hostedRedirects(publicUrl)],
        post_logout_redirect_uris: [`${publicUrl}/`, ...hostedRedirects(publicUrl)],
      }),
    ),
    {
      client_id: demoSystem.clientId,
      client_name: demoSystem.clientId,
      client_secret: demoSystem.secret,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ]
}

/** Where the application on a telephone takes people back: a scheme of its own (RFC 8252, section 7.1). */
export const mobileRedirect = 'fr.malakoff.guichet:/retour'

/** May a sign-in end at this address? Front ends in development use any port of their own machine. */
export function redirectAllowed(client: string, uri: string, publicUrl: string): boolean {
  if (client === 'mobile' && uri === mobileRedirect) return true
  return hostedRedirects(publicUrl).includes(uri) || /^\/(?:retour|callback)$/.test(loopbackPath(uri) ?? '')
}

/** May a sign-out end at this address? Where a sign-in may, and on the front end's first page. */
export function postLogoutRedirectAllowed(client: string, uri: string, publicUrl: string): boolean {
  return redirectAllowed(client, uri, publicUrl) || uri === `${publicUrl}/` || loopbackPath(uri) === '/'
}

/** Pages in development: this machine, any port. */
export const loopbackOrigins: readonly string[] = ['http://localhost:*', 'http://127.0.0.1:*']

/** Where front ends may live: the hub's own address, what `CORS_ORIGINS` names, and this machine. */
export function frontEndOrigins(publicUrl: string, corsOrigins: readonly string[]): readonly string[] {
  return [publicUrl, ...corsOrigins, ...loopbackOrigins]
}

/**
 * Where the pages of one client live: what Keycloak calls its web origins, and puts into its tokens as
 * `allowed-origins`. The application on the telephone has pages in development only, a staff system never.
 */
export function webOrigins(
  client: string | undefined,
  frontEndOrigins: readonly string[],
): readonly string[] {
  if (client === 'mobile') return loopbackOrigins
  return client !== undefined && Object.hasOwn(frontEnds, client) ? frontEndOrigins : []
}

/** Is this origin in the list? An entry is an origin, or `http://host:*` for any port; `*` alone is none. */
export function includesOrigin(origins: readonly string[], origin: string): boolean {
  const anyPort = `${/^(https?:\/\/[a-z\d.-]+)(?::\d{1,5})?$/.exec(origin)?.[1]}:*`
  return origins.includes(origin) || origins.includes(anyPort)
}

function hostedRedirects(publicUrl: string): readonly string[] {
  return [`${publicUrl}/retour`, `${publicUrl}/docs`]
}

/** The path of a plain-http loopback address; undefined for anything else, a port that cannot be among it. */
function loopbackPath(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined
  return /^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d{1,5})?(\/[a-z]*)$/.exec(uri)?.[1]
}
