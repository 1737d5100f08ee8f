import { demoSystem, hubAudience } from '../../infra/issuer/clients.ts'
import { signIn, signInSystem } from '../demo/sign-in.ts'
import { type OwnHub, ownHub } from '../gateway/own-hub.ts'
import { makeKey, makeToken } from '../gateway/token-source.ts'
import { eventually } from '../support/eventually.ts'
import { type Front, startFront } from './front.ts'
import { admin, briefClient, keycloakUrl, someone } from './keycloak-people.ts'

/** Keys, roles and sessions that end while people work, and a Keycloak that is away or answers nonsense. */
let front: Front
let hub: OwnHub
beforeAll(async () => {
  front = await startFront(keycloakUrl)
  hub = await ownHub({ KEYCLOAK_URL: front.url, LOG_LEVEL: 'info' })
}, 60_000)
afterEach(() => front.heal())
afterAll(async () => {
  await hub[Symbol.asyncDispose]()
  await front.close()
})

const ask = (token: string, path = '/v1/moi', at: OwnHub = hub) =>
  fetch(`${at.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
const status = async (...asked: Parameters<typeof ask>) => {
  const response = await ask(...asked)
  await response.body?.cancel()
  return response.status
}
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iat: number; exp: number }
const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid
const systemToken = async () =>
  await (await signInSystem(hub.url, demoSystem.clientId, demoSystem.secret)).token()

/** A token as Keycloak's own, of somebody new, signed with a key that it does not have. */
function strangersToken(): string {
  const now = Math.floor(Date.now() / 1000)
  return makeToken(makeKey('unknown'), {
    iss: `${front.url}/realms/malakoff`,
    aud: hubAudience,
    typ: 'Bearer',
    azp: 'mobile',
    sub: 'inconnu',
    iat: now,
    exp: now + 300,
  })
}

test('the keys of the realm are rotated under load without one refused request', async () => {
  const statuses = new Map<number, number>()
  const byKey = new Map<string, number>()
  let going = true
  const worker = async () => {
    while (going) {
      const token = await systemToken()
      for (let i = 0; i < 5; i++) {
        const seen = await status(token, '/v1/evenements?limite=1')
        statuses.set(seen, (statuses.get(seen) ?? 0) + 1)
        if (seen === 200) byKey.set(kidOf(token), (byKey.get(kidOf(token)) ?? 0) + 1)
      }
    }
  }
  const workers = Array.from({ length: 6 }, worker)
  const answered = (kid: string, times: number) =>
    eventually(() => expect(byKey.get(kid) ?? 0).toBeGreaterThan(times))
  try {
    const held = await systemToken()
    await answered(kidOf(held), 100)
    const { privateKey } = makeKey('')
    const young = await admin.addKey(privateKey, 200)
    await answered(young, 100)
    const [generated] = await admin.get<{ id: string; config: object }[]>(
      '/components?type=org.keycloak.keys.KeyProvider&name=rsa-generated',
    )
    const config = { ...generated!.config, active: ['false'] }
    await admin.put(`/components/${generated!.id}`, { ...generated, config })
    await answered(young, byKey.get(young)! + 100)
    expect(await status(held, '/v1/evenements?limite=1')).toBe(200)
  } finally {
    going = false
    await Promise.all(workers)
  }
  expect([...statuses.keys()]).toEqual([200])
  // One fetch for the hub's first token, one for the first of the new key.
  expect(front.certs).toBe(2)
}, 60_000)

test('a role that was taken away is gone with the next token, and the one in hand ends in its time', async () => {
  const client = await briefClient(4)
  const { id, name, password } = await someone(['/agents/education'])
  const session = await signIn(hub.url, name, password, client)
  const held = await session.token()
  const list = '/v1/agents/dossiers'
  expect(await status(held, list)).toBe(200)
  const [group] = await admin.get<{ id: string }[]>(`/users/${id}/groups`)
  await admin.delete(`/users/${id}/groups/${group!.id}`)
  const next = await session.token()
  expect(await status(next, list)).toBe(403)
  expect(await status(next)).toBe(200)
  await eventually(async () => expect(await status(held, list)).toBe(401))
  expect(claimsOf(held).exp - claimsOf(held).iat).toBe(4)
})

test.each([
  ['a person signed out', (id: string) => admin.post(`/users/${id}/logout`, {})],
  ['an account closed', (id: string) => admin.put(`/users/${id}`, { enabled: false })],
])('%s gets no other token, and the live stream ends with the one in hand', async (_, end) => {
  const client = await briefClient(4)
  const { id, name, password } = await someone()
  const session = await signIn(hub.url, name, password, client)
  const held = await session.token()
  const stream = await ask(held, '/v1/moi/suivi/flux')
  expect(stream.status).toBe(200)
  await end(id)
  const refresh = await fetch(`${front.url}/realms/malakoff/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: client,
      refresh_token: session.refreshToken!,
    }),
  })
  expect(refresh.status).toBe(400)
  await stream.text() // until the hub closes it
  // Not before its time, but for the few milliseconds between two clocks.
  expect(Date.now() / 1000).toBeGreaterThan(claimsOf(held).exp - 0.5)
  await eventually(async () => expect(await status(held)).toBe(401))
})

