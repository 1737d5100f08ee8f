import { randomInt, randomUUID } from 'node:crypto'
import { EmettreCleOpen311, ListerClesOpen311, RevoquerCleOpen311 } from '../../contracts/open311.ts'
import { AvancerSignalement, LireSignalement, PublierSignalement } from '../../contracts/signalements.ts'
import { hubUrl } from '../support/api.ts'
import { checkReply } from '../support/conformity.ts'
import { eventsOf, hubDatabase } from '../support/hub-database.ts'
import { anonyme, stranger } from '../support/people.ts'
import { plainKinds, reported, somewhere } from '../support/signalements.ts'

/** GeoReport v2 as its clients speak it: forms in, JSON or XML out, no token. */

const root = `${hubUrl}/open311/v2`
const admin = stranger(['administrateur'])
const agent = stranger(['usager', 'agent:espace-public'])
const usager = stranger()
const { cle: api_key, id: keyId } = await admin.ok(EmettreCleOpen311, { client: 'systeme-voirie' })

interface Answer {
  readonly status: number
  readonly json: unknown
}

/** The same request in both formats; what XML says must be what JSON says. */
async function both(path: string, form?: Record<string, string>): Promise<Answer> {
  const [address = '', query] = path.split('?')
  const ask = async (format: string) => {
    const url = `/open311/v2/${address}.${format}${query ? `?${query}` : ''}`
    const response = await fetch(hubUrl + url, form && { method: 'POST', body: new URLSearchParams(form) })
    const text = await response.text()
    const body: unknown = format === 'json' ? JSON.parse(text) : null
    checkReply(form ? 'POST' : 'GET', url, { status: response.status, headers: response.headers, text, body })
    return { status: response.status, text, body }
  }
  const json = await ask('json')
  const xml = await ask('xml')
  expect(xml.status).toBe(json.status)
  // A second POST makes or joins another report.
  if (!form || json.status >= 400) expect(fromXml(xml.text)).toEqual(asText(json.body))
  return { status: json.status, json: json.body }
}

/** What XML can say of a value: texts, lists and objects; an empty list or text is null. */
function asText(value: unknown): unknown {
  if (value === null || value === '') return null
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(asText)
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]))
  return String(value as string | number | boolean)
}

const lists = ['services', 'service_requests', 'errors', 'attributes', 'values', 'endpoints', 'formats']

/** Reads elements and texts; anything else in the document is an error. */
function fromXml(text: string): unknown {
  let rest = text.replace(/^<\?xml version="1\.0" encoding="utf-8"\?>\n/, '')
  const read = (): [name: string, value: unknown] => {
    const [, name = '', empty] = /^<([a-z_]+)(\/)?>/.exec(rest) ?? []
    if (name === '') throw new Error(`no element: ${rest.slice(0, 50)}`)
    rest = rest.slice(name.length + 2 + (empty ? 1 : 0))
    if (empty) return [name, null]
    const children: [string, unknown][] = []
    while (/^<[^/]/.test(rest)) children.push(read())
    const words = /^[^<]*/.exec(rest)![0]
    rest = rest.slice(words.length)
    if (!rest.startsWith(`</${name}>`)) throw new Error(`${name} does not end: ${rest.slice(0, 50)}`)
    rest = rest.slice(name.length + 3)
    if (lists.includes(name)) return [name, children.length === 0 ? null : children.map(([, value]) => value)]
    if (children.length > 0) return [name, Object.fromEntries(children)]
    return [name, words === '' ? null : unescape(words)]
  }
  const [, value] = read()
  if (rest !== '\n') throw new Error(`after the end: ${rest.slice(0, 50)}`)
  return value
}

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#13;', '\r')
    .replaceAll('&amp;', '&')
}

const request = (more: Record<string, string> = {}) => {
  const { latitude, longitude } = somewhere()
  return {
    api_key: api_key!,
    service_code: plainKinds[randomInt(plainKinds.length)]!,
    lat: String(latitude),
    long: String(longitude),
    ...more,
  }
}

const post = async (form: Record<string, string>) => {
  const response = await fetch(`${root}/requests.json`, { method: 'POST', body: new URLSearchParams(form) })
  return { status: response.status, body: (await response.json()) as { service_request_id: string }[] }
}

test('what is closed says why, and which report remains', async () => {
  const [first, second] = [await reported(usager), await reported(usager)]
  const close = { id: second.id, etape: 'clos_sans_suite', raison: 'doublon' } as const
  await agent.ok(AvancerSignalement, { ...close, doublonDe: first.reference, message: 'Merci.' })
  await agent.ok(AvancerSignalement, { id: first.id, etape: 'clos_sans_suite', raison: 'prive' })
  expect((await both(`requests/${second.reference}`)).json).toMatchObject([
    {
      status: 'closed',
      status_notes: `Ce problème est déjà suivi sous la référence ${first.reference}. Merci.`,
    },
  ])
  expect((await both(`requests/${first.reference}`)).json).toMatchObject([
    { status_notes: 'Ce lieu est privé.' },
  ])
})

