import { createHmac, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { LireMoi } from '../../contracts/identity.ts'
import { encode, makeKey } from '../gateway/token-source.ts'
import { Api, hubUrl, refusal } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { anonyme, issuedToken, issuer, issuerKey, person } from '../support/people.ts'

const now = () => Math.floor(Date.now() / 1000)
const minute = 60
const bearing = (authorization: string) => anonyme.send('GET', '/v1/moi', { headers: { authorization } })

test('a token that the issuer signed is accepted, however the scheme is written', async () => {
  const token = await issuedToken()
  for (const scheme of ['Bearer', 'bearer', 'BEARER'])
    expect((await bearing(`${scheme} ${token}`)).status).toBe(200)
})

test('without a token a person is asked to sign in, and nothing is said to be wrong with a token', async () => {
  const reply = await anonyme.send('GET', '/v1/moi')
  refusal(reply, 'jeton-requis')
  expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="malakoff"')
})

describe('is refused as an invalid token', () => {
  const claims: [string, object][] = [
    ['expired', { iat: now() - 10 * minute, exp: now() - 1 }],
    ['issued in the future', { iat: now() + minute, exp: now() + 10 * minute }],
    ['not valid yet', { nbf: now() + minute }],
    ['without end', { exp: undefined }],
    ['whose end is a text', { exp: String(now() + minute) }],
    ['of another issuer', { iss: 'https://example.org/realms/malakoff' }],
    ['of another realm', { iss: issuer.replace(/[^/]+$/, 'master') }],
    ['without issuer', { iss: undefined }],
    ['for another audience', { aud: ['comptabilite'] }],
    ['without audience', { aud: undefined }],
    ['of an identity, not of access', { typ: 'ID' }],
    ['of refreshment, not of access', { typ: 'Refresh' }],
    ['about nobody', { sub: undefined }],
    ['of no client', { azp: undefined }],
  ]
  test.each(claims)('one %s', async (_, wrong) => {
    const reply = await bearing(`Bearer ${await issuedToken(wrong)}`)
    refusal(reply, 'jeton-invalide')
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="malakoff", error="invalid_token"')
  })

  test('one signed with another key, under a name of its own or under the issuer’s', async () => {
    const { kid } = await issuerKey()
    for (const name of ['another', kid])
      refusal(await bearing(`Bearer ${await issuedToken({}, {}, makeKey(name))}`), 'jeton-invalide')
  })

  test('one that names no key', async () => {
    refusal(await bearing(`Bearer ${await issuedToken({}, { kid: undefined })}`), 'jeton-invalide')
  })

  test('one that brings its own key', async () => {
    const key = makeKey('mine')
    refusal(
      await bearing(`Bearer ${await issuedToken({}, { jwk: key.jwk, kid: 'mine' }, key)}`),
      'jeton-invalide',
    )
  })

  test('one that says it needs no signature', async () => {
    const [, content] = (await issuedToken()).split('.')
    const { kid } = await issuerKey()
    for (const alg of ['none', 'None', 'NONE'])
      for (const signature of ['', 'AA']) {
        const token = `${encode({ alg, typ: 'JWT', kid })}.${content}.${signature}`
        refusal(await bearing(`Bearer ${token}`), 'jeton-invalide')
      }
  })

  test('one signed with the issuer’s public key as if it were a secret', async () => {
    const { kid, publicKey } = await issuerKey()
    const [, content] = (await issuedToken()).split('.')
    const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${content}`
    const secret = publicKey.export({ type: 'spki', format: 'pem' })
    const signature = createHmac('sha256', secret).update(signed).digest('base64url')
    refusal(await bearing(`Bearer ${signed}.${signature}`), 'jeton-invalide')
  })

  test('one whose content was changed after it was signed', async () => {
    const [header, content, signature] = (await issuedToken()).split('.')
    const claims = JSON.parse(Buffer.from(content!, 'base64url').toString()) as object
    const richer = encode({ ...claims, realm_access: { roles: ['administrateur'] } })
    refusal(await bearing(`Bearer ${header}.${richer}.${signature}`), 'jeton-invalide')
  })

  test.each([
    ['Bearer'],
    ['Bearer '],
    ['Bearer a'],
    ['Bearer a.b.c'],
    ['Bearer ..'],
    ['Bearer null'],
    ['Basic YW1pbmE6bWFsYWtvZmYtZGVtbw=='],
    ['Bearer {"sub":"amina"}'],
    [`Bearer ${'a'.repeat(9000)}`],
  ])('%.40s', async (authorization) => {
    refusal(await bearing(authorization), 'jeton-invalide')
  })

  test('two tokens in one header', async () => {
    const token = await issuedToken()
    refusal(await bearing(`Bearer ${token}, Bearer ${token}`), 'jeton-invalide')
    refusal(await bearing(`Bearer ${token} ${token}`), 'jeton-invalide')
  })
})

test('an invalid token is refused even where none is needed', async () => {
  refusal(
    await anonyme.send('GET', '/v1/demarches', { headers: { authorization: 'Bearer a.b.c' } }),
    'jeton-invalide',
  )
})

test('a token in the address is not read', async () => {
  refusal(await anonyme.send('GET', `/v1/moi?access_token=${await issuedToken()}`), 'jeton-requis')
})

test('a token that was accepted is refused once it has ended', async () => {
  const token = await issuedToken({ exp: now() + 2 })
  expect((await bearing(`Bearer ${token}`)).status).toBe(200)
  await eventually(async () => expect((await bearing(`Bearer ${token}`)).status).toBe(401))
})

test('roles are those of the token of today: who lost theirs is refused with the next token', async () => {
  const sub = randomUUID()
  const as = (roles: string[]) => new Api(() => issuedToken({ sub, realm_access: { roles } }))
  expect((await as(['usager', 'agent:education']).send('GET', '/v1/agents/dossiers')).status).toBe(200)
  refusal(await as(['usager']).send('GET', '/v1/agents/dossiers'), 'acces-refuse')
})

test('a role that only looks like one opens nothing', async () => {
  for (const roles of [
    ['agent'],
    ['agent:'],
    ['agent:*'],
    ['AGENT:education'],
    ['admin'],
    ['Administrateur'],
  ]) {
    const someone = new Api(() => issuedToken({ realm_access: { roles } }))
    expect((await someone.ok(LireMoi, {})).roles).toEqual(['usager'])
    refusal(await someone.send('GET', '/v1/agents/dossiers'), 'acces-refuse')
    refusal(await someone.send('GET', '/v1/admin/lettres-mortes'), 'acces-refuse')
  }
})

test('a person signed in by any front end of the city is the same person', async () => {
  const sub = randomUUID()
  const by = (azp: string) => new Api(() => issuedToken({ sub, azp }))
  await by('portail').send('PATCH', '/v1/moi', { body: { langue: 'pt' } })
  for (const client of ['mobile', 'borne', 'bureau'])
    expect((await by(client).ok(LireMoi, {})).langue).toBe('pt')
  expect((await person('bastien').ok(LireMoi, {})).prenom).toBe('Bastien')
})

test('a stranger’s upload is refused before its bytes are asked for', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request(`${hubUrl}/v1/documents?secteur=education`, {
      method: 'POST',
      headers: {
        'content-type': 'multipart/form-data; boundary=x',
        'content-length': 25_000_000,
        'idempotency-key': randomUUID(),
      },
    })
    outgoing.once('error', reject).once('response', (response) => {
      resolve(response.statusCode)
      outgoing.destroy()
    })
    outgoing.flushHeaders()
  })
  expect(status).toBe(401)
})
