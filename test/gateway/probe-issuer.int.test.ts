import { createServer, type Server } from 'node:http'
import { probeIssuer } from '../../gateway/probe-issuer.ts'
import type { Logger } from '../../infra/log.ts'
import { freePort } from '../demo/sign-in.ts'

/** What the probe warns of, when Keycloak is at this address. */
async function warnings(realm: string): Promise<string[]> {
  const told: string[] = []
  const write = (_: object, message: string) => void told.push(message)
  const log: Logger = { error: write, warn: write, info: write, debug: write, child: () => log }
  await probeIssuer(realm, log)
  return told
}

let server: Server
let origin: string
let issuer: string

beforeAll(async () => {
  origin = `http://127.0.0.1:${await freePort()}`
  server = createServer((request, response) => {
    if (!request.url?.startsWith('/realms/malakoff/')) return response.writeHead(404).end()
    return response.end(request.url.includes('odd') ? '<html>' : JSON.stringify({ issuer }))
  })
  await new Promise<void>((resolve) => server.listen(Number(new URL(origin).port), '127.0.0.1', resolve))
  issuer = `${origin}/realms/malakoff`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

test('nothing is said when Keycloak is who it should be', async () => {
  expect(await warnings(`${origin}/realms/malakoff`)).toEqual([])
})

test('a Keycloak that is away, has no such realm, signs under another name or is none is told in one line', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}/realms/malakoff`
  expect(await warnings(nobody)).toEqual([expect.stringMatching(/KEYCLOAK_URL.*ECONNREFUSED/)])
  expect(await warnings(`${origin}/realms/autre`)).toEqual([expect.stringContaining('answers 404')])
  expect(await warnings(`${origin}/realms/malakoff/odd`)).toEqual([expect.stringContaining('KEYCLOAK_URL')])
  issuer = 'https://keycloak.example/realms/malakoff'
  expect(await warnings(`${origin}/realms/malakoff`)).toEqual([
    expect.stringContaining('signs as https://keycloak.example/realms/malakoff'),
  ])
})
