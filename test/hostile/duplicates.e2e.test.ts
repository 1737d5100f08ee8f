import { randomUUID } from 'node:crypto'
import type { Dossier } from '../../contracts/demarches.ts'
import { LireMoi } from '../../contracts/identity.ts'
import { refusal } from '../support/api.ts'
import { stranger } from '../support/people.ts'

/**
 * One name twice in an object: RFC 8259 leaves open what that means. Here the last one counts, everywhere the
 * same: what is validated is what is stored is what the Idempotency-Key is bound to. (JavaScript's own parser
 * cannot be made to tell; another parser for every body would be slower and one more thing to trust.)
 */

const amina = stranger()
const headers = { 'content-type': 'application/json' }
const create = (body: string, key: string = randomUUID()) =>
  amina.send<Dossier>('POST', '/v1/dossiers', { body, headers, key })

test('the last one is validated and kept', async () => {
  const { status, body } = await create(
    '{"demarche":"inconnue","demarche":"acte-de-naissance","formulaire":[],"formulaire":{"qualite":"autre","qualite":"titulaire"}}',
  )
  expect([status, body.demarche.id, body.formulaire]).toEqual([
    201,
    'acte-de-naissance',
    { qualite: 'titulaire' },
  ])
  refusal(await create('{"demarche":"acte-de-naissance","demarche":7}'), 'donnees-invalides')
})

test('however the name is spelled', async () => {
  await amina.send('PATCH', '/v1/moi', { body: '{"langue":"pt","\\u006cangue":"ar"}', headers })
  expect((await amina.ok(LireMoi, {})).langue).toBe('ar')
})

test('the key of a request is bound to what it means, not to how often it says it', async () => {
  const key = randomUUID()
  const first = await create('{"demarche":"x","demarche":"acte-de-naissance"}', key)
  const again = await create('{"demarche":"acte-de-naissance"}', key)
  expect([again.status, again.body.id]).toEqual([201, first.body.id])
  refusal(await create('{"demarche":"acte-de-naissance","demarche":"x"}', key), 'cle-idempotence-reutilisee')
})

test('a query that names a thing twice is refused: it would be two answers', async () => {
  refusal(await amina.send('GET', '/v1/dossiers?limite=1&limite=1'), 'donnees-invalides')
})
