import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Sql } from '../db.ts'
import { createAdapter } from './adapter.ts'
import { frontEndOrigins, postLogoutRedirectAllowed, redirectAllowed } from './clients.ts'
import { configuration } from './configuration.ts'
import { loadKeys } from './keys.ts'
import { createLogin, send } from './login.ts'
import { continuePage, errorPage, returnPage } from './login-page.ts'
import { pageHeaders } from './page.ts'
import { userinfo } from './userinfo.ts'

export const realmPath = '/realms/malakoff'

type Middleware = Parameters<Provider['use']>[0]

export interface IssuerOptions {
  readonly sql: Sql
  /** Origin under which browsers reach the hub: fixes `iss` and every address, whatever `Host` a request has. */
  readonly publicUrl: string
  /** Origins of front ends elsewhere. */
  readonly corsOrigins: readonly string[]
  readonly environment: Config['environment']
  /** Who sent a request: logins that failed are counted by address. */
  readonly addressOf: (request: IncomingMessage) => string
  readonly log: Pick<Logger, 'warn' | 'error'>
}

/**
 * The embedded OpenID Connect issuer: the paths, claims and roles of Keycloak's realm `malakoff`, with public
 * demonstration accounts. Everything it must remember is in the `issuer` schema, so that several processes
 * serve the same sessions and a token outlives its process.
 * @returns the handler of every request under `/realms/malakoff/`, to be given the whole address
 * @throws when the environment is `production`: its passwords are public
 */
export async function createIssuer(
  options: IssuerOptions,
): Promise<(req: IncomingMessage, res: ServerResponse) => void> {
  const { sql, publicUrl, environment, log, addressOf } = options
  if (environment === 'production')
    throw new Error(
      'The embedded issuer has public demo passwords and does not start in production: set KEYCLOAK_URL.',
    )
  const issuer = `${publicUrl}${realmPath}`
  const [keys, adapter] = await Promise.all([loadKeys(sql), createAdapter(sql)])
  const mountPath = new URL(issuer).pathname
  const origins = frontEndOrigins(publicUrl, options.corsOrigins)
  const provider = new Provider(issuer, configuration({ issuer, publicUrl, origins, keys, adapter }))

  provider.Client.prototype.redirectUriAllowed = function (uri) {
    return redirectAllowed(this.clientId, uri, publicUrl)
  }
  provider.Client.prototype.postLogoutRedirectUriAllowed = function (uri) {
    return postLogoutRedirectAllowed(this.clientId, uri, publicUrl)
  }
  provider.Client.prototype.includeSid = () => true // Keycloak's tokens name their session, too
  fixAddress(provider, publicUrl)
  provider.use(mount(mountPath))
  provider.use(askAllScopes(provider))
  provider.use(userinfo({ issuer, origins, path: '/protocol/openid-connect/userinfo', keys: keys.signing }))
  provider.use(pagesWithoutScript)
  provider.on('server_error', (_ctx, err) => log.error({ err }, 'The issuer failed'))
  const koa: EventEmitter = provider
  koa.on('error', (err: Error & { expose?: boolean }) => {
    if (!err.expose) log.warn({ err }, 'The issuer could not answer')
  })

  const serveProtocol = provider.callback()
  const login = createLogin({ provider, log, addressOf, pathOf: (uid) => `${mountPath}/login/${uid}` })

  return (req, res) => {
    const url = req.url ?? ''
    // A NUL could not be stored in jsonb.
    if (!url.startsWith(`${realmPath}/`) || url.includes('%00')) return send(res, 404, errorPage('not_found'))
    const uid = /^\/realms\/malakoff\/login\/([\w-]{1,64})$/.exec(url)?.[1]
    const served = uid === undefined ? serveProtocol(req, res) : login(req, res, uid)
    served.catch((err: unknown) => {
      const passing = err instanceof errors.OIDCProviderError && err.statusCode === 503
      if (!passing) log.error({ err }, 'The issuer failed')
      if (res.headersSent) res.destroy()
      else if (passing) send(res, 503, errorPage(err.error))
      else send(res, 500, errorPage('server_error'))
    })
  }
}

/** Koa would build addresses from `Host` and `X-Forwarded-*`, which the caller chooses. */
function fixAddress(provider: Provider, publicUrl: string): void {
  const { protocol, host } = new URL(publicUrl)
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
  })
}

/** Serves the provider, which thinks that it is alone, under the realm's path. */
function mount(mountPath: string): Middleware {
  return async (ctx, next) => {
    const { url } = ctx
    ctx.mountPath = mountPath
    ctx.url = url.slice(realmPath.length)
    try {
      await next()
      if (ctx.status === 404 && !ctx.body) {
        ctx.set(pageHeaders())
        ctx.body = errorPage('not_found')
        ctx.status = 404
      }
    } finally {
      ctx.url = url
    }
  }
}

/** A front end that asks for no scope gets the realm's default ones, as with Keycloak. */
function askAllScopes(provider: Provider): Middleware {
  return async (ctx, next) => {
    const authorization = ctx.path === provider.pathFor('authorization', { mountPath: '' })
    if (authorization && ctx.query.scope === undefined)
      ctx.query = { ...ctx.query, scope: 'openid profile email' }
    await next()
  }
}

/** Some pages of oidc-provider send their form by script; ours have a button. */
const pagesWithoutScript: Middleware = async (ctx, next) => {
  await next()
  const { oidc } = ctx as Partial<KoaContextWithOIDC>
  const form = selfSendingForm(typeof ctx.body === 'string' ? ctx.body : '')
  if (!oidc || !form) return
  const { action, fields } = form
  const { secret, postLogoutRedirectUri } = oidc.session?.state ?? {}
  const backTo = oidc.entities.Interaction?.params.redirect_uri ?? oidc.params?.redirect_uri
  const closing = oidc.urlFor('end_session_confirm')
  ctx.set(pageHeaders(backTo ?? postLogoutRedirectUri))
  ctx.body =
    action === closing && typeof secret === 'string'
      ? continuePage(closing, secret)
      : returnPage(action, fields)
}

/** As `oidc-provider/lib/response_modes/form_post.js` writes it: the address, then the hidden fields. */
function selfSendingForm(body: string): { action: string; fields: string } | null {
  const sends = body.indexOf('document.forms[0].submit()')
  const opening = '<form method="post" action="'
  const start = sends < 0 ? -1 : body.indexOf(opening, sends)
  if (start < 0) return null
  const [action = ''] = body.slice(start + opening.length).split('"', 1)
  const fields = body.slice(start).match(/<input type="hidden"[^<>]*>/g) ?? []
  return { action, fields: fields.join('\n') }
}
