import { randomUUID } from 'node:crypto'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { signIn } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { linesOf, type LogLine, type OwnHub, startOwnHub } from './own-hub.ts'

let hub: OwnHub
let token: string

beforeAll(async () => {
  hub = await startOwnHub({ LOG_LEVEL: 'info' })
  token = await (await signIn(hub.url, 'amina', demoPassword)).token()
})
afterAll(async () => {
  await hub.stop()
  await hub.database.drop()
})

async function ask(
  method: string,
  path: string,
  options: { body?: object; key?: string; token?: string } = {},
) {
  const response = await fetch(`${hub.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${options.token ?? token}`,
      'idempotency-key': options.key ?? randomUUID(),
      ...(options.body && { 'content-type': 'application/json' }),
    },
    ...(options.body && { body: JSON.stringify(options.body) }),
  })
  return { traceId: response.headers.get('x-trace-id')!, body: (await response.json()) as { id: string } }
}

/** The lines of a trace, once there are so many. */
async function linesOfTrace(traceId: string, count: number): Promise<LogLine[]> {
  return await eventually(() => {
    const lines = linesOf(hub.process).filter((line) => line.traceId === traceId)
    expect(lines).toHaveLength(count)
    return lines
  })
}

/** The value of a series, by its name and some of its labels. */
async function figure(name: string, ...labels: string[]): Promise<number | undefined> {
  const line = (await hub.metrics())
    .split('\n')
    .find((one) => new RegExp(`^${name}[ {]`).test(one) && labels.every((label) => one.includes(label)))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}

test('a request is one line: what, on what, for whom, how it ended; repeated, it says so', async () => {
  const key = randomUUID()
  const body = { demarche: 'acte-de-naissance', formulaire: formulairesValides['acte-de-naissance'] }
  const created = await ask('POST', '/v1/dossiers', { body, key })
  const [line] = await linesOfTrace(created.traceId, 1)
  expect(line).toMatchObject({
    level: 30,
    msg: 'request',
    method: 'POST',
    route: '/v1/dossiers',
    subject: created.body.id,
    principal: 'personne',
    client: 'mobile',
    status: 201,
    bytesIn: Buffer.byteLength(JSON.stringify(body)),
    bytesOut: Buffer.byteLength(JSON.stringify(created.body)),
  })
  expect(line!.sql).toBeGreaterThan(0)
  expect(line!.sqlMs).toBeLessThanOrEqual(line!.ms as number)
  const repeated = await ask('POST', '/v1/dossiers', { body, key })
  const [again] = await linesOfTrace(repeated.traceId, 1)
  expect(again).toMatchObject({ subject: created.body.id, status: 201, replayed: true })
  expect(line).not.toHaveProperty('replayed')

  const refused = await ask('POST', `/v1/dossiers/${created.body.id}/decision`, { body: { sens: 'accepte' } })
  expect((await linesOfTrace(refused.traceId, 1))[0]).toMatchObject({
    route: '/v1/dossiers/:id/decision',
    subject: created.body.id,
    status: 403,
    code: 'acces-refuse',
  })
})

test('a reaction is one line, in the trace of the request that caused it, once it is committed', async () => {
  const { body } = await ask('POST', '/v1/dossiers', {
    body: { demarche: 'acte-de-naissance', formulaire: formulairesValides['acte-de-naissance'] },
  })
  const deposit = await ask('POST', `/v1/dossiers/${body.id}/depot`)
  const lines = await linesOfTrace(deposit.traceId, 2)
  const reaction = lines.find((line) => line.msg === 'reaction')
  expect(reaction).toMatchObject({
    level: 30,
    service: 'documents',
    consumer: 'documents.on-dossier-depose',
    type: 'guichet.dossier.depose.v1',
    subject: `dossier/${body.id}`,
    sequence: 2,
    attempt: 1,
    outcome: 'fait',
  })
  expect(reaction!.rang).toBeGreaterThan(0)
  expect(reaction!.lagMs).toBeGreaterThanOrEqual(0)
  expect(
    await figure('messaging_process_duration_count', 'documents.on-dossier-depose', 'fait'),
  ).toBeGreaterThan(0)
})

