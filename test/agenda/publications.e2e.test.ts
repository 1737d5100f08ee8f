import {
  AnnoncerConseil,
  DecrireEvenements,
  LireConseil,
  ListerConseils,
  ListerEvenementsPublics,
  ModifierConseil,
  ModifierEvenement,
  PublierEvenement,
  PublierPapier,
  RetirerConseil,
  RetirerPapier,
} from '../../contracts/conseils.ts'
import { LireDocument, SupprimerDocument } from '../../contracts/documents.ts'
import type { ListeOparl, ObjetOparl } from '../../contracts/oparl.ts'
import { pdf } from '../documents/fixtures.ts'
import { hubUrl, refusal } from '../support/api.ts'
import { evenement, published, publishedSitting, seance } from '../support/conseils.ts'
import { eventually } from '../support/eventually.ts'
import { eventsOf, hubDatabase } from '../support/hub-database.ts'
import { anonyme, stranger } from '../support/people.ts'

const clerk = stranger(['usager', 'agent:vie-municipale'])

test('a public event is listed, followed by calendars, and described for search engines, until it is called off', async () => {
  const agent = stranger(['usager', 'agent:espace-public'])
  const { id } = await agent.ok(PublierEvenement, {
    ...evenement,
    secteur: 'espace-public',
    titre: 'Fête; de l’été, au parc',
    description: 'Musique.\nEntrée libre.',
    situation: '1 rue Béranger, Malakoff',
  })
  const listed = async () =>
    (await anonyme.ok(ListerEvenementsPublics, { du: '2031-06-21', au: '2031-06-21', limite: 100 })).elements
  expect((await listed()).find((one) => one.id === id)).toMatchObject({ debut: '2031-06-21T12:00:00.000Z' })
  const ics = (await anonyme.send('GET', '/v1/agenda/evenements.ics')).text.replaceAll('\r\n ', '')
  expect(ics).toContain(String.raw`SUMMARY:Fête\; de l’été\, au parc`)
  expect(ics).toContain(String.raw`DESCRIPTION:Musique.\nEntrée libre.`)
  const one = (await anonyme.send('GET', `/v1/agenda/evenements/${id}/ics`)).text.replaceAll('\r\n ', '')
  expect(one.match(/UID:.*/g)).toEqual([`UID:evenement-${id}@guichet.malakoff.fr`])
  expect(ics).toContain(one.slice(one.indexOf('BEGIN:VEVENT'), one.indexOf('END:VCALENDAR')))
  await agent.ok(ModifierEvenement, { id, annule: true })
  const { '@context': context, '@graph': graph } = await anonyme.ok(DecrireEvenements, {})
  expect(context).toBe('https://schema.org')
  expect(graph.find((event) => event['@id'] === `${hubUrl}/v1/agenda/evenements/${id}`)).toMatchObject({
    '@type': 'Event',
    eventStatus: 'https://schema.org/EventCancelled',
    location: { '@type': 'Place', name: 'Parc Salagnac', address: '1 rue Béranger, Malakoff' },
  })
})

test('events are not asked for from a later day to an earlier', async () => {
  const reply = await anonyme.send('GET', '/v1/agenda/evenements?du=2031-06-22&au=2031-06-21')
  expect(refusal(reply, 'donnees-invalides').erreurs![0]).toMatchObject({ pointeur: '/au' })
})

test('an event does not end before it begins', async () => {
  const agent = stranger(['usager', 'agent:etat-civil'])
  const body = { ...evenement, fin: '2031-06-21T13:59:59+02:00' }
  expect(
    refusal(await agent.send('POST', '/v1/agenda/evenements', { body }), 'donnees-invalides').erreurs,
  ).toEqual([{ pointeur: '/fin', message: 'La fin vient avant le début.' }])
})