test('it says where it is and in which formats', async () => {
  const { json } = await both('discovery')
  expect(json).toMatchObject({
    endpoints: [{ url: root, type: 'production', formats: ['text/xml', 'application/json'] }],
  })
})

test('the services are the categories; those with questions define them', async () => {
  const { json } = await both('services')
  const services = json as { service_code: string; metadata: boolean; keywords: string; group: string }[]
  expect(services.length).toBeGreaterThanOrEqual(20)
  expect(services.find((one) => one.service_code === 'tags')).toMatchObject({
    metadata: true,
    group: 'Propreté',
  })
  expect((await both('services?jurisdiction_id=malakoff.fr')).status).toBe(200)
  expect((await both('services/tags')).json).toMatchObject({
    service_code: 'tags',
    attributes: [
      { code: 'injurieux', datatype: 'singlevaluelist', required: true, variable: true, order: 1 },
      { code: 'support', values: [{ key: 'public' }, { key: 'prive' }] },
    ],
  })
  expect((await both('services/panneau')).json).toMatchObject({ attributes: [] })
})

describe('a report by a system', () => {
  test('is the very same report as everybody’s, with a contact for the agents', async () => {
    const { status, body } = await post(
      request({
        email: 'camille@example.org',
        first_name: 'Camille',
        last_name: 'Morel',
        phone: '(01) 46-55-00-00',
        description: 'Le panneau <stop> & rien d’autre.',
        media_url: 'https://example.org/photo.jpg',
        device_id: 'abc',
        account_id: 'def',
        'champ-inconnu': 'x',
        address_string: '',
      }),
    )
    expect([status, body]).toEqual([
      200,
      [
        {
          service_request_id: expect.stringMatching(/^(\w{3}-?){3}$/) as string,
          service_notice: expect.stringMatching(/au plus tard le \d{1,2}(er)? \p{L}+ \d{4}\.$/u) as string,
          account_id: null,
        },
      ],
    ])
    const id = body[0]!.service_request_id
    const seen = await agent.ok(LireSignalement, { id })
    expect(seen.prive).toMatchObject({
      description: 'Le panneau <stop> & rien d’autre.',
      lienMedia: 'https://example.org/photo.jpg',
      contact: {
        courriel: 'camille@example.org',
        prenom: 'Camille',
        nom: 'Morel',
        telephone: '01 46 55 00 00',
      },
    })
    const [event] = await hubDatabase()<{ actorKind: string; actorId: string; usagerId: null }[]>`
      select actor_kind, actor_id, usager_id from hub.event where subject = ${`signalement/${seen.id}`}`
    expect(event).toEqual({ actorKind: 'systeme', actorId: 'systeme-voirie', usagerId: null })
    // Neither what they wrote nor what they linked to is read by others.
    expect((await both(`requests/${id}`)).json).toMatchObject([
      { service_request_id: id, status: 'open', description: null, media_url: null },
    ])
    await agent.ok(PublierSignalement, { id, description: 'Un panneau <stop> & rien.\rFin', photos: [] })
    await agent.ok(AvancerSignalement, { id, etape: 'resolu', message: 'Redressé.' })
    expect((await both(`requests/${id}`)).json).toMatchObject([
      { status: 'closed', status_notes: 'Redressé.', description: 'Un panneau <stop> & rien.\rFin' },
    ])
  })

  test('carries the answers to its category’s questions, one or several', async () => {
    const form = new URLSearchParams({
      ...request({ service_code: 'depot-sauvage' }),
      'attribute[volume]': 'sac',
    })
    form.append('attribute[nature][]', 'sacs')
    form.append('attribute[nature][]', 'gravats')
    const response = await fetch(`${root}/requests.json`, { method: 'POST', body: form })
    const [made] = (await response.json()) as [{ service_request_id: string }]
    expect((await agent.ok(LireSignalement, { id: made.service_request_id })).prive!.reponses).toEqual({
      volume: 'sac',
      nature: ['sacs', 'gravats'],
    })
  })

  test('of what is known already gives the first one’s id, and keeps what was added', async () => {
    const form = request()
    const [first] = (await post(form)).body
    const [second] = (await post({ ...form, description: 'Il est tombé.' })).body
    expect(second!.service_request_id).toBe(first!.service_request_id)
    const { prive } = await agent.ok(LireSignalement, { id: first!.service_request_id })
    expect(prive!.temoignages).toMatchObject([{ description: 'Il est tombé.' }])
  })

  test('is placed by an address or its identifier as well', async () => {
    const { api_key, service_code } = request()
    const places: Record<string, string>[] = [
      { address_string: '12 rue Béranger' },
      { address_id: '92046_3760_00012' },
    ]
    for (const where of places) {
      const { status, body } = await post({ api_key, service_code, ...where })
      expect(status).toBe(200)
      const { prive } = await agent.ok(LireSignalement, { id: body[0]!.service_request_id })
      expect(prive!.adresse).toBe(Object.values(where)[0])
    }
  })

  test('sent again under its Idempotency-Key, where a client has one, is stored once', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const body = new URLSearchParams({ ...request(), description: 'Une fois.' })
    const send = async () =>
      (await (await fetch(`${root}/requests.json`, { method: 'POST', headers, body })).json()) as [
        { service_request_id: string },
      ]
    const [[first], [again]] = [await send(), await send()]
    expect(again.service_request_id).toBe(first.service_request_id)
    expect((await agent.ok(LireSignalement, { id: first.service_request_id })).suiveurs).toBe(0)
  })

  test('of two systems that number theirs alike, is stored for each', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const { cle } = await admin.ok(EmettreCleOpen311, { client: 'systeme-eclairage' })
    const sent = [api_key!, cle!].map(async (one) => {
      const body = new URLSearchParams({ ...request(), api_key: one })
      return (await fetch(`${root}/requests.json`, { method: 'POST', headers, body })).status
    })
    expect(await Promise.all(sent)).toEqual([200, 200])
  })
})

