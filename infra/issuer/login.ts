import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { errors, type Provider } from 'oidc-provider'
import { findByName, isDemoPassword } from './accounts.ts'
import { createAttempts } from './attempts.ts'
import type { Logger } from '../log.ts'
import { errorPage, type LoginForm, loginPage } from './login-page.ts'
import { pageHeaders } from './page.ts'

const bodyLimit = 8 * 1024
const windowSeconds = 5 * 60
const slowMs = 2_000

export interface LoginOptions {
  readonly provider: Provider
  /** `/realms/malakoff/login/<uid>`, as a path. */
  readonly pathOf: (uid: string) => string
  readonly addressOf: (request: IncomingMessage) => string
  readonly log: Pick<Logger, 'warn'>
}

/**
 * Serves the form of one login under way (GET) and takes what was typed (POST). Who fails too often at one account
 * from one address is refused there; where an account fails from many addresses, or an address at many accounts,
 * everybody there waits a moment longer, but nobody shuts the owner or a neighbour out.
 */
export function createLogin(options: LoginOptions) {
  const { provider, pathOf, addressOf, log } = options
  const byBoth = createAttempts({ limit: 5, windowSeconds })
  const byAccount = createAttempts({ limit: 20, windowSeconds })
  const byAddress = createAttempts({ limit: 30, windowSeconds })

  return async function login(req: IncomingMessage, res: ServerResponse, uid: string): Promise<void> {
    if (req.method !== 'GET' && req.method !== 'POST') {
      res.setHeader('allow', 'GET, POST')
      return send(res, 405, errorPage('method_not_allowed'))
    }
    const interaction = await underWay(req, res, uid)
    if (!interaction) return send(res, 400, errorPage('expired'))
    if (req.method === 'GET') return await showForm({ identifiant: text(interaction.params.login_hint) })

    const body = await readForm(req)
    if (!body) return send(res, 400, errorPage('invalid_request', 'unreadable form'))
    if (body.get('action') === 'annuler')
      return await provider.interactionFinished(req, res, {
        error: 'access_denied',
        error_description: 'the person cancelled',
      })

    const identifiant = text(body.get('identifiant'))
    const name = identifiant.trim().toLowerCase()
    const known = findByName(name)
    const account = known?.sub ?? name
    const address = addressOf(req)
    const both = `${address} ${account}`
    if (byAccount.wait(account) > 0 || byAddress.wait(address) > 0) await pause(slowMs)
    // From here to the count nothing else runs: tries at the same moment are counted one after another.
    const wait = byBoth.wait(both)
    if (wait > 0) {
      log.warn({ waitSeconds: wait }, 'Sign-in refused: too many failed tries')
      res.setHeader('retry-after', wait)
      return await showForm({ identifiant, erreur: tooMany(wait) }, 429)
    }
    const right = isDemoPassword(text(body.get('motDePasse')))
    if (!known || !right) {
      byBoth.fail(both)
      byAccount.fail(account)
      byAddress.fail(address)
      const erreur = 'L’identifiant ou le mot de passe est incorrect.'
      return await showForm({ identifiant, erreur, aCorriger: true }, 401)
    }
    byBoth.forget(both)
    return await provider.interactionFinished(req, res, {
      login: { accountId: known.sub, remember: false, amr: ['pwd'] },
    })

    async function showForm(
      form: Pick<LoginForm, 'identifiant' | 'erreur' | 'aCorriger'>,
      status = 200,
    ): Promise<void> {
      const client = await provider.Client.find(text(interaction?.params.client_id))
      const content = loginPage({ ...form, action: pathOf(uid), application: client?.clientName })
      send(res, status, content, text(interaction?.params.redirect_uri))
    }
  }

  /** The login that both the address and this browser's cookie name; undefined when it is over. */
  async function underWay(req: IncomingMessage, res: ServerResponse, uid: string) {
    try {
      const interaction = await provider.interactionDetails(req, res)
      return interaction.uid === uid ? interaction : undefined
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return undefined
      throw error
    }
  }
}

/** Sends a page with its headers. */
export function send(res: ServerResponse, status: number, content: string, formTarget?: string): void {
  res.writeHead(status, pageHeaders(formTarget)).end(content)
}

function tooMany(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  return `Trop d’essais infructueux. Réessayez dans ${minutes} minute${minutes > 1 ? 's' : ''}.`
}

/** The fields of a small url-encoded form; undefined when the body is something else. */
async function readForm(req: IncomingMessage): Promise<URLSearchParams | undefined> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(req.headers['content-type'] ?? '')) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimit) return undefined
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : ''
}
