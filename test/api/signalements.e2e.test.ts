import { randomUUID } from 'node:crypto'
import sharp from 'sharp'
import { LireDocument, SupprimerDocument } from '../../contracts/documents.ts'
import { LireSuivi } from '../../contracts/identity.ts'
import type { Signalement } from '../../contracts/signalement.ts'
import {
  AjouterPhotos,
  AvancerSignalement,
  CartographierSignalements,
  CesserDeSuivre,
  ChercherDoublons,
  ConfirmerSignalement,
  CreerSignalement,
  LireSignalement,
  ListerMesSignalements,
  ListerSignalements,
  ListerSignalementsAgent,
  PoserQuestion,
  PublierSignalement,
  RepondreQuestion,
  RouvrirSignalement,
  SuivreSignalement,
} from '../../contracts/signalements.ts'
import { typeset } from '../../infra/typography.ts'
import { jetonDe } from '../../services/signalements/jeton.ts'
import { jpeg, pdf } from '../documents/fixtures.ts'
import { type Api, hubUrl, refusal } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { eventsOf, hubDatabase } from '../support/hub-database.ts'
import { anonyme, stranger } from '../support/people.ts'
import { report, reported, somewhere, unconfirmed } from '../support/signalements.ts'

const usager = stranger()
const voisine = stranger()
const agent = stranger(['usager', 'agent:espace-public'])

const metre = 1 / 111_195
const send = (api: Api, body: object, key?: string) =>
  api.send<Signalement>('POST', '/v1/signalements', { body, ...(key && { key }) })
const timeline = async (api: Api) =>
  (await api.ok(LireSuivi, { limite: 100 })).elements.map(({ texte }) => texte).toReversed()

describe('a report', () => {
  test('is routed by category and place, and has a deadline of working days', async () => {
    const nord = await reported(usager, {
      categorie: 'encombrants',
      latitude: 48.8215,
      longitude: 2.3005,
      reponses: { nature: 'Un matelas.' },
    })
    const sud = await reported(usager, {
      categorie: 'encombrants',
      latitude: 48.8131,
      longitude: 2.2951,
      reponses: { nature: 'Un matelas.' },
    })
    expect([nord.service, sud.service]).toEqual([
      'Service de la propreté, équipe nord',
      'Service de la propreté, équipe sud',
    ])
    expect(nord).toMatchObject({ etat: 'nouveau', raison: null, suiveurs: 0, version: 1 })
    expect(nord.echeanceLe! > nord.creeLe.slice(0, 10)).toBe(true)
  })

  test('outside the city is refused, with the town where it is known', async () => {
    for (const [latitude, longitude, town] of [
      [48.8155, 2.3155, 'Montrouge'],
      [48.8215, 2.288, 'Vanves'],
      [48.8566, 2.3522, 'hors de la commune'],
    ] as const) {
      const reply = await send(usager, { categorie: 'trottoir-abime', latitude, longitude })
      expect(refusal(reply, 'hors-commune').detail).toContain(town)
    }
  })

  test('by its address alone is taken, and stands on no map', async () => {
    const { id, latitude } = await usager.ok(CreerSignalement, {
      categorie: 'trottoir-abime',
      adresse: '12 rue Béranger, 92240 Malakoff',
    })
    expect(latitude).toBeNull()
    const { features } = await anonyme.ok(CartographierSignalements, { limite: 100 })
    expect(features.find((one) => one.id === id)).toMatchObject({ geometry: null })
    const elsewhere = await send(usager, { categorie: 'trottoir-abime', adresse: '1 rue X, 92120 Montrouge' })
    refusal(elsewhere, 'hors-commune')
  })

  test('is read by reference, however it is typed, and by id', async () => {
    const { id, reference } = await reported(usager)
    for (const address of [id, reference, reference.toLowerCase().replaceAll('-', ' ')])
      expect((await anonyme.ok(LireSignalement, { id: address })).id).toBe(id)
  })
})

