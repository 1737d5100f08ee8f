import { DeposerDossier, InstruireDossier, LireDossier, ModifierDossier } from '../../contracts/demarches.ts'
import { LireMoi } from '../../contracts/identity.ts'
import { type Api, refusal } from '../support/api.ts'
import { decided, deposited, draft, inInstruction } from '../support/dossiers.ts'
import { stranger } from '../support/people.ts'

const amina = stranger()
const claire = stranger(['usager', 'agent:etat-civil'])

const orders: Record<
  string,
  () => Promise<{ api: Api; method: string; path: string; version: number; body?: unknown }>
> = {
  'a change of a draft': async () => {
    const { id, version } = await draft(amina)
    return { api: amina, method: 'PATCH', path: `/v1/dossiers/${id}`, version, body: { pieces: [] } }
  },
  'a deposit': async () => {
    const { id, version } = await draft(amina)
    return { api: amina, method: 'POST', path: `/v1/dossiers/${id}/depot`, version }
  },
  'a start of instruction': async () => {
    const { id, version } = await deposited(amina)
    return { api: claire, method: 'POST', path: `/v1/dossiers/${id}/instruction`, version }
  },
  'a request for a correction': async () => {
    const { id, version } = await inInstruction(amina, claire)
    const body = { motif: 'perime', texte: 'Trop vieux.' }
    return { api: claire, method: 'POST', path: `/v1/dossiers/${id}/corrections`, version, body }
  },
  'a message': async () => {
    const { id, version } = await deposited(amina)
    return {
      api: amina,
      method: 'POST',
      path: `/v1/dossiers/${id}/messages`,
      version,
      body: { texte: 'Bonjour.' },
    }
  },
  'a decision': async () => {
    const { id, version } = await inInstruction(amina, claire)
    return {
      api: claire,
      method: 'POST',
      path: `/v1/dossiers/${id}/decision`,
      version,
      body: { sens: 'accepte' },
    }
  },
  'a reopening': async () => {
    const { id, version } = await decided(amina, claire)
    return {
      api: claire,
      method: 'POST',
      path: `/v1/dossiers/${id}/reouverture`,
      version,
      body: { texte: 'Erreur.' },
    }
  },
  'a change of the profile': async () => {
    const someone = stranger()
    const { version } = await someone.ok(LireMoi, {})
    return { api: someone, method: 'PATCH', path: '/v1/moi', version, body: { langue: 'ar' } }
  },
}

describe('under If-Match', () => {
  test.each(Object.keys(orders))(
    '%s is refused for another version and done for this one, whose number grows',
    async (name) => {
      const { api, method, path, version, body } = await orders[name]!()
      for (const other of [version - 1, version + 1, 999_999_999])
        refusal(await api.send(method, path, { body, ifMatch: `"${other}"` }), 'modifie-entre-temps')
      const done = await api.send<{ version: number }>(method, path, { body, ifMatch: `"${version}"` })
      expect(done.status).toBeLessThan(300)
      expect(done.body.version).toBe(version + 1)
      expect(done.headers.get('etag')).toBe(`"${version + 1}"`)
      refusal(await api.send(method, path, { body, ifMatch: `"${version}"` }), 'modifie-entre-temps')
    },
  )
})

test('the ETag that a reading gives is the one that the next order wants', async () => {
  const { id } = await draft(amina)
  const read = await amina.send('GET', `/v1/dossiers/${id}`)
  const deposit = await amina.send('POST', `/v1/dossiers/${id}/depot`, { ifMatch: read.headers.get('etag')! })
  expect(deposit.status).toBe(200)
})

test('of two people who read the same version, the second to write is told', async () => {
  const { id, version } = await deposited(amina)
  const colleague = stranger(['usager', 'agent:etat-civil'])
  await claire.ok(InstruireDossier, { id, siVersion: version })
  refusal(
    await colleague.send('POST', `/v1/dossiers/${id}/instruction`, { ifMatch: `"${version}"` }),
    'modifie-entre-temps',
  )
})

test('what was refused for its version changed nothing', async () => {
  const before = await draft(amina)
  const { id, version } = before
  const change = { formulaire: { nombreExemplaires: 1 } }
  refusal(
    await amina.send('PATCH', `/v1/dossiers/${id}`, { body: change, ifMatch: `"${version + 1}"` }),
    'modifie-entre-temps',
  )
  expect(await amina.ok(LireDossier, { id })).toEqual(before)
})

test('an If-Match that cannot be the version of anything is refused, never ignored', async () => {
  const { id } = await draft(amina)
  for (const ifMatch of [
    '1',
    '"a"',
    '"1',
    '"-1"',
    '"1.0"',
    '""',
    '"1", "2"',
    '"9999999999999999999"',
    'W/1',
    '" 1 "',
  ])
    refusal(await amina.send('POST', `/v1/dossiers/${id}/depot`, { ifMatch }), 'requete-illisible')
  expect((await amina.ok(LireDossier, { id })).etat).toBe('brouillon')
})

test('a weak tag, as a proxy may make of a strong one, and a star are taken', async () => {
  const { id, version } = await draft(amina)
  expect(
    (await amina.send('PATCH', `/v1/dossiers/${id}`, { body: { pieces: [] }, ifMatch: `W/"${version}"` }))
      .status,
  ).toBe(200)
  expect((await amina.send('POST', `/v1/dossiers/${id}/depot`, { ifMatch: '*' })).status).toBe(200)
})

test('who does not care about versions need not send one', async () => {
  const { id } = await draft(amina)
  await amina.ok(ModifierDossier, { id, pieces: [] })
  expect((await amina.ok(DeposerDossier, { id })).version).toBe(3)
})

test('to whom the dossier does not exist, its version does not either', async () => {
  const { id, version } = await draft(amina)
  for (const ifMatch of [`"${version}"`, `"${version + 1}"`])
    refusal(await stranger().send('POST', `/v1/dossiers/${id}/depot`, { ifMatch }), 'introuvable')
})

test('a body cannot smuggle in a version or another id', async () => {
  const [mine, other] = [await draft(amina), await draft(amina)]
  for (const body of [{ siVersion: 1 }, { id: other.id }]) {
    const [name] = Object.keys(body)
    const { erreurs } = refusal(
      await amina.send('PATCH', `/v1/dossiers/${mine.id}`, { body }),
      'donnees-invalides',
    )
    expect(erreurs).toEqual([{ pointeur: `/${name}`, message: 'Champ inconnu.' }])
  }
})
