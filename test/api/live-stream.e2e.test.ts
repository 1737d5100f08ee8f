import { randomUUID } from 'node:crypto'
import { DeciderDossier, type Dossier, InstruireDossier } from '../../contracts/demarches.ts'
import { type ElementSuivi, LireSuivi } from '../../contracts/identity.ts'
import { type Api, refusal } from '../support/api.ts'
import { deposited, draft } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { anonyme, stranger, system } from '../support/people.ts'
import { openRequest } from '../support/raw-http.ts'
import { openStream, received, type Stream } from '../support/stream.ts'

const agent = stranger([
  'usager',
  'agent:etat-civil',
  'agent:education',
  'agent:espace-public',
  'agent:solidarites',
])
const flux = '/v1/moi/suivi/flux'

const about = (dossiers: readonly Dossier[]) => dossiers.map(({ id }) => `dossier/${id}`)
const objets = (elements: readonly ElementSuivi[]) => elements.map((element) => element.objet)

/** The timeline as it can be read, oldest first; null until it has that many elements. */
async function timeline(api: Api, count: number): Promise<ElementSuivi[]> {
  return await eventually(async () => {
    const { elements } = await api.ok(LireSuivi, { limite: 100 })
    expect(elements).toHaveLength(count)
    return elements.toReversed()
  })
}

test('a stream shows what happens from now on, as it happens, of all sectors', async () => {
  const amina = stranger()
  await draft(amina)
  await timeline(amina, 1)
  const stream = await openStream(amina)
  expect([stream.status, stream.headers['content-type'], stream.headers['cache-control']]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
    'no-store',
  ])
  const new1 = await draft(amina)
  const new2 = await draft(amina, { demarche: 'accompagnement-numerique' })
  expect(objets(await received(stream, 2))).toEqual(about([new1, new2]))
})

test('each sees their own events and nobody else’s, agents included', async () => {
  const [amina, bastien] = [stranger(), stranger()]
  const streams = await Promise.all([amina, bastien, agent].map((api) => openStream(api)))
  const [one, two] = [await deposited(amina), await deposited(bastien)]
  await agent.ok(InstruireDossier, { id: one.id })
  await agent.ok(DeciderDossier, { id: one.id, sens: 'accepte' })
  const last = await draft(agent)
  expect(objets(await received(streams[0]!, 4))).toEqual(about([one, one, one, one]))
  expect(objets(await received(streams[1]!, 2))).toEqual(about([two, two]))
  expect(objets(await received(streams[2]!, 1))).toEqual(about([last]))
})

test('a stream says the same as the timeline, in the same order', async () => {
  const amina = stranger()
  const stream = await openStream(amina, 0)
  const { id } = await deposited(amina)
  await agent.ok(InstruireDossier, { id })
  await agent.ok(DeciderDossier, { id, sens: 'refuse', motivation: 'Hors délai.' })
  expect(await received(stream, 4)).toEqual(await timeline(amina, 4))
})

describe('with Last-Event-ID', () => {
  test('a stream goes on after any event, without gap or repeat', async () => {
    const amina = stranger()
    for (let n = 0; n < 6; n++) await draft(amina)
    const all = await timeline(amina, 6)
    for (let n = 0; n < 6; n++) {
      const stream = await openStream(amina, all[n]!.rang)
      expect(await received(stream, 5 - n)).toEqual(all.slice(n + 1))
      stream.close()
    }
  })

  test('a reader who is cut again and again while much happens misses nothing and hears nothing twice', async () => {
    const amina = stranger()
    await draft(amina)
    const [first] = await timeline(amina, 1)
    const heard: number[] = []
    let writing = true
    const writer = (async () => {
      for (let n = 0; n < 60; n++) await draft(amina)
      writing = false
    })()
    let last = first!.rang
    while (writing || heard.length < 60) {
      const stream = await openStream(amina, last)
      // A few events, then the line breaks, wherever it stands.
      await eventually(() => expect(stream.events.length > 0 || heard.length === 60).toBe(true))
      stream.close()
      heard.push(...stream.events.map((event) => event.id))
      last = heard.at(-1) ?? last
    }
    await writer
    expect([first!.rang, ...heard]).toEqual((await timeline(amina, 61)).map((element) => element.rang))
  })

  test('of a future that has not come is refused: the hub was restored from a backup', async () => {
    refusal(await stranger().open(flux, { 'last-event-id': '999999999999999' }), 'curseur-invalide')
  })

  test('that is no rang is refused', async () => {
    const amina = stranger()
    for (const id of ['abc', '-1', '1.5', '1e3', ' 1 2', '9'.repeat(16), 'null', '0x10'])
      refusal(await amina.open(flux, { 'last-event-id': id }), 'curseur-invalide')
  })
})

test('six streams of one person are enough; when one is closed another may open', async () => {
  const amina = stranger()
  const streams: Stream[] = []
  for (let n = 0; n < 6; n++) streams.push(await openStream(amina))
  expect(streams.map((stream) => stream.status)).toEqual([200, 200, 200, 200, 200, 200])
  const seventh = await amina.open(flux)
  expect(refusal(seventh, 'trop-de-requetes').detail).toContain('fermez un autre onglet')
  expect(seventh.headers.get('retry-after')).toBe('60')
  expect(seventh.text).not.toContain('attendre')
  expect((await stranger().open(flux)).status).toBe(200)
  const one = await draft(amina)
  for (const stream of streams) expect(objets(await received(stream, 1))).toEqual(about([one]))
  streams[0]!.close()
  await eventually(async () => expect((await openStream(amina)).status).toBe(200))
  await eventually(async () => refusal(await amina.open(flux), 'trop-de-requetes'))
})

test('streams that their readers leave at once, before or after the answer, do not count for ever', async () => {
  const amina = stranger()
  const headers = await amina.headers('GET', {})
  for (let n = 0; n < 30; n++) {
    const outgoing = openRequest('GET', flux, headers)
    const gone = new Promise((resolve) => outgoing.on('error', () => {}).once('close', resolve))
    await new Promise<void>((sent) => outgoing.end(sent))
    outgoing.destroy()
    await gone
  }
  for (let n = 0; n < 30; n++) await eventually(async () => expect((await amina.open(flux)).status).toBe(200))
})

test('a stream ends with the token that opened it, and the next goes on where it stopped', async () => {
  const exp = Math.floor(Date.now() / 1000) + 3
  const sub = randomUUID()
  const [brief, later] = [stranger(['usager'], { sub, exp }), stranger(['usager'], { sub })]
  const stream = await openStream(brief)
  const before = await draft(later)
  await received(stream, 1)
  await stream.ended
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000 - 50)
  refusal(await brief.open(flux), 'jeton-invalide')
  const after = await draft(later)
  const next = await openStream(later, stream.events.at(-1)!.id)
  expect(objets(await received(next, 1))).toEqual(about([after]))
  expect(objets(stream.events.map((event) => event.data))).toEqual(about([before]))
})

test('nobody, and no system, has a timeline', async () => {
  refusal(await anonyme.open(flux), 'jeton-requis')
  refusal(await system().open(flux), 'acces-refuse')
})