test('minutes and resolutions appear with their session once the documents service has made them public, and not before', async () => {
  const content = pdf('Le conseil adopte le budget.')
  const { seance: id, point, papier, documentId } = await publishedSitting(clerk, content)
  const [deliberation] = (await anonyme.ok(LireConseil, { id })).papiers
  expect(deliberation).toMatchObject({ id: papier, point, type: 'deliberation', format: 'application/pdf' })
  const file = await fetch(`${hubUrl}/v1/documents/${documentId}/public`)
  expect(Buffer.from(await file.arrayBuffer())).toEqual(Buffer.from(content))
  // Not as the agent named it: `deliberation.pdf`.
  expect(file.headers.get('content-disposition')).toBe(
    `attachment; filename="document.pdf"; filename*=UTF-8''document.pdf`,
  )
  expect((await eventsOf(`seance/${id}`)).map(({ type }) => type.split('.')[2])).toEqual([
    'annoncee',
    'papier-depose',
    'papier-publie',
  ])
  expect((await eventsOf(`document/${documentId}`)).map(({ type }) => type.split('.')[2])).toEqual([
    'televerse',
    'paru',
  ])
  refusal(await clerk.send('DELETE', `/v1/documents/${documentId}`), 'document-verrouille')
  const again = { documentId, type: 'autre', titre: 'Encore' }
  refusal(await clerk.send('POST', `/v1/agenda/conseils/${id}/papiers`, { body: again }), 'piece-inconnue')
  refusal(await clerk.send('DELETE', `/v1/agenda/conseils/${id}`), 'transition-impossible')
  refusal(
    await clerk.send('PATCH', `/v1/agenda/conseils/${id}`, { body: { points: [] } }),
    'donnees-invalides',
  )
  const renamed = { id: point, numero: '1bis', titre: 'Budget primitif 2031', resultat: 'Adopté' }
  const { points } = await clerk.ok(ModifierConseil, { id, points: [renamed] })
  expect(points).toEqual([renamed])
})

test('a paper published by mistake is taken back: nobody reads it any more, and its document may be deleted', async () => {
  const { seance: id, papier, point, documentId } = await publishedSitting(clerk)
  const address = `/v1/documents/${documentId}/public`
  expect((await fetch(`${hubUrl}${address}`)).status).toBe(200)
  await clerk.ok(RetirerPapier, { id: papier })
  expect((await anonyme.ok(LireConseil, { id })).papiers).toEqual([])
  await eventually(async () => refusal(await anonyme.send('GET', address), 'introuvable'))
  refusal(await clerk.send('GET', address), 'introuvable')
  expect(await clerk.ok(LireDocument, { id: documentId })).toMatchObject({ statut: 'libre' })
  expect((await eventsOf(`seance/${id}`)).at(-1)).toMatchObject({
    type: 'guichet.seance.papier-retire.v1',
    data: { papierId: papier, documentId, type: 'deliberation' },
  })
  expect((await eventsOf(`document/${documentId}`)).at(-1)).toMatchObject({
    type: 'guichet.document.depublie.v1',
    data: { secteur: 'vie-municipale', seanceId: id, papierId: papier },
  })
  refusal(await clerk.send('DELETE', `/v1/agenda/papiers/${papier}`), 'introuvable')
  const again = { documentId, type: 'deliberation', titre: 'Délibération', point }
  refusal(await clerk.send('POST', `/v1/agenda/conseils/${id}/papiers`, { body: again }), 'piece-inconnue')
  await clerk.ok(SupprimerDocument, { id: documentId })
  await clerk.ok(RetirerConseil, { id })
})

test('a paper that is taken back at once, whether it has appeared yet or not, ends as if it had never been there', async () => {
  const { id } = await clerk.ok(AnnoncerConseil, seance)
  const { id: documentId } = await clerk.uploaded('vie-municipale', pdf(), 'projet.pdf', 'agent')
  await clerk.ok(PublierPapier, { id, documentId, type: 'rapport', titre: 'Projet' })
  const deposed = (await eventsOf(`seance/${id}`)).find(({ type }) => type.includes('papier-depose'))
  await clerk.ok(RetirerPapier, { id: String(deposed!.data.papierId) })
  const withdrawn = (await eventsOf(`seance/${id}`)).at(-1)!
  await done('documents.on-papier-depose', `seance/${id}`, withdrawn.sequence)
  const appeared = (await eventsOf(`document/${documentId}`)).find(({ type }) => type.includes('.paru.'))
  if (appeared) await done('agenda.on-document-paru', `document/${documentId}`, appeared.sequence)
  expect((await eventsOf(`seance/${id}`)).at(-1)).toEqual(withdrawn)
  expect((await anonyme.ok(LireConseil, { id })).papiers).toEqual([])
  refusal(await anonyme.send('GET', `/v1/documents/${documentId}/public`), 'introuvable')
})

