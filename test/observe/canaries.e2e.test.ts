import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { signIn } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts'
import { startOwnHub } from './own-hub.ts'

/**
 * What a person says, and what opens a door, is in nothing that the hub keeps or tells about its work: log,
 * figures, spans here and at an OTLP back end, events, lanes, dead letters, timers, request keys, journal.
 */
const planted = `temoin${randomBytes(9).toString('hex')}`
const receiver: OtlpReceiver = await startOtlpReceiver()
const hub = await startOwnHub({ LOG_LEVEL: 'trace', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }, [
  `./test/observe/plant.ts?${planted}`,
])
const { sql } = hub.database
// They read at their import which hub they speak to.
const { canaries, canary, liveOneLife } = await import('../support/canaries.ts')
const { anonyme, stranger } = await import('../support/people.ts')
const { deposited } = await import('../support/dossiers.ts')
const { pdf } = await import('../documents/fixtures.ts')

afterAll(async () => {
  await hub.stop()
  await receiver.close()
  await hub.database.drop()
})

/** Every place where no canary may be, as text. */
async function places(): Promise<Map<string, string>> {
  const tables = await sql<{ name: string }[]>`select 'hub.' || table_name as name
    from information_schema.tables where table_schema = 'hub' and table_type = 'BASE TABLE'`
  const texts = new Map([
    ['log', hub.process.output],
    ['metrics', await hub.metrics()],
    ['otlp', Buffer.concat(receiver.bodies).toString('latin1')],
  ])
  for (const { name } of tables) {
    const [row] = await sql.unsafe<[{ text: string }]>(
      `select coalesce(string_agg(r::text, ' '), '') as text from ${name} r`,
    )
    texts.set(name, row.text)
  }
  return texts
}

/** Where the word is: as it is, or as PostgreSQL shows bytes. */
function found(texts: ReadonlyMap<string, string>, word: string): string[] {
  const hex = Buffer.from(word).toString('hex')
  return [...texts].filter(([, text]) => text.includes(word) || text.includes(hex)).map(([place]) => place)
}

async function nothingFound(): Promise<void> {
  // What was said is told a little later: a last request closes the books.
  const last = await fetch(`${hub.url}/v1/demarches`)
  const traceId = last.headers.get('x-trace-id')!
  await eventually(async () => {
    expect(hub.process.output).toContain(traceId)
    expect(receiver.spans().some((span) => span.traceId === traceId)).toBe(true)
    expect(await sql`select from hub.trace_part where trace_id = ${traceId}`).not.toHaveLength(0)
  })
  const texts = await places()
  const leaks = [...canaries].flatMap(([what, word]) =>
    found(texts, word).map((place) => `${what} in ${place}`),
  )
  expect(leaks).toEqual([])
}

test('a word that the hub itself puts in each of these places is found in each', async () => {
  await eventually(async () => {
    const texts = await places()
    expect(texts.size).toBeGreaterThan(10)
    // The relay's row is one number.
    expect(found(texts, planted).toSorted()).toEqual(
      [...texts.keys()].filter((p) => p !== 'hub.relay').toSorted(),
    )
  })
})

test('a life with the city leaves nothing of it', async () => {
  await liveOneLife()
  await nothingFound()
})

test('what a stranger puts into addresses, headers and bodies is not repeated', async () => {
  const usager = stranger()
  const { id } = await deposited(usager)
  const paths = [
    '/v1',
    '/v1/dossiers',
    '/v1/demarches',
    '/v1/documents',
    '/v1/admin/traces',
    '/docs',
    '',
    '/realms/malakoff',
  ]
  for (const path of paths) {
    const word = canary(`a path under ${path}`)
    for (const address of [`${path}/${word}`, `${path}/${word}%ff`, `${path}?q=${word}`])
      await anonyme.send('GET', address).catch(() => {}) // the issuer's pages are no API
  }
  for (const name of ['reference', 'route', 'texte', 'apres', 'etat', 'types']) {
    const word = canary(`the query field ${name}`)
    for (const path of ['/v1/admin/traces', '/v1/agents/dossiers', '/v1/evenements', '/v1/moi/suivi'])
      await stranger(['usager', 'agent:etat-civil', 'administrateur']).send('GET', `${path}?${name}=${word}`)
  }
  const headers =
    'user-agent referer cookie x-forwarded-for forwarded origin accept accept-language authorization idempotency-key ' +
    'if-match last-event-id range traceparent tracestate baggage content-type x-request-id x-quelconque'
  for (const name of headers.split(' ')) {
    const word = canary(`the header ${name}`)
    await usager.send('GET', `/v1/dossiers/${id}`, { headers: { [name]: word } })
    await usager.send('POST', '/v1/dossiers', {
      headers: { [name]: word },
      body: { demarche: 'acte-de-naissance' },
    })
    await usager.open('/v1/moi/suivi/flux', { [name]: word })
  }
  const json = { 'content-type': 'application/json' }
  for (const body of [
    `{"nom": "${canary('broken JSON')}`,
    canary('no JSON at all'),
    `{"__proto__": {"a": "${canary('a poisoned body')}"}}`,
    `{"${canary('an unknown field')}": 1}`,
    `{"demarche": ["${canary('a field of another type')}"]}`,
    `{"demarche": "acte-de-naissance", "formulaire": {"x": "\\u0000${canary('what cannot be stored')}"}}`,
    `{"texte": "${canary('a body too large')}${'x'.repeat(200_000)}"}`,
  ]) {
    await usager.send('POST', '/v1/dossiers', { body, headers: json })
    await usager.send('PATCH', `/v1/dossiers/${id}`, { body, headers: json })
    await usager.send('POST', `/v1/dossiers/${id}/messages`, { body, headers: json })
  }
  await usager.upload('secteur=etat-civil', Buffer.from(canary('no document')), `${canary('its name')}.exe`)
  await usager.upload(
    `secteur=${canary('no sector')}`,
    pdf(),
    `${canary('the name of a refused file')}\u0000.pdf`,
  )
  await new Promise((resolve) => {
    const socket = connect(Number(new URL(hub.url).port), '127.0.0.1', () =>
      socket.end(`${canary('no HTTP')} / HTTP/9\r\n\r\n`),
    )
    socket.on('close', resolve).resume()
  })
  await nothingFound()
})