describe('what everybody reads', () => {
  test('holds no word of its reporter, nor who they are, until an agent releases a text', async () => {
    const word = `secret${randomUUID().replaceAll('-', '')}`
    const { id, reference } = await usager.ok(CreerSignalement, {
      ...report({ categorie: 'vehicule-epave', adresse: `chez ${word}`, reponses: { depuis: '2026-01-01' } }),
      description: `Appelez-moi: ${word}`,
      contact: { nom: word, courriel: `${word}@example.org` },
    })
    await agent.ok(AvancerSignalement, { id, etape: 'pris_en_charge', note: word })
    await agent.ok(PoserQuestion, { id, texte: word })
    await usager.ok(RepondreQuestion, { id, texte: word })
    const everywhere = async (reader: Api) => {
      const { features } = await reader.ok(CartographierSignalements, { limite: 100 })
      const list = await reader.ok(ListerSignalements, { limite: 100 })
      expect(list.elements.some((one) => one.id === id)).toBe(true)
      const xml = await reader.send('GET', `/open311/v2/requests/${reference}.xml`)
      return JSON.stringify([await reader.ok(LireSignalement, { id }), list, features]) + xml.text
    }
    for (const reader of [anonyme, voisine, stranger(['usager', 'agent:education'])])
      expect(await everywhere(reader)).not.toContain(word)
    const prive = (await agent.ok(LireSignalement, { id })).prive!
    expect(prive).toMatchObject({ description: `Appelez-moi: ${word}`, contact: { nom: word } })
    expect((await usager.ok(LireSignalement, { id })).prive).toMatchObject({ notes: [], contact: null })

    await agent.ok(PublierSignalement, { id, description: 'Une épave bleue.', photos: [] })
    expect((await anonyme.ok(LireSignalement, { id })).description).toBe('Une épave bleue.')
    expect(await everywhere(anonyme)).not.toContain(word)
    await agent.ok(PublierSignalement, { id, description: null, photos: [] })
    expect((await anonyme.ok(LireSignalement, { id })).description).toBeNull()
    const events = JSON.stringify(await eventsOf(`signalement/${id}`))
    expect(events).not.toContain(word)
    expect(events).not.toContain('épave')
  })

  test('is found by frame, category, state and dates, page by page', async () => {
    const lat = 48.8145 + Math.random() * 0.0005
    const reports: Signalement[] = []
    for (let n = 0; n < 5; n++)
      reports.push(
        await reported(usager, {
          categorie: 'marquage-au-sol',
          latitude: lat,
          longitude: 2.2961 + n * 1e-7,
        }),
      )
    const made = reports.map(({ id }) => id)
    // By the hub's clock, not this machine's.
    const before = reports[0]!.creeLe
    await agent.ok(AvancerSignalement, { id: made[0]!, etape: 'resolu' })
    const bbox = `2.29609,${lat - 1e-7},2.29611,${lat + 1e-7}`
    const filter = { bbox, categorie: 'marquage-au-sol', du: before }
    const found: string[] = []
    let apres: string | undefined
    do {
      const page = await anonyme.ok(ListerSignalements, { ...filter, limite: 2, apres })
      found.push(...page.elements.map(({ id }) => id))
      apres = page.suivant ?? undefined
    } while (apres)
    expect(found).toEqual(made.toReversed())
    const ids = async (more: object) =>
      (await anonyme.ok(ListerSignalements, { ...filter, ...more })).elements.map(({ id }) => id)
    expect(await ids({ etat: 'resolu' })).toEqual([made[0]])
    const both = new URLSearchParams([
      ['bbox', bbox],
      ['etat', 'resolu'],
      ['etat', 'nouveau'],
    ])
    const several = await anonyme.send<{ elements: { id: string }[] }>(
      'GET',
      `/v1/signalements?${both.toString()}`,
    )
    expect(several.body.elements.map(({ id }) => id)).toEqual(made.toReversed())
    refusal(await anonyme.send('GET', '/v1/signalements?categorie=licorne'), 'donnees-invalides')
    expect(await ids({ categorie: 'tags' })).toEqual([])
    expect(await ids({ au: before })).toEqual([])
    expect(await ids({ bbox: '2.2,48.7,2.21,48.71' })).toEqual([])
    const map = await anonyme.ok(CartographierSignalements, filter)
    expect(map.features.map(({ geometry }) => geometry?.coordinates[1])).toEqual(made.map(() => lat))
    refusal(await anonyme.send('GET', '/v1/signalements?bbox=1,2,3'), 'donnees-invalides')
  })
})

