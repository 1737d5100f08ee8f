import { randomUUID } from 'node:crypto'
import { DeciderDossier, type Dossier, LireDossier } from '../../contracts/demarches.ts'
import { LireMoi } from '../../contracts/identity.ts'
import { refusal } from '../support/api.ts'
import type { Reply } from '../support/conformity.ts'
import { draft, inInstruction } from '../support/dossiers.ts'
import { eventsOf } from '../support/hub-database.ts'
import { stranger } from '../support/people.ts'

const amina = stranger()
const claire = stranger(['usager', 'agent:etat-civil'])

function times<T>(n: number, work: (n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: n }, (_, i) => work(i)))
}

const statuses = (replies: readonly Reply[]) => replies.map((reply) => reply.status).toSorted((a, b) => a - b)
const done = ({ status }: Reply) => status < 300

test('of 200 deposits of one dossier at once, one is done and 199 are told that it is', async () => {
  const { id } = await draft(amina)
  const replies = await times(200, () => amina.send<Dossier>('POST', `/v1/dossiers/${id}/depot`))
  expect(statuses(replies)).toEqual([200, ...Array.from({ length: 199 }, () => 409)])
  for (const reply of replies.filter((one) => !done(one)))
    expect(refusal(reply, 'transition-impossible').transitionsPermises).toEqual(['envoyer_message'])
  const events = await eventsOf(`dossier/${id}`)
  expect(events.map((event) => [event.sequence, event.type])).toEqual([
    [1, 'guichet.dossier.cree.v1'],
    [2, 'guichet.dossier.depose.v1'],
  ])
})

test('50 deposits under one key are one deposit, and each is answered with it', async () => {
  const { id } = await draft(amina)
  const key = randomUUID()
  const replies = await times(50, () => amina.send<Dossier>('POST', `/v1/dossiers/${id}/depot`, { key }))
  for (const reply of replies) expect([reply.status, reply.body]).toEqual([200, replies[0]!.body])
  expect(await eventsOf(`dossier/${id}`)).toHaveLength(2)
})

test('50 creations under one key are one dossier', async () => {
  const body = { demarche: 'acte-de-naissance' }
  const key = randomUUID()
  const replies = await times(50, () => amina.send<Dossier>('POST', '/v1/dossiers', { body, key }))
  expect(statuses(replies)).toEqual(Array.from({ length: 50 }, () => 201))
  expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1)
})

test('15 changes at once are 15 versions, none lost and none twice', async () => {
  const { id } = await draft(amina)
  const path = `/v1/dossiers/${id}`
  const replies = await times(15, (n) =>
    amina.send<Dossier>('PATCH', path, { body: { formulaire: { nombreExemplaires: (n % 5) + 1 } } }),
  )
  expect(replies.filter((reply) => !done(reply)).map((reply) => reply.text)).toEqual([])
  expect(replies.map((reply) => reply.body.version).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 15 }, (_, n) => n + 2),
  )
  expect((await eventsOf(`dossier/${id}`)).map((event) => event.sequence)).toEqual(
    Array.from({ length: 16 }, (_, n) => n + 1),
  )
})

test('of 40 changes of one version, one is made', async () => {
  const { id, version } = await draft(amina)
  const replies = await times(40, () =>
    amina.send('PATCH', `/v1/dossiers/${id}`, { body: { pieces: [] }, ifMatch: `"${version}"` }),
  )
  expect(statuses(replies)).toEqual([200, ...Array.from({ length: 39 }, () => 412)])
})

test('two agents decide the same dossier at once: one decides', async () => {
  const { id } = await inInstruction(amina, claire)
  const colleague = stranger(['usager', 'agent:etat-civil'])
  const replies = await Promise.all([
    claire.send('POST', `/v1/dossiers/${id}/decision`, { body: { sens: 'accepte' } }),
    colleague.send('POST', `/v1/dossiers/${id}/decision`, {
      body: { sens: 'refuse', motivation: 'Hors délai.' },
    }),
  ])
  expect(statuses(replies)).toEqual([200, 409])
  const decisions = (await eventsOf(`dossier/${id}`)).filter(
    (event) => event.type === 'guichet.dossier.decide.v1',
  )
  expect(decisions).toHaveLength(1)
  expect((await amina.ok(LireDossier, { id })).etat).toBe(decisions[0]!.data['sens'])
})

test('a decision and a message at once are both stored, in either order', async () => {
  const { id } = await inInstruction(amina, claire)
  await Promise.all([
    claire.ok(DeciderDossier, { id, sens: 'accepte' }),
    ...Array.from({ length: 5 }, () =>
      amina.send('POST', `/v1/dossiers/${id}/messages`, { body: { texte: 'Merci.' } }),
    ),
  ])
  const dossier = await amina.ok(LireDossier, { id })
  expect([dossier.etat, dossier.messages.length, dossier.version]).toEqual(['accepte', 5, 9])
})

test('somebody who arrives with fifty requests at once is one account', async () => {
  const newcomer = stranger()
  const replies = await times(50, () => newcomer.ok(LireMoi, {}))
  expect(new Set(replies.map((moi) => moi.version))).toEqual(new Set([1]))
  const dossiers = await times(5, () => draft(newcomer))
  const { body } = await newcomer.send<{ elements: unknown[] }>('GET', '/v1/dossiers')
  expect(body.elements).toHaveLength(dossiers.length)
})
