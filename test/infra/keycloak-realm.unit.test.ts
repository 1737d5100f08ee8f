import { Secteur } from '../../contracts/principal.ts'
import { demoAccounts, demoPassword } from '../../infra/issuer/accounts.ts'
import { demoClients, demoSystem, hubAudience } from '../../infra/issuer/clients.ts'
import { demoRealm, readRealm } from '../../infra/keycloak/demo-realm.ts'

/** The realm file against the embedded issuer, which promises to look the same from outside. */
const realm = readRealm()
const demo = demoRealm(realm)
const named = (list: unknown) => (list as { name: string }[]).map(({ name }) => name)
const roles = named((realm.roles as { realm: unknown }).realm)

/** Every text of a JSON value under its path. */
function texts(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, `${path}/${key}`))
}

test('the realm has the clients of the embedded issuer, of the same kind', () => {
  expect(realm.clients.map(({ clientId, publicClient }) => [clientId, publicClient])).toEqual(
    demoClients('http://localhost').map((client) => [
      client.client_id,
      client.token_endpoint_auth_method === 'none',
    ]),
  )
})

test('each client is addressed to the hub, and asks for no more than a code with PKCE or its own secret', () => {
  for (const client of realm.clients) {
    expect(client).toMatchObject({
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      fullScopeAllowed: false,
      standardFlowEnabled: client.publicClient,
      protocolMappers: [
        {
          protocolMapper: 'oidc-audience-mapper',
          config: { 'included.custom.audience': hubAudience, 'access.token.claim': 'true' },
        },
      ],
    })
    if (client.publicClient) expect(client.attributes).toMatchObject({ 'pkce.code.challenge.method': 'S256' })
    expect(
      client.redirectUris.filter((uri) => uri.includes('*') || !/^(\$\{GUICHET_URL\}\/|fr\.)/.test(uri)),
    ).toEqual([])
  }
})

test('each role that the hub reads can be given, and each client may carry the roles of its people', () => {
  const read = [
    'usager',
    'aidant',
    'administrateur',
    ...Secteur.options.map((secteur) => `agent:${secteur}`),
    ...demoAccounts.flatMap((account) => account.roles),
    ...demoSystem.roles,
  ]
  for (const role of read) expect(roles).toContain(role)
  const mappings = realm.scopeMappings as { client: string; roles: string[] }[]
  for (const { clientId, publicClient } of realm.clients)
    expect(mappings.find(({ client }) => client === clientId)?.roles.toSorted()).toEqual(
      roles
        .filter((role) => role !== 'default-roles-malakoff')
        .filter((role) => publicClient !== demoSystem.roles.includes(role))
        .toSorted(),
    )
})

test('there is a group for each sector', () => {
  const groups = realm.groups as { name: string; subGroups?: { name: string; realmRoles: string[] }[] }[]
  const agents = groups.find(({ name }) => name === 'agents')?.subGroups
  expect(agents?.map(({ name, realmRoles }) => [name, realmRoles])).toEqual(
    Secteur.options.map((secteur) => [secteur, [`agent:${secteur}`]]),
  )
})

test('the production realm has nobody who could sign in, and no secret', () => {
  expect(realm.users).toEqual([expect.objectContaining({ serviceAccountClientId: demoSystem.clientId })])
  const all = texts(realm)
  expect(all.filter(([path]) => /secret$|password$|credential|privateKey/i.test(path))).toEqual([])
  for (const [, text] of all)
    for (const known of [demoPassword, demoSystem.secret, 'localhost', '127.0.0.1'])
      expect(text).not.toContain(known)
  for (const provider of realm.identityProviders as object[])
    expect(provider).toMatchObject({ enabled: false })
})

test('the demonstration adds the people of the embedded issuer under the same subjects', () => {
  const people = demo.users.slice(realm.users.length) as { id: string; username: string }[]
  expect(people.map(({ id, username }) => [id, username])).toEqual(
    demoAccounts.map(({ sub, identifiant }) => [sub, identifiant]),
  )
  expect(demo.clients.find(({ clientId }) => clientId === demoSystem.clientId)).toMatchObject({
    secret: demoSystem.secret,
  })
})

test('tokens live five minutes, a refresh token is used once, failures are counted, events are kept', () => {
  expect(realm).toMatchObject({
    accessTokenLifespan: 300,
    revokeRefreshToken: true,
    refreshTokenMaxReuse: 0,
    bruteForceProtected: true,
    eventsEnabled: true,
    duplicateEmailsAllowed: true,
    loginWithEmailAllowed: false,
    defaultSignatureAlgorithm: 'RS256',
  })
})