describe('the same problem reported again', () => {
  test('is found before, and its second reporter joins the first report with what they saw', async () => {
    const place = somewhere()
    const first = await reported(usager, { ...place, categorie: 'plaque-d-egout' })
    const near = { ...place, latitude: place.latitude + 6 * metre }
    const { elements } = await anonyme.ok(ChercherDoublons, { categorie: 'plaque-d-egout', ...near })
    expect(elements.map(({ id, distanceMetres }) => [id, distanceMetres])).toEqual([[first.id, 6]])
    const refused = await send(voisine, { categorie: 'plaque-d-egout', ...near, siDoublon: 'refuser' })
    expect(refusal(refused, 'doublon-probable')).toMatchObject({
      detail: expect.stringContaining(first.reference) as string,
      signalement: { id: first.id, reference: first.reference, distanceMetres: 6 },
    })

    const joined = await voisine.ok(CreerSignalement, {
      categorie: 'plaque-d-egout',
      ...near,
      description: 'Il est profond.',
    })
    expect([joined.id, joined.role, joined.suiveurs]).toEqual([first.id, 'suiveur', 1])
    // Their own words, and none of the reporter's.
    expect(joined.prive).toMatchObject({
      description: null,
      temoignages: [{ description: 'Il est profond.' }],
    })
    expect((await agent.ok(LireSignalement, { id: first.id })).prive!.temoignages).toMatchObject([
      { description: 'Il est profond.', photos: [] },
    ])
    await eventually(async () =>
      expect(await timeline(voisine)).toContain(
        typeset(`Vous avez signalé un problème déjà connu: vous suivez le signalement ${first.reference}.`),
      ),
    )
  })

  test('by the same person adds to their report, and makes them no follower of it', async () => {
    const author = stranger()
    const place = somewhere()
    const first = await reported(author, { ...place, categorie: 'conteneur' })
    const photo = await author.uploaded('espace-public', jpeg(), 'a.jpg')
    const body = {
      id: randomUUID(),
      categorie: 'conteneur',
      ...place,
      description: 'Pire.',
      photos: [photo.id],
    }
    for (let n = 0; n < 2; n++)
      expect((await send(author, body)).body).toMatchObject({
        id: first.id,
        role: 'auteur',
        suiveurs: 0,
        prive: { photos: [photo.id], temoignages: [{ description: 'Pire.' }] },
      })
    await eventually(async () =>
      expect((await author.ok(LireDocument, { id: photo.id })).signalementId).toBe(first.id),
    )
    expect(await timeline(author)).toEqual([`Votre signalement ${first.reference} est enregistré.`])
  })

  test('is another one beyond the radius, of another category, once the first is closed, or by choice', async () => {
    const place = somewhere()
    const { id } = await reported(usager, { ...place, categorie: 'nid-de-poule' })
    const others = [
      { categorie: 'nid-de-poule', ...place, latitude: place.latitude + 17 * metre },
      { categorie: 'accessibilite', ...place },
      { categorie: 'nid-de-poule', ...place, siDoublon: 'creer' },
    ]
    for (const body of others) expect((await send(voisine, body)).body.id).not.toBe(id)
    const alone = await reported(usager, { categorie: 'espace-vert-entretien' })
    await agent.ok(AvancerSignalement, { id: alone.id, etape: 'resolu' })
    const { latitude, longitude } = alone
    const again = await send(voisine, { categorie: 'espace-vert-entretien', latitude, longitude })
    expect(again.body.id).not.toBe(alone.id)
  })

  test('of one closed as a duplicate, reporter and followers follow the one that remains', async () => {
    const first = await reported(usager)
    const second = await reported(voisine)
    const third = stranger()
    await third.ok(SuivreSignalement, { id: second.id })
    const close = { id: second.id, etape: 'clos_sans_suite', raison: 'doublon' } as const
    const wrong = await agent.send('POST', `/v1/signalements/${second.id}/etapes`, {
      body: { ...close, id: undefined, doublonDe: 'AAA-AAA-AAA' },
    })
    refusal(wrong, 'donnees-invalides')
    const closed = await agent.ok(AvancerSignalement, { ...close, doublonDe: first.id })
    expect([closed.raison, closed.doublonDe]).toEqual(['doublon', first.reference])
    await eventually(async () =>
      expect((await anonyme.ok(LireSignalement, { id: first.id })).suiveurs).toBe(2),
    )
    await agent.ok(AvancerSignalement, { id: first.id, etape: 'resolu' })
    const told = typeset(`Vous suivez le signalement ${first.reference}: il est résolu.`)
    await eventually(async () => {
      expect(await timeline(voisine)).toContain(told)
      expect(await timeline(third)).toContain(told)
    })
    expect(await timeline(usager)).not.toContain(told)
  })
})

