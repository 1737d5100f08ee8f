import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type JetStreamManager } from 'nats'
import type { Envelope } from '../../contracts/envelope.ts'
import { ListerEvenements } from '../../contracts/hub.ts'
import { demoSystem } from '../../infra/issuer/clients.ts'
import { natsLogin } from '../../infra/nats.ts'
import { streamName } from '../../infra/stream.ts'
import { hubUrl } from '../support/api.ts'
import { decided, deposited, draft } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { stranger, system } from '../support/people.ts'
import { staff } from './permission-matrix.ts'

const urls = JSON.parse(process.env.TEST_NATS_URLS!) as Record<string, string>
const main = join(import.meta.dirname, '../../docs/examples/staff-system/main.js')
const usager = stranger()
const agent = stranger(['usager', 'agent:etat-civil'])

let folder: string
let store: string
/** What the one that started last has printed. */
let said = ''
let running: ChildProcess[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guichet-staff-'))
  // What it has acknowledged comes no more: it keeps its store through all tests.
  store = join(folder, 'evenements.jsonl')
})
afterEach(async () => {
  await Promise.all(running.map((child) => end(child, 'SIGKILL')))
  running = []
})
afterAll(() => rm(folder, { recursive: true }))

function start(env: Record<string, string> = {}): ChildProcess {
  const { servers, user = '', pass = '' } = natsLogin(urls[staff]!)
  const child = spawn(process.execPath, [main], {
    env: { NATS_URL: servers.join(','), NATS_USER: user, NATS_PASSWORD: pass, STORE: store, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  running.push(child)
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return child.exitCode
}

/** What the staff system has kept, whole lines only. */
async function kept(file = store): Promise<Envelope[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Envelope)
}

/** What the same system reads from the feed: all that it may. */
async function feed(): Promise<Envelope[]> {
  const read: Envelope[] = []
  for (let apres = 0; ; ) {
    const page = await system().ok(ListerEvenements, { apres, limite: 500 })
    read.push(...page.elements)
    if (page.elements.length === 0) return read
    apres = page.apres
  }
}

async function everythingOnce(file = store): Promise<void> {
  const expected = (await feed()).map(({ rang }) => rang)
  await eventually(
    async () =>
      expect((await kept(file)).map(({ rang }) => rang).filter((rang) => rang <= expected.at(-1)!)).toEqual(
        expected,
      ),
    30_000,
  )
}

test('the staff system of the example keeps each event of its objects once, in order, across kill -9', async () => {
  let example = start()
  const drafts = await Promise.all([draft(usager), draft(usager)])
  const writing = Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 4; n++) await decided(usager, agent)
    }),
  )
  for (let n = 0; n < 3; n++) {
    const before = (await kept()).length
    await eventually(async () => expect((await kept()).length).toBeGreaterThan(before + 5), 20_000)
    await end(example, 'SIGKILL')
    example = start()
  }
  await writing
  await everythingOnce()
  const seen = await kept()
  expect(new Set(seen.map(({ type }) => type.split('.')[1]))).toEqual(new Set(['dossier']))
  expect(seen.filter(({ subject }) => drafts.some(({ id }) => subject === `dossier/${id}`))).toEqual([])
  expect(await end(example, 'SIGTERM')).toBe(0)
}, 90_000)

async function asEssai<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const nc = await connect(natsLogin(urls.essai!))
  try {
    return await work(await nc.jetstreamManager())
  } finally {
    await nc.close()
  }
}

test('when the stream is lost under it, it goes on with the one that the hub makes anew', async () => {
  const example = start()
  await deposited(usager)
  await everythingOnce()
  await asEssai((manager) => manager.streams.delete(streamName))
  await deposited(usager)
  await everythingOnce()
  expect(await end(example, 'SIGTERM')).toBe(0)
}, 90_000)

test('a staff system that was away for longer than NATS keeps events reads the feed first', async () => {
  await deposited(usager)
  await asEssai(async (manager) => {
    const { state } = await manager.streams.info(streamName)
    await manager.streams.purge(streamName, { seq: state.last_seq })
  })
  const fresh = join(folder, 'depuis-le-debut.jsonl')
  const example = start({
    API_URL: hubUrl,
    CLIENT_ID: demoSystem.clientId,
    CLIENT_SECRET: demoSystem.secret,
    STORE: fresh,
  })
  await eventually(() => expect(said).toContain('NATS: listening'))
  await deposited(usager)
  await everythingOnce(fresh)
  expect(await end(example, 'SIGTERM')).toBe(0)
}, 60_000)
