import { randomUUID } from 'node:crypto'
import * as oidc from 'openid-client'
import { LireMoi } from '../../contracts/identity.ts'
import { passLoginPage, redirectUri } from '../demo/sign-in.ts'
import { Api } from '../support/api.ts'
import { issuer } from '../support/people.ts'
import { admin } from './keycloak-people.ts'
import { type Citizen, type NationalIdentity, startNationalIdentity } from './national-identity.ts'

/** FranceConnect and ProConnect as the realm file sets them up: off; switched on, against what they document. */
interface IdentityProvider {
  readonly enabled: boolean
  readonly config: Record<string, string>
}

const services = {
  franceconnect: {
    claims: ['given_name', 'family_name', 'email'],
    url: 'https://oidc.franceconnect.gouv.fr/api/v2',
  },
  proconnect: {
    claims: ['given_name', 'usual_name', 'email'],
    url: 'https://auth.agentconnect.gouv.fr/api/v2',
  },
}
type Name = keyof typeof services

const open: NationalIdentity[] = []
afterAll(async () => {
  await Promise.all(open.map((identity) => identity.close()))
})

/** What docs/keycloak.md has an administrator do, with the addresses of this machine. */
async function switchOn(name: Name): Promise<NationalIdentity> {
  const { claims, url } = services[name]
  const path = `/identity-provider/instances/${name}`
  const provider = await admin.get<IdentityProvider>(path)
  expect(provider.enabled).toBe(false)
  const identity = await startNationalIdentity({ redirectUri: `${issuer}/broker/${name}/endpoint`, claims })
  open.push(identity)
  const { clientId, clientSecret } = identity
  const here = Object.entries(provider.config).map(([key, value]) => [key, value.replace(url, identity.url)])
  const config = { ...Object.fromEntries(here), clientId, clientSecret }
  await admin.put(path, { ...provider, enabled: true, config })
  return identity
}

/** The sign-in of a front end that leads its people straight to FranceConnect or ProConnect. */
async function signInBy(name: Name): Promise<Api> {
  const configuration = await oidc.discovery(new URL(issuer), 'mobile', undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  })
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
  const address = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    kc_idp_hint: name,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  // No form is expected on the way: nobody has a password here.
  const back = await passLoginPage(address, '', '')
  const { access_token: token } = await oidc.authorizationCodeGrant(configuration, back, { pkceCodeVerifier })
  return new Api(async () => token)
}

const citizen = (claims: object): Citizen => ({ sub: randomUUID(), email: 'famille@example.org', ...claims })

test('as long as they have no keys they are not offered, and lead nowhere', async () => {
  const query = new URLSearchParams({
    client_id: 'mobile',
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const page = await (await fetch(`${issuer}/protocol/openid-connect/auth?${query.toString()}`)).text()
  expect(page).toContain('name="password"')
  expect(page).not.toMatch(/FranceConnect|ProConnect/)
  await expect(signInBy('franceconnect')).rejects.toThrow('sign-in stopped')
})

test('by FranceConnect everybody has an account of their own, e-mail shared or not, under the names of the State', async () => {
  const franceConnect = await switchOn('franceconnect')
  const angela = citizen({ given_name: 'Angela Claire', family_name: 'DUBOIS' })
  franceConnect.person = angela
  const first = await (await signInBy('franceconnect')).ok(LireMoi, {})
  expect(first).toMatchObject({ prenom: 'Angela Claire', nom: 'DUBOIS', roles: ['usager'] })

  franceConnect.person = citizen({ given_name: 'Pierre', family_name: 'DUBOIS' })
  expect(await (await signInBy('franceconnect')).ok(LireMoi, {})).toMatchObject({ prenom: 'Pierre' })

  franceConnect.person = angela
  const again = await signInBy('franceconnect')
  await again.send('PATCH', '/v1/moi', { body: { langue: 'pt' } })
  const third = await signInBy('franceconnect')
  expect(await third.ok(LireMoi, {})).toMatchObject({ prenom: 'Angela Claire', langue: 'pt' })
})

test('by ProConnect an officer is nobody in particular until an administrator gives a sector', async () => {
  const proConnect = await switchOn('proconnect')
  const sub = randomUUID()
  proConnect.person = citizen({
    sub,
    given_name: 'Lou',
    usual_name: 'Tavernier',
    email: `${sub}@example.org`,
  })
  const stranger = await signInBy('proconnect')
  expect(await stranger.ok(LireMoi, {})).toMatchObject({ prenom: 'Lou', nom: 'Tavernier', roles: ['usager'] })
  expect((await stranger.send('GET', '/v1/agents/dossiers')).status).toBe(403)

  const [user] = await admin.get<{ id: string }[]>(`/users?username=proconnect.${sub}`)
  const group = await admin.get<{ subGroups: { id: string; name: string }[] }[]>('/groups?search=education')
  const sector = group.flatMap(({ subGroups }) => subGroups).find(({ name }) => name === 'education')
  await admin.put(`/users/${user!.id}/groups/${sector!.id}`, {})
  const officer = await signInBy('proconnect')
  expect((await officer.ok(LireMoi, {})).roles).toEqual(['usager', 'agent:education'])
  expect((await officer.send('GET', '/v1/agents/dossiers')).status).toBe(200)
})