test('two reports are never closed as duplicates of each other', async () => {
  for (let n = 0; n < 10; n++) {
    const [a, b] = [await reported(stranger()), await reported(stranger())]
    const close = (id: string, doublonDe: string) =>
      agent.send('POST', `/v1/signalements/${id}/etapes`, {
        body: { etape: 'clos_sans_suite', raison: 'doublon', doublonDe },
      })
    await Promise.all([close(a.id, b.id), close(b.id, a.id)])
    const states = [
      (await anonyme.ok(LireSignalement, { id: a.id })).etat,
      (await anonyme.ok(LireSignalement, { id: b.id })).etat,
    ]
    expect(states.toSorted()).toEqual(['clos_sans_suite', 'nouveau'])
  }
})

test('however often somebody reports the same thing, what others say of it is seen, and their photos released', async () => {
  const first = await reported(stranger(), { categorie: 'nid-de-poule' })
  const { latitude, longitude } = first
  const again = (who: Api, description: string) =>
    who.send('POST', '/v1/signalements', {
      body: { categorie: 'nid-de-poule', latitude, longitude, description },
    })
  const loud = stranger()
  for (let n = 0; n < 10; n++) expect((await again(loud, `Encore ${n}.`)).status).toBe(201)
  refusal(await again(loud, 'Encore.'), 'trop-de-requetes')
  await again(stranger(), 'Il y a eu un accident.')
  const { prive } = await agent.ok(LireSignalement, { id: first.id })
  expect(prive!.temoignages).toHaveLength(11)
  expect(prive!.temoignages.at(-1)).toMatchObject({ description: 'Il y a eu un accident.' })
})

test('of one address, whatever its tag and however many come at once, five reports wait to be confirmed', async () => {
  const name = `rafale-${randomUUID()}`
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const contact = { courriel: n % 2 ? `${name}@example.org` : `${name}+${n}@Example.org` }
      const body = { categorie: 'panneau', ...somewhere(), contact, siDoublon: 'creer' }
      return (await anonyme.send('POST', '/v1/signalements', { body })).status
    }),
  )
  expect(statuses.filter((status) => status === 201)).toHaveLength(5)
  expect(statuses.filter((status) => status === 429)).toHaveLength(15)
})

test('reporter and followers see each step once, in order; who stops following sees no more', async () => {
  const reporter = stranger()
  const follower = stranger()
  const { id, reference } = await reported(reporter)
  await follower.ok(SuivreSignalement, { id })
  expect((await follower.ok(SuivreSignalement, { id: reference })).suiveurs).toBe(1)
  await agent.ok(AvancerSignalement, { id, etape: 'pris_en_charge' })
  await agent.ok(PoserQuestion, { id, texte: 'De quel côté?' })
  await reporter.ok(RepondreQuestion, { id, texte: 'À gauche.' })
  await agent.ok(AvancerSignalement, {
    id,
    etape: 'planifie',
    prevuLe: new Date(Date.now() + 7 * 24 * 3_600_000).toISOString().slice(0, 10),
  })
  await agent.ok(AvancerSignalement, { id, etape: 'en_cours' })
  await agent.ok(AvancerSignalement, { id, etape: 'resolu', message: 'Dalle remplacée.' })
  await reporter.ok(RouvrirSignalement, { id, texte: 'Elle bouge encore.' })
  await eventually(async () =>
    expect(await timeline(follower)).toEqual([
      `Vous suivez le signalement ${reference}.`,
      ...[
        'est pris en charge',
        'est planifié',
        'est en cours de traitement',
        'est résolu',
        'est rouvert',
      ].map((step) => typeset(`Vous suivez le signalement ${reference}: il ${step}.`)),
    ]),
  )
  await eventually(async () =>
    expect(await timeline(reporter)).toEqual([
      `Votre signalement ${reference} est enregistré.`,
      `Votre signalement ${reference} est pris en charge.`,
      `Un agent vous pose une question au sujet du signalement ${reference}.`,
      `Vous avez répondu au sujet du signalement ${reference}.`,
      `Votre signalement ${reference} est planifié.`,
      `Votre signalement ${reference} est en cours de traitement.`,
      `Votre signalement ${reference} est résolu.`,
      `Votre signalement ${reference} est rouvert.`,
    ]),
  )
  await follower.ok(CesserDeSuivre, { id })
  await agent.ok(AvancerSignalement, { id, etape: 'clos_sans_suite', raison: 'introuvable' })
  await eventually(async () =>
    expect(await timeline(reporter)).toContain(`Votre signalement ${reference} est clos sans suite.`),
  )
  await eventually(async () => {
    const [lane] = await hubDatabase()`select last_sequence from hub.lane
      where consumer = 'signalements.on-signalement-avance' and subject = ${`signalement/${id}`}`
    expect(lane!.lastSequence).toBe(9)
  })
  expect((await timeline(follower)).at(-1)).toBe(`Vous ne suivez plus le signalement ${reference}.`)
})

