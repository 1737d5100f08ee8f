import { createServer, type Server } from 'node:http'
import { oddTokenTeller, probeIssuer, type ProbeOptions } from '../../gateway/probe-issuer.ts'
import type { Logger } from '../../infra/log.ts'
import { freePort } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'

function listeningLog() {
  const told: string[] = []
  const write = (_: object, message: string) => void told.push(message)
  const log: Logger = { error: write, warn: write, info: write, debug: write, child: () => log }
  return { told, log }
}

const stops: (() => void)[] = []
/** What is told when Keycloak is at this address, as it comes. */
function probe(realm: string, options: Partial<ProbeOptions> = {}): string[] {
  const { told, log } = listeningLog()
  stops.push(probeIssuer({ realm, production: false, now: () => new Date(), log, retryMs: 20, ...options }))
  return told
}

let server: Server
let origin: string
let issuer: string
let asked: number

beforeAll(async () => {
  origin = `http://127.0.0.1:${await freePort()}`
  server = createServer((request, response) => {
    asked++
    if (!request.url?.startsWith('/realms/malakoff/')) return response.writeHead(404).end()
    return response.end(request.url.includes('odd') ? '<html>' : JSON.stringify({ issuer }))
  })
})
beforeEach(async () => {
  issuer = `${origin}/realms/malakoff`
  asked = 0
  if (!server.listening) await listen()
})
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})
afterAll(close)

function listen(): Promise<void> {
  return new Promise((resolve) => server.listen(Number(new URL(origin).port), '127.0.0.1', () => resolve()))
}

async function close(): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

test('nothing is said when Keycloak is who it should be', async () => {
  const told = probe(issuer, { production: false })
  await eventually(() => expect(asked).toBe(1))
  // A later one has been answered whole.
  const later = probe(`${origin}/realms/malakoff`, { now: () => new Date(0) })
  await eventually(() => expect(later).not.toEqual([]))
  expect(told).toEqual([])
})

test('a Keycloak that has no such realm, signs under another name or is none is told in one line', async () => {
  const none = probe(`${origin}/realms/autre`)
  const odd = probe(`${origin}/realms/malakoff/odd`)
  issuer = 'https://keycloak.example/realms/malakoff'
  const other = probe(`${origin}/realms/malakoff`)
  // Each is asked many times.
  await eventually(() => expect(asked).toBeGreaterThan(12))
  expect(none).toEqual([expect.stringContaining('answers 404')])
  expect(odd).toEqual([expect.stringContaining('KEYCLOAK_URL')])
  expect(other).toEqual([expect.stringContaining('signs as https://keycloak.example/realms/malakoff')])
})

test('a Keycloak that starts after the hub is told when it is away, and when it answers', async () => {
  await close()
  const told = probe(issuer)
  await eventually(() => expect(told).toEqual([expect.stringMatching(/KEYCLOAK_URL.*ECONNREFUSED/)]))
  await listen()
  await eventually(() => expect(told.slice(1)).toEqual(['Keycloak answers: people can sign in']))
})

test('clocks that differ are told, and plain http in production', async () => {
  const late = probe(issuer, { now: () => new Date(Date.now() - 20_000) })
  await eventually(() => expect(late).toEqual([expect.stringContaining('clock')]))
  const open = probe(issuer, { production: true })
  await eventually(() => expect(asked).toBe(2))
  expect(open).toEqual([expect.stringContaining('no https')])
})

test('what tokens show of the set-up is told once for each client, of a hundred at most', () => {
  const { told, log } = listeningLog()
  const tell = oddTokenTeller(log)
  for (let round = 0; round < 3; round++) {
    tell('not for us', 'portail')
    tell('long life', 'portail')
  }
  expect(told).toEqual([expect.stringContaining('audience mapper'), expect.stringContaining('five minutes')])
  for (let i = 0; i < 500; i++) tell('long life', `client-${i}`)
  expect(told).toHaveLength(100)
})
