import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as oidc from 'openid-client'
import type { Sql } from '../../infra/db.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { createIssuer } from '../../infra/issuer/issuer.ts'
import { Browser, type Page } from './browser.ts'

export const redirectUri = 'http://localhost:5173/retour'

/** One process of the hub, as far as the issuer is concerned. */
export interface IssuerProcess extends AsyncDisposable {
  /** Where this process listens. */
  readonly origin: string
  readonly publicUrl: string
  /** What went wrong inside. */
  readonly logged: string[]
}

/**
 * @param publicUrl absent: this process's own address
 * @param addressOf who sends; absent: the address of the connection
 */
export async function startIssuer(
  sql: Sql,
  publicUrl?: string,
  addressOf = (request: IncomingMessage) => request.socket.remoteAddress ?? '',
): Promise<IssuerProcess> {
  let handler: ((req: IncomingMessage, res: ServerResponse) => void) | undefined
  const server = createServer((req, res) => handler?.(req, res))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const logged: string[] = []
  const write = (details: object, message: string) =>
    logged.push(`${message} ${String(Object.values(details))}`)
  handler = await createIssuer({
    sql,
    publicUrl: publicUrl ?? origin,
    corsOrigins: [],
    environment: 'test',
    addressOf,
    log: { warn: write, error: write },
  })
  return {
    origin,
    publicUrl: publicUrl ?? origin,
    logged,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** An openid-client of this issuer. Its requests go to `via`, whatever the addresses it discovered. */
export async function discover(issuer: IssuerProcess, client = 'portail', secret?: string, via = issuer) {
  const config = await oidc.discovery(
    new URL(`${issuer.publicUrl}/realms/malakoff`),
    client,
    undefined,
    secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
    {
      execute: [oidc.allowInsecureRequests],
      [oidc.customFetch]: (address, init) => {
        const { pathname, search } = new URL(address)
        return fetch(new URL(pathname + search, via.origin), init)
      },
    },
  )
  return config
}

/** A sign-in as a front end makes it, step by step. */
export async function startSignIn(config: oidc.Configuration, extra: Record<string, string> = {}) {
  const verifier = oidc.randomPKCECodeVerifier()
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    state: 'etat',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...extra,
  })
  return {
    address,
    /** Exchanges the code of the address that the browser came back to. */
    finish: (back: URL) =>
      oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: 'etat' }),
  }
}

/** Opens the sign-in form. */
export async function openForm(browser: Browser, address: URL): Promise<Page> {
  return await browser.follow(await browser.get(address))
}

/** Types a demo account into an open form and goes on to the address back at the front end. */
export async function typeAccount(browser: Browser, form: Page, identifiant: string): Promise<Page> {
  return await browser.follow(await browser.submit(form, { identifiant, motDePasse: demoPassword }))
}

/** A whole sign-in of a new browser. */
export async function signIn(issuer: IssuerProcess, identifiant = 'amina') {
  const config = await discover(issuer)
  const browser = new Browser(issuer.origin)
  const { address, finish } = await startSignIn(config)
  const back = await typeAccount(browser, await openForm(browser, address), identifiant)
  return { config, browser, tokens: await finish(back.location) }
}

export function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
}