test('everybody finds what they reported and what they follow, page by page', async () => {
  const person = stranger()
  const [own, followed, left] = [await reported(person), await reported(usager), await reported(usager)]
  await person.ok(SuivreSignalement, { id: followed.id })
  await person.ok(SuivreSignalement, { id: left.id })
  await person.ok(CesserDeSuivre, { id: left.id })
  const first = await person.ok(ListerMesSignalements, { limite: 1 })
  const second = await person.ok(ListerMesSignalements, { limite: 1, apres: first.suivant! })
  expect([...first.elements, ...second.elements].map(({ id, role }) => [id, role])).toEqual([
    [followed.id, 'suiveur'],
    [own.id, 'auteur'],
  ])
  expect(second.suivant).toBeNull()
  expect((await person.ok(ListerMesSignalements, { etat: 'resolu' })).elements).toEqual([])
  refusal(await anonyme.send('GET', '/v1/signalements/miens'), 'jeton-requis')
})

test('an order that is not possible is refused with a sentence, and with what is', async () => {
  const { id } = await reported(usager)
  expect((await anonyme.ok(LireSignalement, { id })).actionsPermises).toEqual([])
  await agent.ok(AvancerSignalement, { id, etape: 'en_cours' })
  const again = await agent.send('POST', `/v1/signalements/${id}/etapes`, { body: { etape: 'en_cours' } })
  expect(refusal(again, 'transition-impossible')).toMatchObject({
    detail: 'Ce signalement est déjà à cette étape.',
    transitionsPermises: ['avancer', 'questionner', 'publier'],
    etapesPermises: ['planifie', 'resolu', 'clos_sans_suite'],
  })
  await agent.ok(AvancerSignalement, { id, etape: 'resolu', note: 'Entre nous.' })
  const text = 'Il y est encore.'
  await usager.ok(RouvrirSignalement, { id, texte: text })
  const notes = async (api: Api) =>
    (await api.ok(LireSignalement, { id })).prive!.notes.map(({ de, texte }) => [de, texte])
  expect(await notes(usager)).toEqual([['auteur', text]])
  expect(await notes(agent)).toEqual([
    ['agent', 'Entre nous.'],
    ['auteur', text],
  ])
})

test('agents find their work, what is due first, first', async () => {
  const late = await reported(usager, { categorie: 'marquage-au-sol' })
  const soon = await reported(usager, { categorie: 'feu-tricolore' })
  const ids: string[] = []
  let apres: string | undefined
  do {
    const page = await agent.ok(ListerSignalementsAgent, {
      etat: 'nouveau',
      service: 'voirie',
      limite: 100,
      apres,
    })
    ids.push(...page.elements.map(({ id }) => id))
    apres = page.suivant ?? undefined
  } while (apres)
  expect(ids.indexOf(soon.id)).toBeGreaterThanOrEqual(0)
  expect(ids.indexOf(soon.id)).toBeLessThan(ids.indexOf(late.id))
  expect((await stranger(['usager', 'agent:education']).ok(ListerSignalementsAgent, {})).elements).toEqual([])
})