test('passwords, codes, sessions and tokens open no door to who reads the log', async () => {
  const session = await signIn(hub.url, 'amina', demoPassword)
  const token = await session.token()
  canaries.set('an access token', token)
  canaries.set('the signature of an access token', token.split('.')[2]!)
  await fetch(`${hub.url}/v1/moi`, { headers: { authorization: `Bearer ${token}` } })
  await fetch(`${hub.url}/v1/moi?access_token=${token}`)
  await signIn(hub.url, canary('a wrong name'), canary('a wrong password')).catch(() => {})
  canaries.set('the demo password', demoPassword)
  const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) })
  const protocol = `${hub.url}/realms/malakoff/protocol/openid-connect`
  for (const grant of ['authorization_code', 'refresh_token', 'password', canary('a grant type')])
    await fetch(
      `${protocol}/token`,
      form({
        grant_type: grant,
        client_id: 'mobile',
        client_secret: canary('a client secret'),
        code: canary('a code'),
        refresh_token: canary('a refresh token'),
        code_verifier: canary('a verifier').padEnd(43, 'x'),
        redirect_uri: `http://127.0.0.1:1/${canary('a redirect')}`,
      }),
    )
  await fetch(`${protocol}/auth?client_id=mobile&response_type=code&login_hint=${canary('a login hint')}`)
  await fetch(`${protocol}/userinfo`, { headers: { authorization: `Bearer ${canary('a userinfo token')}` } })
  const kept = await sql<{ model: string; id: string }[]>`select model, id from issuer.record`
  for (const { model, id } of kept) canaries.set(`${model} ${id.slice(0, 4)}`, id)
  expect(kept.map((row) => row.model)).toEqual(expect.arrayContaining(['Session', 'AuthorizationCode']))
  // The banner shows the demo password to who starts a demonstration; nothing else does.
  const banner = hub.process.output
    .split('\n')
    .filter((line) => !line.startsWith('{') && line.includes(demoPassword))
  expect(banner).toHaveLength(1)
  canaries.delete('the demo password')
  expect(hub.process.output.split(demoPassword)).toHaveLength(2)
  await nothingFound()
})

test('a fault tells where, not whom: PostgreSQL quotes the row that it refuses, the hub does not', async () => {
  const usager = stranger(['usager'], { given_name: canary('the given name in a refused row') })
  const name = canary('the name of a document that a reaction cannot take')
  const { id: documentId } = await usager.uploaded('etat-civil', pdf(), `${name}.pdf`)
  await sql.unsafe(
    `alter table documents.document add constraint interdit check (nom <> '${name}.pdf' or statut = 'libre')`,
  )
  const { id } = await deposited(usager, { pieces: [{ piece: 'justificatif-identite', documentId }] })
  await eventually(() => {
    const tries = hub.process.output
      .split('\n')
      .filter((line) => line.includes('"a_reprendre"') && line.includes(id))
    expect(tries.length).toBeGreaterThan(1)
    expect(tries[0]).toContain('"constraint":"interdit"')
  })
  const text = canary('a message in a refused row')
  await sql.unsafe(`alter table demarches.message add constraint interdit check (texte <> '${text}')`)
  const reply = usager.send('POST', `/v1/dossiers/${id}/messages`, { body: { texte: text } })
  await expect(reply).rejects.toThrow('answered 500')
  await eventually(() =>
    expect(hub.process.output).toMatch(/"code":"erreur-interne".*"constraint":"interdit"/),
  )
  await sql.unsafe(`alter table documents.document drop constraint interdit`)
  await nothingFound()
  // An embedded server does not write them into a log of its own either.
  const [settings] = await sql`select current_setting('log_error_verbosity') as verbosity,
    current_setting('log_parameter_max_length_on_error') as parameters, current_setting('logging_collector') as collector`
  expect(settings).toEqual({ verbosity: 'terse', parameters: '0', collector: 'off' })
})
