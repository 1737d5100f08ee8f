import { randomUUID } from 'node:crypto'
import {
  DeciderDossier,
  type Dossier,
  LireDossier,
  ModifierDossier,
  RouvrirDossier,
} from '../../contracts/demarches.ts'
import { routes } from '../../gateway/routes.ts'
import { pdf } from '../documents/fixtures.ts'
import { type Api, refusal } from '../support/api.ts'
import type { Reply } from '../support/conformity.ts'
import { decided, deposited, draft, inInstruction } from '../support/dossiers.ts'
import { eventsOf, hubDatabase } from '../support/hub-database.ts'
import { person, stranger } from '../support/people.ts'

const amina = stranger()
const claire = stranger(['usager', 'agent:etat-civil'])
const admin = person('admin')

interface Order {
  readonly api: Api
  readonly path: string
  readonly body?: unknown
  /** Another request to the same address; none where no other valid body exists. */
  readonly other?: unknown
  /** Rows that the order leaves in the database, of the object or of its acts; once each when it was done once. */
  readonly effects: (reply: Reply) => Promise<number>
}

/** The events of the dossier that this order appends. */
function eventsOfType(type: string) {
  return async (reply: Reply) => {
    const events = await eventsOf(`dossier/${(reply.body as { id: string }).id}`)
    return events.filter((event) => event.type === `guichet.dossier.${type}.v1`).length
  }
}

const orders: Record<string, () => Promise<Order>> = {
  'a new dossier': async () => {
    const nom = randomUUID()
    const formulaire = { demandeur: { nom } }
    return {
      api: amina,
      path: '/v1/dossiers',
      body: { demarche: 'acte-de-naissance', formulaire },
      other: { demarche: 'acte-de-naissance', formulaire: { demandeur: { nom: 'Autre' } } },
      effects: async () => {
        const [row] = await hubDatabase()<{ n: number }[]>`select count(*)::int as n from demarches.dossier d
          join hub.event e on e.subject = 'dossier/' || d.id where d.formulaire = ${hubDatabase().json(formulaire)}`
        return row!.n
      },
    }
  },
  'a deposit': async () => {
    const { id } = await draft(amina)
    return { api: amina, path: `/v1/dossiers/${id}/depot`, effects: eventsOfType('depose') }
  },
  'a start of instruction': async () => {
    const { id } = await deposited(amina)
    return {
      api: claire,
      path: `/v1/dossiers/${id}/instruction`,
      effects: eventsOfType('pris-en-instruction'),
    }
  },
  'a request for a correction': async () => {
    const { id } = await inInstruction(amina, claire)
    return {
      api: claire,
      path: `/v1/dossiers/${id}/corrections`,
      body: { motif: 'perime', texte: 'Trop vieux.' },
      other: { motif: 'incorrect', texte: 'Trop vieux.' },
      effects: eventsOfType('correction-demandee'),
    }
  },
  'a message of the usager': async () => {
    const { id } = await deposited(amina)
    return {
      api: amina,
      path: `/v1/dossiers/${id}/messages`,
      body: { texte: 'Bonjour.' },
      other: { texte: 'Bonsoir.' },
      effects: async (reply) => {
        const messages = await hubDatabase()`select from demarches.message where dossier_id = ${id}`
        expect(messages).toHaveLength(1)
        return await eventsOfType('message-envoye')(reply)
      },
    }
  },
  'a decision': async () => {
    const { id } = await inInstruction(amina, claire)
    return {
      api: claire,
      path: `/v1/dossiers/${id}/decision`,
      body: { sens: 'refuse', motivation: 'Hors délai.' },
      other: { sens: 'accepte' },
      effects: eventsOfType('decide'),
    }
  },
  'a reopening': async () => {
    const { id } = await decided(amina, claire)
    return {
      api: claire,
      path: `/v1/dossiers/${id}/reouverture`,
      body: { texte: 'Pièce retrouvée.' },
      other: { texte: 'Erreur.' },
      effects: eventsOfType('rouvert'),
    }
  },
  'a dead letter tried again': async () => {
    const subject = `dossier/${randomUUID()}`
    const [lane] = await hubDatabase()<{ id: string }[]>`
      insert into hub.lane (consumer, subject, attempts, failing_since, error, stopped)
      values ('essai.idempotence', ${subject}, 10, now(), 'Error', true) returning id`
    return {
      api: admin,
      path: `/v1/admin/lettres-mortes/${lane!.id}/relance`,
      effects: async () =>
        (await hubDatabase()`select from hub.journal where objet like ${`%${subject}`}`).length,
    }
  },
}

