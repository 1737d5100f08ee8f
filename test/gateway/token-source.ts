import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: object
}

export function makeKey(kid: string, modulusLength = 2048): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  return {
    kid,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' },
  }
}

export function encode(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** A token signed with RSA-SHA256, whatever its header says. */
export function makeToken(key: SigningKey, claims: object, header: object = {}): string {
  const content = `${encode({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header })}.${encode(claims)}`
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), key.privateKey).toString('base64url')}`
}

/** A server of key sets whose answers the test chooses, and that counts how often it is asked. */
export interface KeyServer extends AsyncDisposable {
  readonly issuer: string
  readonly url: string
  fetches: number
  answer: (req: IncomingMessage, res: ServerResponse) => void
  publish(...keys: readonly object[]): void
}

export async function startKeyServer(): Promise<KeyServer> {
  const http = createServer((req, res) => {
    server.fetches += 1
    server.answer(req, res)
  })
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  const { port } = http.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}/realms/malakoff`
  const server: KeyServer = {
    issuer,
    url: `${issuer}/protocol/openid-connect/certs`,
    fetches: 0,
    answer: (_req, res) => res.writeHead(404).end(),
    publish: (...keys) => {
      server.answer = (_req, res) =>
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((closed) => http.close(closed))
    },
  }
  return server
}

/** A clock that the test moves; starts at any fixed instant, epoch milliseconds. */
export function makeClock() {
  let at = Date.UTC(2027, 2, 1, 9)
  return {
    now: () => at,
    seconds: () => at / 1000,
    advance: (milliseconds: number) => {
      at += milliseconds
    },
  }
}

export const acteurId = '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0001'
export const usagers = {
  'etat-civil': '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0011',
  education: '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0012',
  'espace-public': '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0013',
  solidarites: '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0014',
  'vie-municipale': '5b0f5f0e-6f1d-4a53-9b53-6a3f0c0d0015',
}