describe('photos', () => {
  /** A picture that says where it was taken. */
  const located = async () =>
    new Uint8Array(
      await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
        .withExif({ IFD3: { GPSLatitude: '48/1 49/1 3/1', GPSLatitudeRef: 'N' } })
        .jpeg()
        .toBuffer(),
    )

  test('are kept with the report, without their place, and public once an agent released them', async () => {
    const bytes = await located()
    expect((await sharp(bytes).metadata()).exif).toBeDefined()
    const photo = await usager.uploaded('espace-public', bytes, 'chez-moi.jpg')
    const other = await usager.uploaded('espace-public', jpeg(), 'autre.jpg')
    const { id } = await reported(usager, { photos: [photo.id, other.id] })
    await eventually(async () =>
      expect(await agent.ok(LireDocument, { id: photo.id })).toMatchObject({
        signalementId: id,
        statut: 'depose',
        public: false,
      }),
    )
    refusal(await anonyme.send('GET', `/v1/photos/${photo.id}`), 'introuvable')
    const kept = await usager.send('DELETE', `/v1/documents/${photo.id}`)
    expect(refusal(kept, 'document-verrouille').title).toContain('d’un signalement')

    await agent.ok(PublierSignalement, { id, description: null, photos: [photo.id] })
    await eventually(async () => {
      const response = await fetch(`${hubUrl}/v1/photos/${photo.id}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(response.headers.get('content-disposition')).not.toContain('chez-moi')
      expect((await sharp(Buffer.from(await response.arrayBuffer())).metadata()).exif).toBeUndefined()
    })
    expect((await anonyme.ok(LireSignalement, { id })).photos).toEqual([photo.id])
    refusal(await anonyme.send('GET', `/v1/photos/${other.id}`), 'introuvable')

    await agent.ok(PublierSignalement, { id, description: null, photos: [] })
    await eventually(async () => refusal(await anonyme.send('GET', `/v1/photos/${photo.id}`), 'introuvable'))
  })

  test('must be one’s own, and pictures', async () => {
    const theirs = await voisine.uploaded('espace-public', jpeg(), 'a.jpg')
    const paper = await usager.uploaded('espace-public', pdf(), 'a.pdf')
    const elsewhere = await usager.uploaded('etat-civil', jpeg(), 'a.jpg')
    for (const [{ id }, message] of [
      [theirs, 'Cette image n’existe pas ou ne vous appartient pas.'],
      [paper, 'n’est pas une image'],
      [elsewhere, 'pour un autre secteur'],
    ] as const) {
      const { erreurs } = refusal(await send(usager, report({ photos: [id] })), 'piece-inconnue')
      expect(erreurs).toMatchObject([
        { pointeur: '/photos/0', message: expect.stringContaining(message) as string },
      ])
    }
    // What is somebody else's is told apart by nothing.
    const theirPaper = await voisine.uploaded('etat-civil', pdf(), 'a.pdf')
    const { erreurs } = refusal(await send(usager, report({ photos: [theirPaper.id] })), 'piece-inconnue')
    expect(erreurs![0]!.message).toBe('Cette image n’existe pas ou ne vous appartient pas.')
    const { id } = await reported(usager)
    const reply = await agent.send('POST', `/v1/signalements/${id}/publication`, {
      body: { description: null, photos: [theirs.id] },
    })
    refusal(reply, 'donnees-invalides')
  })

  test('of a second reporter are kept with the report they joined', async () => {
    const place = somewhere()
    const first = await reported(usager, { ...place, categorie: 'mobilier-urbain' })
    const photo = await voisine.uploaded('espace-public', jpeg(), 'a.jpg')
    await voisine.ok(CreerSignalement, { categorie: 'mobilier-urbain', ...place, photos: [photo.id] })
    await eventually(async () =>
      expect((await voisine.ok(LireDocument, { id: photo.id })).signalementId).toBe(first.id),
    )
    await agent.ok(PublierSignalement, { id: first.id, description: null, photos: [photo.id] })
    await eventually(async () => expect((await fetch(`${hubUrl}/v1/photos/${photo.id}`)).status).toBe(200))
    const later = await voisine.uploaded('espace-public', jpeg(), 'b.jpg')
    for (let n = 0; n < 2; n++)
      expect(await voisine.ok(AjouterPhotos, { id: first.id, photos: [later.id] })).toMatchObject({
        id: first.id,
        actionsPermises: ['ajouter_photos', 'ne_plus_suivre'],
        prive: { photos: [], temoignages: [{ photos: [photo.id, later.id] }] },
      })
    await eventually(async () =>
      expect((await agent.ok(LireDocument, { id: later.id })).signalementId).toBe(first.id),
    )
    const stray = await stranger().send('POST', `/v1/signalements/${first.id}/photos`, {
      body: { photos: [later.id] },
    })
    expect(refusal(stray, 'acces-refuse').detail).toContain('Seul qui a signalé')
  })

  test('one that was deleted cannot be joined', async () => {
    const photo = await usager.uploaded('espace-public', jpeg(), 'a.jpg')
    await usager.ok(SupprimerDocument, { id: photo.id })
    refusal(await send(usager, report({ photos: [photo.id] })), 'piece-inconnue')
  })
})

describe('a telephone without network', () => {
  test('sends one report many times, each under another key, late: it is stored once, with its own date', async () => {
    const id = randomUUID()
    const seen = new Date(Date.now() - 9 * 24 * 3_600_000).toISOString()
    const body = {
      ...report({ id, categorie: 'arbre-a-tailler' }),
      siDoublon: 'rejoindre',
      constateLe: seen,
      description: 'Vu hier.',
    }
    const replies = await Promise.all(Array.from({ length: 8 }, () => send(usager, body)))
    for (const { status, body } of replies)
      expect([status, body.id, body.constateLe]).toEqual([201, id, seen])
    expect((await eventsOf(`signalement/${id}`)).map(({ type }) => type)).toEqual([
      'guichet.signalement.cree.v1',
    ])
    expect((await anonyme.ok(LireSignalement, { id })).suiveurs).toBe(0)
    for (const other of [
      { description: 'Autre chose.' },
      { categorie: 'espace-vert-entretien' },
      { adresse: '12 rue Béranger' },
      { reponses: { danger: 'oui' } },
      { contact: { nom: 'Autre' } },
    ])
      expect(refusal(await send(usager, { ...body, ...other }), 'identifiant-reutilise').detail).toContain(
        'comme un nouveau signalement',
      )
    refusal(await send(voisine, body), 'identifiant-reutilise')
  })

  test('is answered with what is stored, also once that has become too old to be reported', async () => {
    const body = { ...report({ id: randomUUID() }), constateLe: new Date(Date.now() - 60_000).toISOString() }
    const { id } = (await send(usager, body)).body
    const reply = await send(usager, { ...body, constateLe: '2026-01-01T00:00:00Z' })
    expect([reply.status, reply.body.id, reply.body.constateLe]).toEqual([201, id, body.constateLe])
  })

  test('sends it again with the photos that it lacked: they are kept with it', async () => {
    const place = somewhere()
    const body = { ...report({ id: randomUUID(), categorie: 'corbeille', ...place }) }
    const photos = [(await usager.uploaded('espace-public', jpeg(), 'a.jpg')).id]
    await send(usager, body)
    for (let n = 0; n < 2; n++) {
      const reply = await send(usager, { ...body, photos })
      expect([reply.status, reply.body.prive!.photos]).toEqual([201, photos])
    }
    const also = { ...body, id: randomUUID(), siDoublon: 'rejoindre' }
    const theirs = [(await voisine.uploaded('espace-public', jpeg(), 'b.jpg')).id]
    await send(voisine, also)
    for (let n = 0; n < 2; n++)
      expect((await send(voisine, { ...also, photos: theirs })).body).toMatchObject({
        id: body.id,
        prive: { temoignages: [{ photos: theirs }] },
      })
  })

  test('joins a report once, however often it sends', async () => {
    const place = somewhere()
    const first = await reported(usager, { ...place, categorie: 'avaloir-bouche' })
    const body = { id: randomUUID(), categorie: 'avaloir-bouche', ...place, description: 'Moi aussi.' }
    for (let n = 0; n < 3; n++) expect((await send(voisine, body)).body.id).toBe(first.id)
    expect((await agent.ok(LireSignalement, { id: first.id })).prive!.temoignages).toHaveLength(1)
    expect((await anonyme.ok(LireSignalement, { id: body.id })).id).toBe(first.id)
  })

  test('whose photo was cut sends it again, and adds it to the report that went before', async () => {
    const { id } = await reported(usager)
    const whole = jpeg()
    const key = randomUUID()
    const cut = await usager.upload('secteur=espace-public', whole.subarray(0, 60), 'a.jpg', { key })
    refusal(cut, 'fichier-refuse')
    const photo = (await usager.upload('secteur=espace-public', whole, 'a.jpg', { key })).body
    expect((await usager.upload('secteur=espace-public', whole, 'a.jpg', { key })).body.id).toBe(photo.id)
    for (let n = 0; n < 2; n++)
      expect((await usager.ok(AjouterPhotos, { id, photos: [photo.id] })).prive!.photos).toEqual([photo.id])
  })

  test('cannot report from the future, nor what is a month old', async () => {
    for (const days of [-1, 32]) {
      const constateLe = new Date(Date.now() - days * 24 * 3_600_000).toISOString()
      refusal(await send(usager, { ...report(), constateLe }), 'donnees-invalides')
    }
  })
})

describe('without account', () => {
  const link = async (id: string) => {
    const [row] = await hubDatabase()<{ cle: Buffer }[]>`select cle from signalements.secret`
    return jetonDe(row!.cle, id)
  }

  test('a report is nothing to anybody until its link is followed; then it is one, once', async () => {
    const waiting = await unconfirmed(anonyme, `${randomUUID()}@example.org`)
    expect([waiting.etat, waiting.echeanceLe]).toEqual(['a_confirmer', null])
    refusal(await agent.send('GET', `/v1/signalements/${waiting.id}`), 'introuvable')
    const listed = await anonyme.ok(ListerSignalements, { limite: 100 })
    expect(listed.elements.some(({ id }) => id === waiting.id)).toBe(false)
    const jeton = await link(waiting.id)
    for (let n = 0; n < 3; n++)
      expect((await anonyme.ok(ConfirmerSignalement, { jeton })).etat).toBe('nouveau')
    expect((await eventsOf(`signalement/${waiting.id}`)).map(({ type }) => type)).toEqual([
      'guichet.signalement.recu.v1',
      'guichet.signalement.cree.v1',
    ])
    expect((await anonyme.ok(LireSignalement, { id: waiting.id })).etat).toBe('nouveau')
  })

  test('a repeated request is answered again', async () => {
    const key = randomUUID()
    const body = {
      categorie: 'panneau',
      ...somewhere(),
      contact: { courriel: `${randomUUID()}@example.org` },
    }
    const [first, again] = [await send(anonyme, body, key), await send(anonyme, body, key)]
    expect([again.status, again.body.id, again.body.etat]).toEqual([201, first.body.id, 'a_confirmer'])
    refusal(await send(anonyme, { ...body, description: 'Autre.' }, key), 'cle-idempotence-reutilisee')
  })

  test('sent again to another address is refused with what to do; the fifth of one address is answered again', async () => {
    const courriel = `${randomUUID()}@example.org`
    for (let n = 0; n < 4; n++) await unconfirmed(anonyme, courriel)
    const body = { id: randomUUID(), categorie: 'panneau', ...somewhere(), contact: { courriel } }
    for (let n = 0; n < 2; n++) expect((await send(anonyme, body)).body.id).toBe(body.id)
    const other = await send(anonyme, { ...body, contact: { courriel: `${randomUUID()}@example.org` } })
    expect(refusal(other, 'identifiant-reutilise').detail).toContain('comme un nouveau signalement')
  })

  test('what its category or the way does not allow is refused', async () => {
    const contact = { courriel: `${randomUUID()}@example.org` }
    refusal(await send(anonyme, { categorie: 'nid-de-poule', ...somewhere(), contact }), 'jeton-requis')
    refusal(await send(anonyme, { categorie: 'panneau', ...somewhere() }), 'donnees-invalides')
    const withPhoto = { categorie: 'panneau', ...somewhere(), contact, photos: [randomUUID()] }
    refusal(await send(anonyme, withPhoto), 'donnees-invalides')
    refusal(await anonyme.send('POST', '/v1/confirmations', { body: { jeton: 'x' } }), 'introuvable')
    const forged = (await link(randomUUID())).slice(0, -1)
    refusal(await anonyme.send('POST', '/v1/confirmations', { body: { jeton: forged } }), 'introuvable')
  })

  test('one address is sent five links at most, however it is spelled', async () => {
    const courriel = `${randomUUID()}@example.org`
    for (let n = 0; n < 5; n++) await unconfirmed(anonyme, courriel)
    const body = { categorie: 'panneau', ...somewhere(), contact: { courriel: courriel.toUpperCase() } }
    const reply = await send(anonyme, body)
    refusal(reply, 'trop-de-requetes')
    expect(reply.headers.get('retry-after')).toBe('3600')
  })
})
