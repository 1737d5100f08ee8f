import { LireSante } from '../../contracts/hub.ts'
import { hubUrl, refusal } from '../support/api.ts'
import { checkStrictly } from '../support/conformity.ts'
import { anonyme, person, stranger } from '../support/people.ts'

test('the hub is alive, and ready when its database answers', async () => {
  expect((await anonyme.send('GET', '/health/live')).body).toEqual({ statut: 'vivant' })
  const ready = await anonyme.send('GET', '/health/ready')
  const wrong = (what: string): never => {
    throw new Error(what)
  }
  expect(checkStrictly(LireSante.returns, ready.body, wrong)).toEqual({
    statut: 'pret',
    // The hub of the tier `stack` has Redis, too.
    parties: { base: true, ...(process.env.STACK === 'true' && { redis: true }) },
  })
})

test('health is asked without a token, and with any', async () => {
  for (const authorization of ['Bearer x', 'Basic y'])
    expect((await anonyme.send('GET', '/health/ready', { headers: { authorization } })).status).toBe(200)
  expect((await person('admin').send('GET', '/health/live')).status).toBe(200)
})

describe('an unknown address is a problem, to whoever asks:', () => {
  test.each([
    '/v1',
    '/v1/',
    '/v2/moi',
    '/v1/moi/',
    '/v1/MOI',
    '/V1/moi',
    '//v1/moi',
    '/v1//moi',
    '/v1/moi;a=b',
    '/v1%2Fmoi',
    '/v1/moi%00',
    '/v1/moi/../admin/lettres-mortes',
    '/v1/dossiers/x/y/z',
    '/health',
    '/health/',
    '/metrics',
    '/.env',
    '/.git/config',
    '/~node/health',
    '/api/demarches/listerDemarches',
  ])('%s', async (path) => {
    for (const api of [anonyme, stranger(), person('admin')]) {
      const reply = await api.send('GET', path)
      // `fetch` resolves the dots itself.
      if (path.includes('..')) expect([401, 403, 200]).toContain(reply.status)
      else refusal(reply, 'introuvable')
    }
  })

  test('a browser that asks the API for a page gets a problem too', async () => {
    refusal(await anonyme.send('GET', '/v1/rien', { headers: { accept: 'text/html' } }), 'introuvable')
  })
})

test('the actions between services have no address', async () => {
  for (const name of ['identity.resoudreCompte', 'documents.verifierPieces'])
    for (const path of [`/v1/${name}`, `/${name}`, `/${name.replace('.', '/')}`, `/api/${name}`])
      for (const method of ['GET', 'POST']) refusal(await stranger().send(method, path), 'introuvable')
})

test('every answer names its trace, forbids guessing its type, and says nothing of what it is made with', async () => {
  for (const path of ['/', '/health/live', '/v1/demarches', '/v1/moi', '/v1/rien']) {
    const { headers } = await fetch(`${hubUrl}${path}`)
    expect([path, headers.get('x-content-type-options'), headers.get('referrer-policy')]).toEqual([
      path,
      'nosniff',
      'no-referrer',
    ])
    expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/)
    for (const name of ['server', 'x-powered-by', 'via', 'access-control-allow-credentials'])
      expect(headers.get(name)).toBeNull()
  }
})
