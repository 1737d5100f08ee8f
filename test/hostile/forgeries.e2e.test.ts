import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LireDossier } from '../../contracts/demarches.ts'
import type { Access } from '../../contracts/define.ts'
import { LireMoi } from '../../contracts/identity.ts'
import { routes } from '../../gateway/routes.ts'
import { forgeriesOf } from '../gateway/forgeries.ts'
import { makeKey, type SigningKey } from '../gateway/token-source.ts'
import { Api, hubUrl, type Options, refusal } from '../support/api.ts'
import type { Reply } from '../support/conformity.ts'
import { deposited, draft } from '../support/dossiers.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { anonyme, issuedClaims, issuedToken, issuerKey, newSession, stranger } from '../support/people.ts'
import { speak } from '../support/raw-http.ts'
import { HostileClient } from './client.ts'

/** Tokens that nobody issued, or not for this, against one door of each kind of access of the real hub. */

interface Door {
  readonly method: string
  readonly path: string
  readonly options?: Options
  /** Whose token opens it. */
  readonly holder: { readonly sub: string; readonly roles: readonly string[] }
  readonly opened: number
  /** What behind the door changes when somebody passes. */
  readonly behind: () => Promise<unknown>
}

const person = (...roles: string[]) => ({ sub: randomUUID(), roles: ['usager', ...roles] })
const as = (holder: Door['holder']) => stranger(holder.roles, { sub: holder.sub })

/** A door for each rule that the route table knows. */
async function makeDoors(): Promise<Record<Access, Door>> {
  const [usager, agent] = [person(), person('agent:etat-civil')]
  const amina = as(usager)
  const [begun, given] = [await draft(amina), await deposited(amina)]
  const [lane] = await hubDatabase()<{ id: string }[]>`
    insert into hub.lane (consumer, subject, attempts, failing_since, error, stopped)
    values ('essai.hostile', ${`dossier/${randomUUID()}`}, 10, now(), 'Error', true) returning id`
  const version = (id: string) => async () => (await amina.ok(LireDossier, { id })).version
  return {
    public: {
      method: 'GET',
      path: '/v1/demarches',
      holder: person(),
      opened: 200,
      behind: async () => null,
    },
    compte: {
      method: 'PATCH',
      path: '/v1/moi',
      options: { body: { langue: 'pt' } },
      holder: usager,
      opened: 200,
      behind: async () => (await amina.ok(LireMoi, {})).langue,
    },
    proprietaire: {
      method: 'POST',
      path: `/v1/dossiers/${begun.id}/depot`,
      holder: usager,
      opened: 200,
      behind: version(begun.id),
    },
    agent: {
      method: 'POST',
      path: `/v1/dossiers/${given.id}/instruction`,
      holder: agent,
      opened: 200,
      behind: version(given.id),
    },
    administrateur: {
      method: 'POST',
      path: `/v1/admin/lettres-mortes/${lane!.id}/relance`,
      holder: { sub: randomUUID(), roles: ['administrateur'] },
      opened: 200,
      behind: async () => await hubDatabase()`select stopped from hub.lane where id = ${lane!.id}`,
    },
    'systeme:evenements': {
      method: 'GET',
      path: '/v1/evenements',
      holder: { sub: randomUUID(), roles: ['systeme', 'evenements', 'evenements:dossier'] },
      opened: 200,
      behind: async () => null,
    },
  }
}

let doors: Record<string, Door>
let key: SigningKey
let attacker: Server
let visits = 0
const other = makeKey('attacker')
const client = new HostileClient()

beforeAll(async () => {
  attacker = createServer((_, response) => {
    visits++
    response.end(JSON.stringify({ keys: [other.jwk] }))
  })
  await new Promise<void>((listening) => attacker.listen(0, '127.0.0.1', listening))
  doors = await makeDoors()
  key = await issuerKey()
})

afterAll(async () => {
  client.close()
  await new Promise((closed) => attacker.close(closed))
})

function forgeriesFor({ holder }: Door) {
  const claims = (changes: object = {}) => ({
    ...issuedClaims(),
    sub: holder.sub,
    realm_access: { roles: holder.roles },
    ...changes,
  })
  const { port } = attacker.address() as AddressInfo
  const seconds = () => Math.floor(Date.now() / 1000)
  const issuer = `${hubUrl}/realms/malakoff`
  return forgeriesOf({ key, other, issuer, attacker: `http://127.0.0.1:${port}`, seconds, claims })
}

/** Knocks with this header, whatever bytes it is made of. */
async function knock(door: Door, authorization: string): Promise<Reply> {
  const { method, path, options = {} } = door
  const body = options.body === undefined ? undefined : JSON.stringify(options.body)
  const headers = {
    ...(await anonyme.headers(method, options)),
    authorization: Buffer.from(authorization).toString('latin1'),
  }
  return await client.send(method, { path, headers: {}, ...(body !== undefined && { body }) }, headers)
}

const through = (door: Door, token: string, options: Options = {}) =>
  new Api(async () => token).send(door.method, door.path, { ...door.options, ...options })

const tokenOf = ({ holder }: Door, claims: object = {}) =>
  issuedToken({ sub: holder.sub, realm_access: { roles: holder.roles }, ...claims })

test('every kind of access has its door', () => {
  const rules = new Set(routes.flatMap((route) => route.action.access))
  expect(Object.keys(doors).toSorted()).toEqual([...rules].toSorted())
})