/** Waits until that reaction has done this event. */
async function done(consumer: string, subject: string, sequence: number) {
  await eventually(async () => {
    const [lane] = await hubDatabase()<{ lastSequence: number }[]>`
      select last_sequence from hub.lane where consumer = ${consumer} and subject = ${subject}`
    expect(lane?.lastSequence).toBeGreaterThanOrEqual(sequence)
  })
}

test('only what that sector issued becomes public: not a citizen’s paper, nor another department’s', async () => {
  const { id } = await clerk.ok(AnnoncerConseil, seance)
  const other = stranger(['usager', 'agent:etat-civil'])
  for (const documentId of [
    (await clerk.uploaded('vie-municipale', pdf())).id,
    (await other.uploaded('etat-civil', pdf(), 'note.pdf', 'agent')).id,
  ])
    refusal(
      await clerk.send('POST', `/v1/agenda/conseils/${id}/papiers`, {
        body: { documentId, type: 'autre', titre: 'X' },
      }),
      'piece-inconnue',
    )
  const removed = await clerk.uploaded('vie-municipale', pdf(), 'x.pdf', 'agent')
  await clerk.ok(SupprimerDocument, { id: removed.id })
  refusal(
    await clerk.send('POST', `/v1/agenda/conseils/${id}/papiers`, {
      body: { documentId: removed.id, type: 'autre', titre: 'X' },
    }),
    'piece-inconnue',
  )
})