describe.each([
  ['is away', () => front.away()],
  ['is replaced by a page with status 200', async () => front.maintain()],
])('while Keycloak %s', (_, breaks) => {
  test('tokens in hand work until they end, then 401; what cannot be decided is 503, never 401', async () => {
    const { name, password } = await someone()
    const session = await signIn(hub.url, name, password, await briefClient(6))
    const used = await systemToken()
    const unused = await systemToken()
    const brief = await session.token()
    const list = '/v1/evenements?limite=1'
    expect(await status(used, list)).toBe(200)
    await breaks()
    for (const token of [used, unused]) expect(await status(token, list)).toBe(200)
    expect(await status(brief)).toBe(200)
    const undecided = await ask(strangersToken())
    expect(undecided.status).toBe(503)
    expect(Number(undecided.headers.get('retry-after'))).toBeGreaterThan(0)
    await eventually(async () => expect(await status(brief)).toBe(401))
    expect(await status(used, list)).toBe(200)

    await front.heal()
    // After the pause that it grants a failed issuer, the hub learns that nobody has this key.
    await eventually(async () => expect(await status(strangersToken())).toBe(401))
  })

  test('a hub starts all the same, says so, and lets people in as soon as it is back', async () => {
    const token = await systemToken()
    await breaks()
    await using late = await ownHub({ KEYCLOAK_URL: front.url, LOG_LEVEL: 'info' })
    expect((await fetch(`${late.url}/health/ready`)).status).toBe(200)
    expect((await fetch(`${late.url}/v1/demarches`)).status).toBe(200)
    expect(await status(token, '/v1/evenements', late)).toBe(503)
    await eventually(() => expect(late.process.output).toMatch(/nobody can sign in/))
    await front.heal()
    await eventually(async () => expect(await status(token, '/v1/evenements', late)).toBe(200))
    await eventually(() => expect(late.process.output).toMatch(/Keycloak answers: people can sign in/))
  }, 60_000)
})

test('what is wrong with the set-up of a client is told by the hub, once', async () => {
  const clientId = await briefClient(900)
  const { name, password } = await someone()
  for (let i = 0; i < 3; i++) {
    const session = await signIn(hub.url, name, password, clientId)
    expect(await status(await session.token())).toBe(200)
  }
  const [client] = await admin.get<{ id: string }[]>(`/clients?clientId=${clientId}`)
  const models = `/clients/${client!.id}/protocol-mappers/models`
  for (const { id } of await admin.get<{ id: string }[]>(models)) await admin.delete(`${models}/${id}`)
  for (let i = 0; i < 3; i++) {
    const session = await signIn(hub.url, name, password, clientId)
    expect(await status(await session.token())).toBe(401)
  }
  const told = () =>
    hub.process.output
      .split('\n')
      .filter((line) => line.includes(`"client":"${clientId}"`) && line.includes('"level":40'))
  await eventually(() =>
    expect(told()).toEqual([
      expect.stringContaining('longer than five minutes'),
      expect.stringContaining('audience mapper'),
    ]),
  )
})

test('with the realm file as it is, the hub has nothing to say about Keycloak', async () => {
  await using other = await ownHub({ KEYCLOAK_URL: front.url })
  const { name, password } = await someone()
  const session = await signIn(other.url, name, password)
  expect(await status(await session.token(), '/v1/moi', other)).toBe(200)
  expect(other.process.output.split('\n').filter((line) => line.includes('"level":40'))).toEqual([])
})
