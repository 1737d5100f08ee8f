import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { events } from '../../contracts/catalog.ts'
import { DeciderDossier, EnvoyerMessage } from '../../contracts/demarches.ts'
import { Envelope } from '../../contracts/envelope.ts'
import { ListerEvenements } from '../../contracts/hub.ts'
import { pdf } from '../documents/fixtures.ts'
import { type Api, refusal } from '../support/api.ts'
import { correctionAsked, decided, deposited, draft } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { stranger, system } from '../support/people.ts'

const ged = system()
const amina = stranger()
const claire = stranger(['usager', 'agent:etat-civil'])
const systemWith = (...scopes: string[]) =>
  stranger(['systeme', 'evenements', ...scopes], { azp: 'systeme-essai' })
type Feed = z.output<typeof ListerEvenements.returns>

/** Where the log ends now, every event so far ranked. */
async function end(): Promise<number> {
  return await eventually(async () => {
    const [row] = await hubDatabase()<{ waiting: number; last: number }[]>`
      select (select count(*)::int from hub.event where rang is null) as waiting, (select last_rang from hub.relay) as last`
    expect(row!.waiting).toBe(0)
    return row!.last
  })
}

/** What this system reads after `apres`, page by page until a page brings nothing new. */
async function readAll(api: Api, apres: number, more: object = {}): Promise<Envelope[]> {
  const read: Envelope[] = []
  for (let at = apres; ; ) {
    const page: Feed = await api.ok(ListerEvenements, { apres: at, limite: 500, ...more })
    read.push(...page.elements)
    if (page.elements.length === 0) return read
    at = page.apres
  }
}

test('every event is a CloudEvent of the catalogue, its data as its contract says and nothing more', async () => {
  const before = await end()
  const { id, corrections } = await correctionAsked(amina, claire)
  await amina.ok(EnvoyerMessage, { id, texte: 'Voici.', correctionId: corrections[0]!.id })
  await claire.ok(EnvoyerMessage, { id, texte: 'Bien reçu.' })
  const { id: documentId } = await claire.uploaded('etat-civil', pdf(), 'acte.pdf', 'agent')
  await claire.ok(DeciderDossier, { id, sens: 'refuse', motivation: 'Hors délai.', documentId })
  await claire.send('POST', `/v1/dossiers/${id}/reouverture`, { body: { texte: 'Erreur.' } })
  await amina.send('PATCH', '/v1/moi', { body: { langue: 'en' } })
  await end()
  const read = await readAll(
    systemWith('evenements:dossier', 'evenements:document', 'evenements:compte'),
    before,
  )
  const mine = read.filter((event) => event.subject === `dossier/${id}`)
  expect(mine.map((event) => [event.sequence, event.type.split('.')[2]])).toEqual([
    [2, 'depose'],
    [3, 'pris-en-instruction'],
    [4, 'correction-demandee'],
    [5, 'correction-resolue'],
    [6, 'message-envoye'],
    [7, 'decide'],
    [8, 'rouvert'],
  ])
  for (const event of read) {
    expect(z.strictObject(Envelope.shape).safeParse(event).error).toBeUndefined()
    const contract = events.get(event.type)!
    expect(isDeepStrictEqual(contract.data.parse(event.data), event.data)).toBe(true)
    expect(event.subject).toMatch(new RegExp(`^${contract.aggregate}/[0-9a-f-]{36}$`))
    expect(event.source).toMatch(/^\/(identity|demarches|documents)$/)
    // CloudEvents 1.0, 3.1: names of attributes are lower case letters and digits.
    expect(Object.keys(event).every((name) => /^[a-z0-9]{1,20}$/.test(name))).toBe(true)
  }
  expect(new Set(read.map((event) => event.type.split('.')[1]))).toEqual(
    new Set(['dossier', 'document', 'compte']),
  )
  expect(new Set(read.map((event) => event.id)).size).toBe(read.length)
})

test('a draft is told to nobody, and a trace, which may join two sectors, is left out', async () => {
  const before = await end()
  const { id } = await draft(amina)
  const filed = await deposited(amina)
  await end()
  const read = await readAll(ged, before)
  expect(read.map((event) => event.subject)).not.toContain(`dossier/${id}`)
  const mine = read.filter((event) => event.subject === `dossier/${filed.id}`)
  expect(mine.map((event) => event.sequence)).toEqual([2])
  expect(mine[0]?.traceparent).toBeUndefined()
})