test('no forgery opens any door', async () => {
  const opened: string[] = []
  let knocks = 0
  await Promise.all(
    Object.entries(doors).map(async ([rule, door]) => {
      const before = await door.behind()
      // A line break cannot be sent; see raw.e2e.test.ts.
      for (const [name, forge] of Object.entries(forgeriesFor(door)).filter(([, f]) => !/[\r\n]/.test(f()))) {
        const reply = await knock(door, forge())
        const { code } = reply.body as { code?: string }
        const isRefused = reply.status === 401 && code === 'jeton-invalide'
        const challenge = reply.headers.get('www-authenticate')
        if (!isRefused || challenge !== 'Bearer realm="malakoff", error="invalid_token"')
          opened.push(`${rule}: ${name}: ${reply.status} ${reply.text} ${challenge}`)
        knocks++
      }
      expect(await door.behind()).toEqual(before)
    }),
  )
  expect(opened).toEqual([])
  expect(knocks).toBeGreaterThanOrEqual(6 * 70)
})

test('the true ID and refresh tokens of a person open no door either', async () => {
  const { idToken, refreshToken } = await newSession('admin')
  for (const token of [idToken, refreshToken]) {
    expect(token?.length).toBeGreaterThan(20)
    for (const door of Object.values(doors)) refusal(await knock(door, `Bearer ${token}`), 'jeton-invalide')
  }
})

test('a token of 16 kB is refused before it is read', async () => {
  const text = `GET /v1/moi HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${'a'.repeat(16_384)}\r\n\r\n`
  expect(await speak(text)).toMatch(/^HTTP\/1\.1 400 .*"code":"requete-illisible"/s)
})

test('a good token anywhere but in the header Authorization is not seen', async () => {
  for (const [rule, door] of Object.entries(doors)) {
    if (rule === 'public') continue
    const token = await tokenOf(door)
    const headers = {
      cookie: `access_token=${token}; Authorization=Bearer ${token}; KEYCLOAK_IDENTITY=${token}`,
      'x-access-token': token,
      'x-authorization': `Bearer ${token}`,
      'proxy-authorization': `Bearer ${token}`,
    }
    const path = `${door.path}?access_token=${token}&authorization=Bearer%20${token}`
    refusal(await anonyme.send(door.method, path, { ...door.options, headers }), 'jeton-requis')
  }
})

describe('a token of the issuer’s that only looks as if it gave a right gives none:', () => {
  const lookalikes: [string, (role: string) => object][] = [
    ['roles as text', (role) => ({ realm_access: { roles: role } })],
    ['roles as object', (role) => ({ realm_access: { roles: { 0: role, length: 1, includes: true } } })],
    ['a role in a list in a list', (role) => ({ realm_access: { roles: [[role]] } })],
    ['roles and a number', (role) => ({ realm_access: { roles: [role, 1] } })],
    ['realm_access as list', (role) => ({ realm_access: [role] })],
    ['realm_access as text', (role) => ({ realm_access: role })],
    ['no realm_access', (role) => ({ realm_access: undefined, roles: [role], scope: role, groups: [role] })],
    [
      'the roles of the client',
      (role) => ({
        realm_access: { roles: [] },
        resource_access: { guichet: { roles: [role] } },
      }),
    ],
    ['capitals', (role) => ({ realm_access: { roles: [role.toUpperCase()] } })],
    ['a blank after', (role) => ({ realm_access: { roles: [`${role} `] } })],
    ['a blank before', (role) => ({ realm_access: { roles: [` ${role}`] } })],
    ['a NUL after', (role) => ({ realm_access: { roles: [`${role}\0`] } })],
    ['a letter that looks alike', (role) => ({ realm_access: { roles: [role.replace('e', 'е')] } })],
    ['roles in one text', (role) => ({ realm_access: { roles: [`usager,${role}`] } })],
    ['a star', (role) => ({ realm_access: { roles: [role.replace(/:.*|$/, ':*')] } })],
    ['another name for it', () => ({ realm_access: { roles: ['admin', 'agent', 'system', 'root', '*'] } })],
    ['what it was yesterday', () => ({ realm_access: { roles: ['usager'] } })],
    ['a prototype', (role) => JSON.parse(`{"realm_access":{"__proto__":{"roles":["${role}"]}}}`) as object],
  ]
  test.each(lookalikes)('%s', async (_, claims) => {
    for (const rule of ['agent', 'administrateur', 'systeme:evenements']) {
      const door = doors[rule]!
      const before = await door.behind()
      const token = await tokenOf(door, claims(door.holder.roles.at(rule.startsWith('systeme') ? 0 : -1)!))
      refusal(await through(door, token), 'acces-refuse')
      expect(await door.behind()).toEqual(before)
    }
  })
})

test('the token of one kind of access opens no door of another', async () => {
  const staff = doors['systeme:evenements']!
  for (const rule of ['compte', 'proprietaire', 'agent', 'administrateur'])
    refusal(await through(doors[rule]!, await tokenOf(staff, { azp: 'systeme-ged' })), 'acces-refuse')
  for (const rule of ['agent', 'administrateur', 'systeme:evenements'])
    refusal(await through(doors[rule]!, await tokenOf(doors['compte']!)), 'acces-refuse')
  refusal(await through(staff, await tokenOf(doors['administrateur']!)), 'acces-refuse')
  refusal(
    await through(staff, await tokenOf(staff, { realm_access: { roles: ['systeme'] } })),
    'acces-refuse',
  )
})

test('after all this each door opens to its own token, and what is behind it changes', async () => {
  for (const [rule, door] of Object.entries(doors)) {
    const before = await door.behind()
    expect([rule, (await through(door, await tokenOf(door))).status]).toEqual([rule, door.opened])
    if (door.method !== 'GET') expect(await door.behind()).not.toEqual(before)
  }
})

test('the forger’s own addresses were never visited', () => {
  expect(visits).toBe(0)
})