test('a token leads to its id', async () => {
  const { id, reference } = await reported(usager)
  expect((await both(`tokens/${id}`)).json).toEqual([{ service_request_id: reference, token: id }])
})

describe('the requests', () => {
  const ids = async (query: string) =>
    ((await both(`requests?${query}`)).json as { service_request_id: string }[]).map(
      (one) => one.service_request_id,
    )

  test('are filtered by service, status and dates, and paged', async () => {
    const made: string[] = []
    const start = new Date(Date.now() - 1000).toISOString()
    for (let n = 0; n < 3; n++) made.push((await reported(usager, { categorie: 'fontaine' })).reference)
    await agent.ok(AvancerSignalement, { id: made[0]!, etape: 'resolu' })
    const mine = `service_code=fontaine&start_date=${encodeURIComponent(start)}`
    expect(await ids(mine)).toEqual(made.toReversed())
    expect(await ids(`${mine}&status=closed`)).toEqual([made[0]])
    expect(await ids(`${mine}&status=open`)).toEqual([made[2], made[1]])
    expect(await ids(`${mine}&status=open,closed`)).toEqual(made.toReversed())
    expect(await ids(`${mine}&page_size=2`)).toEqual([made[2], made[1]])
    expect(await ids(`${mine}&page_size=2&page=2`)).toEqual([made[0]])
    expect(await ids(`service_code=fontaine,tags&page_size=1`)).toHaveLength(1)
    expect(
      await ids(`service_code=fontaine&end_date=${encodeURIComponent(start)}&page_size=5`),
    ).not.toContain(made[2])
  })

  test('named by their ids override every other filter', async () => {
    const [a, b] = [(await reported(usager)).reference, (await reported(usager)).reference]
    expect(await ids(`service_request_id=${a},${b},AAA-AAA-AAA&status=closed&service_code=tags`)).toEqual([
      b,
      a,
    ])
    expect(await ids('service_request_id=inconnu')).toEqual([])
  })

  test('of the last 90 days are what is listed when nothing is asked', async () => {
    const old = await reported(usager, { categorie: 'affichage-sauvage' })
    await hubDatabase()`update signalements.signalement set cree_le = now() - interval '91 days' where id = ${old.id}`
    const fresh = await reported(usager, { categorie: 'affichage-sauvage' })
    const listed = await ids('service_code=affichage-sauvage')
    expect(listed).toContain(fresh.reference)
    expect(listed).not.toContain(old.reference)
  })
})