test('whatever address a stranger makes up, its line and its figure are those of one unknown route', async () => {
  for (const path of ['/v1/n-importe-quoi', '/wp-login.php', '/%ff']) {
    const response = await fetch(`${hub.url}${path}`)
    await response.text()
    const [line] = await linesOfTrace(response.headers.get('x-trace-id')!, 1)
    expect(line).toMatchObject({ route: 'inconnue', principal: 'anonyme' })
  }
  const metrics = await hub.metrics()
  expect(metrics).toContain('http_route="inconnue"')
  expect(metrics).not.toContain('wp-login')
  // An id that is none of ours is not repeated either.
  const response = await fetch(`${hub.url}/v1/demarches/quelqu-un`)
  await response.text()
  expect((await linesOfTrace(response.headers.get('x-trace-id')!, 1))[0]).not.toHaveProperty('subject')
})

test('the address of an agent’s calendar, which is its only key, is told nowhere', async () => {
  const agent = await (await signIn(hub.url, 'fatou', demoPassword)).token()
  const created = await ask('POST', '/v1/agenda/calendriers', {
    body: { secteur: 'espace-public' },
    token: agent,
  })
  const [line] = await linesOfTrace(created.traceId, 1)
  expect(line).toMatchObject({ route: '/v1/agenda/calendriers', status: 201 })
  const feed = await fetch(`${hub.url}/v1/agenda/calendriers/${created.body.id}`)
  expect([feed.status, await feed.text()]).toEqual([200, expect.stringContaining('BEGIN:VCALENDAR')])
  await linesOfTrace(feed.headers.get('x-trace-id')!, 1)
  expect(hub.process.output).not.toContain(created.body.id)
})

test('a request that its client breaks off is told too, and is not active for ever', async () => {
  const stream = new AbortController()
  const response = await fetch(`${hub.url}/v1/moi/suivi/flux`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stream.signal,
  })
  expect(await figure('guichet_live_streams')).toBe(1)
  expect(await figure('http_server_active_requests')).toBeGreaterThan(0)
  stream.abort()
  const [line] = await linesOfTrace(response.headers.get('x-trace-id')!, 1)
  expect(line).toMatchObject({ route: '/v1/moi/suivi/flux', aborted: true })
  await eventually(async () => {
    expect(await figure('guichet_live_streams')).toBe(0)
    expect(await figure('http_server_active_requests')).toBe(0)
  })
})

test('looking after health is not told, signing in is', async () => {
  await (await fetch(`${hub.url}/health/ready`)).text()
  const routes = linesOf(hub.process).map((line) => line.route)
  expect(routes).not.toContain('/health/ready')
  expect(routes).toContain('/realms/*')
  expect(await figure('http_server_request_duration_count', '/health/ready')).toBeGreaterThan(0)
})

test('the figures tell what waits and what stopped, and of which pool', async () => {
  const { sql } = hub.database
  const behind = () => figure('guichet_reaction_backlog', 'documents.on-dossier-decide')
  expect(await figure('guichet_database_up')).toBe(1)
  expect(await behind()).toBe(0)
  await sql`insert into hub.lane (consumer, subject, failing_since, error, stopped)
    values ('documents.on-dossier-decide', ${`dossier/${randomUUID()}`}, now(), 'Error', true)`
  await sql`insert into hub.timer (name, subject, due_at) values ('essai.tard', 'dossier/1', now() - interval '1 hour')`
  await eventually(async () => {
    expect(await figure('guichet_lane_stopped', 'documents.on-dossier-decide')).toBe(1)
    expect(await figure('guichet_timer_backlog')).toBe(1)
    expect(await figure('guichet_timer_lag')).toBeGreaterThan(3000)
  })
  expect(await figure('db_client_connection_max', '"demarches"')).toBe(10)
  expect(await figure('db_client_connection_count', '"hub"', 'idle')).toBeGreaterThan(0)
  expect(await figure('guichet_refusals_total', 'acces-refuse', '/v1/dossiers/:id/decision')).toBe(1)
  expect(await figure('rpc_server_call_duration_count', 'demarches.creerDossier', 'done')).toBeGreaterThan(0)
  expect(await figure('process_memory_usage')).toBeGreaterThan(1e7)
})

test('the figures are not on the public port', async () => {
  expect((await fetch(`${hub.url}/metrics`)).status).toBe(404)
})