describe('repeated under its key, done once and answered alike:', () => {
  test.each(Object.keys(orders))('%s', async (name) => {
    const { api, path, body, other, effects } = await orders[name]!()
    const key = randomUUID()
    const first = await api.send('POST', path, { body, key })
    expect(first.status).toBeLessThan(300)
    const again = await Promise.all([1, 2, 3].map(() => api.send('POST', path, { body, key })))
    for (const reply of again) expect([reply.status, reply.body]).toEqual([first.status, first.body])
    expect(await effects(first)).toBe(1)
    if (other === undefined) return
    refusal(await api.send('POST', path, { body: other, key }), 'cle-idempotence-reutilisee')
    expect(await effects(first)).toBe(1)
  })

  test.each(Object.keys(orders))('%s, sent five times at the same moment', async (name) => {
    const { api, path, body, effects } = await orders[name]!()
    const key = randomUUID()
    const replies = await Promise.all([1, 2, 3, 4, 5].map(() => api.send('POST', path, { body, key })))
    const [first] = replies
    for (const reply of replies) expect([reply.status, reply.body]).toEqual([first!.status, first!.body])
    expect(first!.status).toBeLessThan(300)
    expect(await effects(first!)).toBe(1)
  })

  test('an upload', async () => {
    const key = randomUUID()
    const send = (content: string, query = 'secteur=etat-civil') =>
      amina.upload(query, pdf(content), 'a.pdf', { key })
    const [first, ...again] = [await send('un'), ...(await Promise.all([send('un'), send('un'), send('un')]))]
    expect(first.status).toBe(201)
    for (const reply of again) expect([reply.status, reply.body]).toEqual([201, first.body])
    const rows = await hubDatabase()`select from documents.document where sha256 = ${first.body.sha256}
      and usager_id = (select usager_id from documents.document where id = ${first.body.id})`
    expect(rows).toHaveLength(1)
    expect(await eventsOf(`document/${first.body.id}`)).toHaveLength(1)
    refusal(await send('deux'), 'cle-idempotence-reutilisee')
    refusal(await send('un', 'secteur=education'), 'cle-idempotence-reutilisee')
  })

  test('a deletion, which without a key is not found the second time', async () => {
    const [mine, other] = [
      await amina.uploaded('etat-civil', pdf()),
      await amina.uploaded('etat-civil', pdf()),
    ]
    const key = randomUUID()
    const statuses = async (id: string, options: object) => {
      const remove = async () => (await amina.send('DELETE', `/v1/documents/${id}`, options)).status
      return [await remove(), await remove()]
    }
    expect(await statuses(mine.id, { key })).toEqual([204, 204])
    expect(await statuses(other.id, {})).toEqual([204, 404])
    expect(await eventsOf(`document/${mine.id}`)).toHaveLength(2)
  })

  test('a change, although the version that it was made for has gone', async () => {
    const { id, version } = await draft(amina)
    const request = { body: { pieces: [] }, key: randomUUID(), ifMatch: `"${version}"` }
    const first = await amina.send('PATCH', `/v1/dossiers/${id}`, request)
    expect(first.status).toBe(200)
    const again = await amina.send('PATCH', `/v1/dossiers/${id}`, request)
    expect(again.body).toEqual(first.body)
    refusal(
      await amina.send('PATCH', `/v1/dossiers/${id}`, { ...request, key: randomUUID() }),
      'modifie-entre-temps',
    )
  })
})

