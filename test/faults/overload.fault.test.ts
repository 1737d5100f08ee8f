import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import type { Job, JobResult } from '../bench/generator.ts'
import { load, pinned } from '../bench/servers.ts'
import { Client } from '../demo/client.ts'
import { freePort, signIn } from '../demo/sign-in.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { HubProcess } from '../support/hub-process.ts'

/**
 * The machine may be busy with other things, so the peak and the overload are measured in turns, and what counts
 * is the median of their ratios: three rounds, and four more where those leave a doubt.
 */
const goal = 0.8
const times = 10

let database: TestDatabase
let folder: string
let hub: HubProcess
let job: Omit<Job, 'host' | 'connections' | 'seconds'>
let admin: string

beforeAll(async () => {
  database = await freshDatabase()
  folder = await mkdtemp(join(tmpdir(), 'guichet-overload-'))
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  hub = new HubProcess({ port, databaseUrl: database.url, dataFolder: folder, publicUrl })
  await hub.start()
  if (pinned) spawnSync('taskset', ['-a', '-p', '-c', '0', String(hub.pid)])
  const session = await signIn(publicUrl, 'amina', demoPassword)
  admin = await (await signIn(publicUrl, 'admin', demoPassword)).token()
  const client = new Client(publicUrl, session)
  const paths: string[] = []
  for (let n = 0; n < 20; n++) {
    const { body } = await client.post<{ id: string }>('/v1/dossiers', {
      demarche: 'acte-de-naissance',
      formulaire: {},
    })
    paths.push(`/v1/dossiers/${body.id}`)
  }
  job = { port, method: 'GET', paths, token: await session.token(), body: null }
}, 60_000)

afterAll(async () => {
  await hub.kill()
  await database.drop()
  await rm(folder, { recursive: true })
})

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function round(): Promise<{ peak: JobResult; over: JobResult; inspections: number[] }> {
  const peak = await load({ ...job, connections: 48, seconds: 1 })
  const inspections: number[] = []
  const offered = Math.ceil(peak.goodput * times)
  const running = load({ ...job, connections: 1500, seconds: 1.5, offered })
  let isOver = false
  void running.finally(() => {
    isOver = true
  })
  while (!isOver) {
    const asked = performance.now()
    for (const path of ['/health/live', '/health/ready', '/v1/admin/lettres-mortes']) {
      const headers = { authorization: `Bearer ${admin}` }
      expect([path, (await fetch(`${hub.url}${path}`, { headers })).status]).toEqual([path, 200])
    }
    inspections.push(performance.now() - asked)
    await delay(100) // seen now and then, not measured instead
  }
  return { peak, over: await running, inspections }
}

test('ten times what it can do leaves the hub doing four fifths of it at least, and refusing the rest in time', async () => {
  await load({ ...job, connections: 48, seconds: 0.5 }) // until the code is warm
  const rounds: Awaited<ReturnType<typeof round>>[] = []
  const ratio = () => median(rounds.map(({ peak, over }) => over.goodput / peak.goodput))
  for (let n = 0; n < 3 || (n < 7 && ratio() < goal); n++) rounds.push(await round())

  const asked = performance.now()
  const after = await fetch(`${hub.url}${job.paths[0]}`, {
    headers: { authorization: `Bearer ${job.token}` },
  })
  const recoveryMs = performance.now() - asked

  process.stdout.write(
    `${['round', 'peak/s', 'p99 ms', 'offered/s', 'sent/s', 'goodput/s', 'of peak', 'p50 ms', 'p99 ms', '503'].map((h) => h.padStart(10)).join('')}\n`,
  )
  for (const [n, { peak, over }] of rounds.entries()) {
    const figures = [
      ...[n + 1, peak.goodput, peak.p99, peak.goodput * times, over.sent, over.goodput].map((v) =>
        v.toFixed(0),
      ),
      (over.goodput / peak.goodput).toFixed(2),
      ...[over.p50, over.p99, over.statuses['503'] ?? 0].map((v) => v.toFixed(0)),
    ]
    process.stdout.write(`${figures.map((figure) => figure.padStart(10)).join('')}\n`)
  }
  process.stdout.write(
    `median ${ratio().toFixed(2)} of the peak; health and dead letters meanwhile in ${median(rounds.flatMap((r) => r.inspections)).toFixed(0)} ms; first answer afterwards in ${recoveryMs.toFixed(0)} ms\n`,
  )

  for (const { over } of rounds) {
    expect(Object.keys(over.statuses).filter((status) => !['200', '503'].includes(status))).toEqual([])
    expect(over).toMatchObject({ silent: 0, broken: 0 })
  }
  expect(rounds.some(({ over }) => (over.statuses['503'] ?? 0) > 0)).toBe(true)
  expect(after.status).toBe(200)
  expect(median(rounds.map(({ over }) => over.p99))).toBeLessThan(4_000)
  expect(ratio()).toBeGreaterThanOrEqual(goal)
}, 60_000)