test('a caller’s own trace is continued, a malformed one is not', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const ask = async (traceparent: string) =>
    (await amina.send('GET', '/v1/moi', { headers: { traceparent } })).headers.get('x-trace-id')
  expect(await ask(`00-${trace}-b7ad6b7169203331-01`)).toBe(trace)
  for (const wrong of [
    `00-${trace}`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    'x',
    `ff-${trace}-b7ad6b7169203331-01`,
  ])
    expect(await ask(wrong)).not.toBe(trace)
})

describe('a system reads only what its scopes open:', () => {
  test('the one of the demonstration reads dossiers', async () => {
    const before = await end()
    await decided(amina, claire, { pieces: [] })
    await amina.uploaded('etat-civil', pdf())
    await stranger().send('GET', '/v1/moi')
    await end()
    const types = new Set((await readAll(ged, before)).map((event) => event.type.split('.')[1]))
    expect(types).toEqual(new Set(['dossier']))
  })

  test('another type is refused, alone or among others, and so is one that does not exist', async () => {
    for (const types of [
      'guichet.document.depose.v1',
      'guichet.compte.cree.v1',
      'guichet.dossier.depose.v1,guichet.document.depose.v1',
      'guichet.dossier.depose.v2',
      'guichet.dossier.*',
      '*',
      "'",
    ])
      refusal(await ged.send('GET', `/v1/evenements?types=${encodeURIComponent(types)}`), 'acces-refuse')
    refusal(
      await systemWith('evenements:document').send('GET', '/v1/evenements?types=guichet.dossier.depose.v1'),
      'acces-refuse',
    )
  })

  test('a scope without the door, or the door without a scope, gives nothing', async () => {
    refusal(await stranger(['systeme', 'evenements:dossier']).send('GET', '/v1/evenements'), 'acces-refuse')
    for (const scopes of [[], ['evenements:*', 'evenements']])
      refusal(await systemWith(...scopes).send('GET', '/v1/evenements'), 'acces-refuse')
  })

  test('a person is no system, whatever their roles', async () => {
    const someone = stranger(['usager', 'administrateur', 'evenements', 'evenements:dossier'])
    refusal(await someone.send('GET', '/v1/evenements'), 'acces-refuse')
  })
})

describe('the feed', () => {
  test('is read page by page, in order, each event once, while more happens', async () => {
    const before = await end()
    const known = await Promise.all(Array.from({ length: 12 }, () => deposited(amina)))
    await end()
    const read: Envelope[] = []
    for (let apres = before, page: Feed | undefined; page?.elements.length !== 0; apres = page.apres) {
      page = await ged.ok(ListerEvenements, { apres, limite: 5 })
      read.push(...page.elements)
      if (read.length < 20) await deposited(amina)
    }
    const rangs = read.map((event) => event.rang)
    expect(rangs).toEqual([...new Set(rangs)].toSorted((a, b) => a - b))
    for (const { id } of known)
      expect(
        read.filter((event) => event.subject === `dossier/${id}`).map((event) => event.sequence),
      ).toEqual([2])
  })

  test('says where it stopped, also when there was nothing for this reader', async () => {
    const before = await end()
    const first = await ged.ok(ListerEvenements, { apres: before })
    expect(first.apres).toBeGreaterThanOrEqual(before)
    const { id } = await deposited(amina)
    await end()
    const { elements } = await ged.ok(ListerEvenements, { apres: first.apres })
    expect(elements.map((event) => event.subject)).toContain(`dossier/${id}`)
  })

  test('narrowed to some types brings only these', async () => {
    const before = await end()
    const { id } = await deposited(amina)
    await end()
    const types = 'guichet.dossier.depose.v1, guichet.dossier.decide.v1'
    const read = await readAll(ged, before, { types })
    expect(read.filter((event) => event.subject === `dossier/${id}`).map((event) => event.sequence)).toEqual([
      2,
    ])
    expect(read.every((event) => types.includes(event.type))).toBe(true)
  })

  test('is asked in whole numbers, 1 to 500 events at once', async () => {
    for (const query of [
      'limite=0',
      'limite=501',
      'limite=x',
      'apres=-1',
      'apres=x',
      'apres=1.5',
      'apres=99999999999999999999',
      'apres=1&apres=2',
      'depuis=1',
      `types=${'a'.repeat(1001)}`,
    ])
      refusal(await ged.send('GET', `/v1/evenements?${query}`), 'donnees-invalides')
    refusal(await ged.send('GET', `/v1/evenements?apres=${Number.MAX_SAFE_INTEGER}`), 'curseur-invalide')
  })
})
