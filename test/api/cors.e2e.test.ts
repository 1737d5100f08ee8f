import { demoSystem } from '../../infra/issuer/clients.ts'
import { signInSystem } from '../demo/sign-in.ts'
import { hubUrl } from '../support/api.ts'
import { issuedToken, newSession } from '../support/people.ts'

const preflight = (origin: string) =>
  fetch(`${hubUrl}/v1/dossiers`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  })

test('a front end in development on this machine may call the API, and read what its answers carry', async () => {
  const origin = 'http://localhost:5173'
  const asked = await preflight(origin)
  expect(asked.status).toBe(204)
  expect(asked.headers.get('access-control-allow-origin')).toBe(origin)
  for (const header of [
    'authorization',
    'idempotency-key',
    'if-match',
    'if-none-match',
    'if-range',
    'last-event-id',
  ])
    expect(asked.headers.get('access-control-allow-headers')?.split(', ')).toContain(header)
  const read = await fetch(`${hubUrl}/v1/demarches`, { headers: { origin } })
  expect(read.headers.get('access-control-allow-origin')).toBe(origin)
  expect(read.headers.get('access-control-expose-headers')).toContain('x-trace-id')
  expect(read.headers.get('access-control-allow-credentials')).toBeNull()
})

test('a page of an unknown origin may not, and its preflight says so by saying nothing', async () => {
  for (const origin of [
    'https://example.org',
    'null',
    'http://localhost.example.org',
    'http://evil.localhost:1',
  ]) {
    const asked = await preflight(origin)
    expect(asked.status).toBe(204)
    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect(asked.headers.get('vary')).toContain('Origin')
    const read = await fetch(`${hubUrl}/v1/dossiers`, { headers: { origin } })
    expect(read.headers.get('access-control-allow-origin')).toBeNull()
    expect(read.headers.get('vary')).toContain('Origin')
  }
})

test('a page of any origin may read what is public, and nothing with a token', async () => {
  const origin = 'https://carte.example.org'
  for (const path of [
    '/v1/demarches',
    '/v1/signalements',
    '/open311/v2/services.json',
    '/oparl/v1',
    '/v1/agenda/evenements',
  ]) {
    const read = await fetch(hubUrl + path, { headers: { origin } })
    expect([path, read.status, read.headers.get('access-control-allow-origin')]).toEqual([path, 200, '*'])
    const authorization = `Bearer ${await issuedToken()}`
    const known = await fetch(hubUrl + path, { headers: { origin, authorization } })
    expect([path, known.headers.get('access-control-allow-origin')]).toEqual([path, null])
  }
})

describe('an answer to a token can be read', () => {
  const origin = 'http://localhost:5173'
  const readableWith = async (token: string, from = origin) => {
    const { headers } = await fetch(`${hubUrl}/v1/moi`, {
      headers: { origin: from, authorization: `Bearer ${token}` },
    })
    expect(headers.get('vary')).toContain('Origin')
    return headers.get('access-control-allow-origin') === from
  }

  test('where the pages of its own client live', async () => {
    const session = await newSession('amina', 'portail')
    expect(await readableWith(await session.token())).toBe(true)
    expect(await readableWith(await issuedToken({ 'allowed-origins': [origin] }))).toBe(true)
  })

  test('nowhere else: not at another client’s, not for a staff system, not without the claim', async () => {
    const system = await signInSystem(hubUrl, demoSystem.clientId, demoSystem.secret)
    expect(await readableWith(await system.token())).toBe(false)
    for (const claims of [
      { 'allowed-origins': ['https://bureau.example'] },
      { 'allowed-origins': ['http://localhost:3000'] },
      { 'allowed-origins': ['*'] },
      { 'allowed-origins': 'http://localhost:5173' },
      { 'allowed-origins': [] },
      {},
    ])
      expect(await readableWith(await issuedToken(claims))).toBe(false)
  })

  test('not at an origin that only the token knows', async () => {
    const token = await issuedToken({ 'allowed-origins': ['https://attacker.example'] })
    expect(await readableWith(token, 'https://attacker.example')).toBe(false)
  })

  test('at the hub’s own address, whatever the client', async () => {
    expect(await readableWith(await issuedToken(), hubUrl)).toBe(true)
  })

  test('when it is refused: the page must learn that it has to sign in again', async () => {
    expect(await readableWith('faux')).toBe(true)
  })
})