test('a deposit repeated after the dossier went on is answered with the dossier as it is now', async () => {
  const { id } = await draft(amina)
  const key = randomUUID()
  await amina.send('POST', `/v1/dossiers/${id}/depot`, { key })
  await claire.send('POST', `/v1/dossiers/${id}/instruction`)
  await claire.ok(DeciderDossier, { id, sens: 'accepte' })
  const late = await amina.send('POST', `/v1/dossiers/${id}/depot`, { key })
  expect(late.status).toBe(200)
  expect(late.body).toEqual(await amina.ok(LireDossier, { id }))
  refusal(await amina.send('POST', `/v1/dossiers/${id}/depot`), 'transition-impossible')
})

test('a decision repeated after the reopening does not decide again', async () => {
  const { id } = await inInstruction(amina, claire)
  const request = { key: randomUUID(), body: { sens: 'accepte' } }
  await claire.send('POST', `/v1/dossiers/${id}/decision`, request)
  await claire.ok(RouvrirDossier, { id, texte: 'Erreur.' })
  const late = await claire.send<{ etat: string }>('POST', `/v1/dossiers/${id}/decision`, request)
  expect([late.status, late.body.etat]).toEqual([200, 'en_instruction'])
})

test('two people may use the same key', async () => {
  const key = randomUUID()
  const body = { demarche: 'acte-de-naissance' }
  const [one, two] = await Promise.all(
    [amina, stranger()].map((api) => api.send<{ id: string }>('POST', '/v1/dossiers', { body, key })),
  )
  expect([one!.status, two!.status]).toEqual([201, 201])
  expect(one!.body.id).not.toBe(two!.body.id)
})

test('one key on two addresses is two requests', async () => {
  const key = randomUUID()
  for (const { id } of [await draft(amina), await draft(amina)]) {
    const { status, body } = await amina.send<Dossier>('POST', `/v1/dossiers/${id}/depot`, { key })
    expect([status, body.id, body.etat]).toEqual([200, id, 'en_construction'])
  }
})

test('a refused request does not use its key up', async () => {
  const { id } = await draft(amina, { formulaire: {} })
  const key = randomUUID()
  const path = `/v1/dossiers/${id}/depot`
  refusal(await amina.send('POST', path, { key }), 'donnees-invalides')
  const { formulaire } = await draft(amina)
  await amina.ok(ModifierDossier, { id, formulaire })
  expect((await amina.send('POST', path, { key })).status).toBe(200)
})

describe('a POST wants a key of 1 to 128 visible characters:', () => {
  const posts = routes.filter((route) => route.method === 'POST' && route.transport === 'json')
  const someone = stranger(['usager', 'agent:etat-civil', 'administrateur'])

  test.each(posts.map((route) => route.path))('%s', async (path) => {
    const send = (headers: Record<string, string>) =>
      someone.send('POST', path.replace(':id', randomUUID()), { body: {}, key: null, headers })
    refusal(await send({}), 'cle-idempotence-requise')
    for (const key of ['', ' ', 'a b', 'a'.repeat(129), 'clé', 'a\tb'])
      refusal(await send({ 'idempotency-key': key }), 'cle-idempotence-requise')
  })

  test('an upload', async () => {
    refusal(
      await amina.upload('secteur=etat-civil', pdf(), 'a.pdf', { key: null }),
      'cle-idempotence-requise',
    )
  })

  test('the shortest and the longest are taken', async () => {
    for (const key of ['!', '~'.repeat(128)])
      expect(
        (await stranger().send('POST', '/v1/dossiers', { body: { demarche: 'acte-de-naissance' }, key }))
          .status,
      ).toBe(201)
  })
})