describe('OParl', () => {
  const get = async (url: string): Promise<ObjetOparl> =>
    (await anonyme.send<ObjetOparl>('GET', url.replace(hubUrl, ''))).body
  const list = async (url: string): Promise<ListeOparl> =>
    (await anonyme.send<ListeOparl>('GET', url.replace(hubUrl, ''))).body

  /** Every object of a list, by its links. */
  async function all(url: string): Promise<ObjetOparl[]> {
    const objects: ObjetOparl[] = []
    for (let next: string | undefined = url; next; ) {
      const { data, links }: ListeOparl = await list(next)
      objects.push(...data)
      next = links.next
    }
    return objects
  }

  test('a program that knows OParl finds everything from the system on, each object under its own address', async () => {
    const sitting = await publishedSitting(clerk)
    const minutes = await clerk.uploaded('vie-municipale', pdf('Compte rendu'), 'cr.pdf', 'agent')
    await clerk.ok(PublierPapier, {
      id: sitting.seance,
      documentId: minutes.id,
      type: 'compte_rendu',
      titre: 'Compte rendu',
    })
    await published(clerk, sitting.seance, 2)
    const system = await get('/oparl/v1')
    expect(system).toMatchObject({ id: `${hubUrl}/oparl/v1`, type: 'https://schema.oparl.org/1.1/System' })
    const { data: bodies } = await list(String(system.body))
    const body = await get(bodies[0]!.id)
    expect(body).toMatchObject({ type: 'https://schema.oparl.org/1.1/Body', system: system.id })
    const [organization] = await all(String(body.organization))
    expect(await get(organization!.id)).toEqual(organization)

    const meeting = (await all(String(body.meeting))).find(({ id }) => id.endsWith(sitting.seance))!
    expect(await get(meeting.id)).toEqual(meeting)
    expect(meeting).toMatchObject({
      type: 'https://schema.oparl.org/1.1/Meeting',
      start: '2031-03-26T18:00:00.000Z',
      cancelled: false,
      organization: [organization!.id],
      resultsProtocol: { name: 'Compte rendu', mimeType: 'application/pdf' },
    })
    const [item] = meeting.agendaItem as ObjetOparl[]
    expect(await get(item!.id)).toEqual(item)
    const file = item!.resolutionFile as ObjetOparl
    expect(await get(file.id)).toEqual(file)
    expect((await fetch(String(file.accessUrl))).status).toBe(200)
    const [paperAddress] = file.paper as string[]
    const paper = await get(paperAddress!)
    expect(paper).toMatchObject({ reference: '2031-12', paperType: 'Délibération', mainFile: file })
    for (const name of ['paper', 'file', 'agendaItem'] as const)
      expect((await all(String(body[name]))).map(({ id }) => id)).toEqual(
        expect.arrayContaining([{ paper: paper.id, file: file.id, agendaItem: item!.id }[name]]),
      )
    expect(await all(String(body.person))).toEqual([])
  })

  test('what has changed since is told, also that it was taken back', async () => {
    const before = new Date().toISOString()
    const { id } = await clerk.ok(AnnoncerConseil, {
      ...seance,
      points: [{ numero: '1', titre: 'Un point' }],
    })
    const since = async (instant: string) =>
      (await all(`/oparl/v1/body/malakoff/meeting?modified_since=${instant}`)).find((one) =>
        one.id.endsWith(id),
      )
    expect(await since(before)).toMatchObject({ name: seance.titre })
    await clerk.ok(RetirerConseil, { id })
    const gone = await since(before)
    expect(Object.keys(gone!).toSorted()).toEqual(['created', 'deleted', 'id', 'modified', 'type'])
    expect(gone!.deleted).toBe(true)
    expect(await since('2090-01-01T00:00:00Z')).toBeUndefined()
    expect((await all('/oparl/v1/body/malakoff/meeting')).some((one) => one.id.endsWith(id))).toBe(false)
    expect((await get(gone!.id)).deleted).toBe(true)
    refusal(await anonyme.send('GET', `/v1/agenda/conseils/${id}`), 'introuvable')
    const items = await all(`/oparl/v1/body/malakoff/agendaitem?modified_since=${before}`)
    expect(items.filter((one) => one.deleted)).not.toHaveLength(0)
  })

  test('of a paper that was taken back, a reader learns that it and its file are deleted, and nothing else', async () => {
    const { papier, point } = await publishedSitting(clerk)
    const before = new Date().toISOString()
    const item = await get(`/oparl/v1/agendaitem/${point}`)
    await clerk.ok(RetirerPapier, { id: papier })
    for (const type of ['Paper', 'File']) {
      const name = type.toLowerCase()
      const gone = await get(`/oparl/v1/${name}/${papier}`)
      expect(gone).toEqual({
        id: `${hubUrl}/oparl/v1/${name}/${papier}`,
        type: `https://schema.oparl.org/1.1/${type}`,
        created: expect.any(String),
        modified: expect.any(String),
        deleted: true,
      })
      expect(String(gone.modified) >= before).toBe(true)
      expect(await all(`/oparl/v1/body/malakoff/${name}?modified_since=${before}`)).toContainEqual(gone)
      expect((await all(`/oparl/v1/body/malakoff/${name}`)).some(({ id }) => id === gone.id)).toBe(false)
    }
    const changed = (await all(`/oparl/v1/body/malakoff/agendaitem?modified_since=${before}`)).find(
      ({ id }) => id === item.id,
    )
    expect(item).toHaveProperty('resolutionFile')
    expect(changed).toBeDefined()
    expect(changed).not.toHaveProperty('resolutionFile')
    expect(changed).not.toHaveProperty('consultation')
  })

  test('lists are read page by page, a hundred at a time, by their links', async () => {
    const points = Array.from({ length: 120 }, (_, n) => ({ numero: String(n + 1), titre: `Point ${n + 1}` }))
    const { id } = await clerk.ok(AnnoncerConseil, { ...seance, points })
    const first = await list('/oparl/v1/body/malakoff/agendaitem')
    expect(first.data).toHaveLength(100)
    expect(first.pagination.elementsPerPage).toBe(100)
    expect(first.pagination.totalElements).toBeGreaterThanOrEqual(120)
    expect(first.links.self).toBe(first.links.first)
    const every = await all('/oparl/v1/body/malakoff/agendaitem')
    expect(new Set(every.map((one) => one.id)).size).toBe(every.length)
    expect(every.filter(({ meeting }) => String(meeting).endsWith(id))).toHaveLength(120)
    refusal(await anonyme.send('GET', '/oparl/v1/body/malakoff/agendaitem?apres=x'), 'curseur-invalide')
  })
})

test('sessions are listed newest first, page by page', async () => {
  for (const debut of ['2033-01-01T18:00:00Z', '2033-02-01T18:00:00Z'])
    await clerk.ok(AnnoncerConseil, { ...seance, debut })
  const { elements, suivant } = await anonyme.ok(ListerConseils, { limite: 1 })
  const next = await anonyme.ok(ListerConseils, { limite: 1, apres: suivant! })
  expect([elements[0]!.debut, next.elements[0]!.debut]).toEqual([
    '2033-02-01T18:00:00.000Z',
    '2033-01-01T18:00:00.000Z',
  ])
})