describe('every refusal is a list of code and description, in both formats:', () => {
  const wrong: [string, number, string, (() => Record<string, string>) | null][] = [
    ['another city', 404, 'services?jurisdiction_id=paris.fr', null],
    ['a service that is none', 404, 'services/licorne', null],
    ['a request that is none', 404, 'requests/AAA-AAA-AAA', null],
    ['a token that is none', 404, `tokens/${randomUUID()}`, null],
    ['a token that cannot be one', 404, 'tokens/x', null],
    ['an address that is none', 404, 'nulle-part', null],
    ['a day that is none', 400, 'requests?start_date=hier', null],
    [
      'more than 90 days',
      400,
      'requests?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z',
      null,
    ],
    [
      'an end before its start',
      400,
      'requests?start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z',
      null,
    ],
    ['a status that is none', 400, 'requests?status=perdu', null],
    ['a page of nothing', 400, 'requests?page_size=0', null],
    ['a report without key', 403, 'requests', () => ({ ...request(), api_key: '' })],
    ['a report with a key of nobody', 403, 'requests', () => ({ ...request(), api_key: 'x' })],
    ['a report of no service', 400, 'requests', () => ({ ...request(), service_code: '' })],
    ['a report of an unknown service', 404, 'requests', () => ({ ...request(), service_code: 'licorne' })],
    ['a report from nowhere', 400, 'requests', () => ({ ...request(), lat: '', long: '' })],
    ['a report with half a place', 400, 'requests', () => ({ ...request(), long: '' })],
    ['a report from another city', 400, 'requests', () => ({ ...request(), lat: '48.8155', long: '2.3155' })],
    ['an address in another city', 400, 'requests', () => ({ ...request(), address_id: '75056_0001_00001' })],
    ['a missing answer', 400, 'requests', () => request({ service_code: 'tags' })],
    ['a text without end', 400, 'requests', () => request({ description: 'x'.repeat(4001) })],
    ['a phone that is none', 400, 'requests', () => request({ phone: 'demandez Camille' })],
  ]
  test.each(wrong)('%s', async (_, status, path, form) => {
    const { json, ...answer } = await both(path, form?.())
    expect(answer.status).toBe(status)
    expect(json).toMatchObject([{ code: status }])
  })

  test('a field at fault is named as GeoReport names it', async () => {
    const { json } = await both('requests', { ...request(), long: '' })
    expect(json).toMatchObject([{ description: expect.stringMatching(/^long: /) as string }])
    const answers = await both('requests', request({ service_code: 'tags' }))
    expect(answers.json).toMatchObject([
      { description: expect.stringMatching(/^attribute\[injurieux\]: /) as string },
    ])
    const town = await both('requests', { ...request(), lat: '48.8155', long: '2.3155' })
    expect(town.json).toMatchObject([{ description: expect.stringContaining('Montrouge') as string }])
  })

  test('another way of writing than forms and JSON, with those that are read', async () => {
    const form = new FormData()
    form.append('service_code', 'panneau')
    for (const [body, type] of [
      [form, null],
      ['x', 'text/plain'],
    ] as const) {
      const headers = type === null ? {} : { 'content-type': type }
      const response = await fetch(`${root}/requests.json`, { method: 'POST', body, headers })
      expect([response.status, await response.json()]).toEqual([
        400,
        [
          {
            code: 400,
            description: expect.stringContaining('application/x-www-form-urlencoded') as string,
          },
        ],
      ])
    }
  })

  test('another method, with what is possible', async () => {
    const response = await fetch(`${root}/requests.xml`, { method: 'DELETE' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET'])
    expect(await response.text()).toContain('<errors><error><code>405</code>')
  })
})

describe('a key', () => {
  test('is shown once; the city keeps its digest, and what was done with it in the journal', async () => {
    const key = randomUUID()
    const issue = () =>
      admin.send<{ id: string; cle: string | null }>('POST', '/v1/admin/open311/cles', {
        body: { client: 'systeme-essai' },
        key,
      })
    const [first, again] = [await issue(), await issue()]
    expect(first.body.cle).toMatch(/^[\w-]{43}$/)
    expect(again.body).toEqual({ ...first.body, cle: null })
    const listed = (await admin.ok(ListerClesOpen311, {})).elements
    expect(listed.find(({ id }) => id === first.body.id)).toMatchObject({
      client: 'systeme-essai',
      cle: null,
    })
    const rows = await hubDatabase()`select c::text as row from signalements.cle_open311 c`
    expect(JSON.stringify(rows)).not.toContain(first.body.cle)
    const journal = await hubDatabase()<{ acte: string }[]>`
      select acte from hub.journal where objet = ${`systeme-essai ${first.body.id}`}`
    expect(journal.map(({ acte }) => acte)).toEqual(['emission de cle Open311'])
  })

  test('opens nothing once it is revoked', async () => {
    const { cle, id } = await admin.ok(EmettreCleOpen311, { client: 'systeme-essai' })
    expect((await post({ ...request(), api_key: cle! })).status).toBe(200)
    await admin.ok(RevoquerCleOpen311, { id })
    expect((await post({ ...request(), api_key: cle! })).status).toBe(403)
    expect((await admin.send('DELETE', `/v1/admin/open311/cles/${id}`)).status).toBe(404)
    expect((await anonyme.send('GET', '/v1/admin/open311/cles')).status).toBe(401)
    expect(keyId).not.toBe(id)
  })
})

test('no event of a report by a system holds what was said in it', async () => {
  const { body } = await post(request({ description: 'secret-description', email: 'secret@example.org' }))
  const { id } = await agent.ok(LireSignalement, { id: body[0]!.service_request_id })
  expect(JSON.stringify(await eventsOf(`signalement/${id}`))).not.toContain('secret')
})
