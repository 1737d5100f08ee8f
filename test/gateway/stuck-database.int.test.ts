import { demoPassword } from '../../infra/issuer/accounts.ts'
import { signIn } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { type Answer, ask, type OwnHub, ownHub } from './own-hub.ts'

/** Four calls at a time, sixteen more wait: the database holds them all up. */
let hub: OwnHub
let amina: string
let admin: string
beforeAll(async () => {
  hub = await ownHub({ MAX_IN_FLIGHT: '4' })
  amina = await (await signIn(hub.url, 'amina', demoPassword)).token()
  admin = await (await signIn(hub.url, 'admin', demoPassword)).token()
}, 60_000)
afterAll(() => hub[Symbol.asyncDispose]())

const as = (token: string, path: string) => ask(hub, path, { headers: { authorization: `Bearer ${token}` } })
const list = () => as(amina, '/v1/dossiers')

function expectUnavailable({ status, headers, text }: Answer): void {
  expect([status, text]).toEqual([503, expect.stringContaining('"code":"service-indisponible"')])
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(headers['retry-after']).toMatch(/^[1-4]$/)
}

test('while the database is stuck nobody hangs: some wait a while, others are refused at once, and it passes', async () => {
  expect((await list()).status).toBe(200)
  expect((await as(admin, '/v1/admin/lettres-mortes')).status).toBe(200)
  await hub.database.sql.begin(async (tx) => {
    await tx`lock table demarches.dossier in access exclusive mode`
    const stuck = Array.from({ length: 4 }, timed)
    await eventually(async () => {
      const [row] = await hub.database.sql<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      expect(row?.n).toBe(4)
    })
    const waiting = Array.from({ length: 16 }, timed)
    await eventually(async () => {
      const { answer, ms } = await timed()
      expectUnavailable(answer)
      expect(ms).toBeLessThan(500)
    })
    expect((await ask(hub, '/health/live')).status).toBe(200)
    expect((await ask(hub, '/health/ready')).status).toBe(200)
    expect((await as(admin, '/v1/admin/lettres-mortes')).status).toBe(200)
    for (const { answer, ms } of await Promise.all(waiting)) {
      expectUnavailable(answer)
      expect(ms).toBeLessThan(3_000)
    }
    // The lock's own time limit is 5 s.
    for (const { answer, ms } of await Promise.all(stuck)) {
      expectUnavailable(answer)
      expect(ms).toBeLessThan(9_000)
    }
  })
  expect((await list()).status).toBe(200)
  await eventually(() => expect(hub.process.output).toContain('the database does not answer'))
}, 30_000)

async function timed(): Promise<{ answer: Answer; ms: number }> {
  const asked = performance.now()
  const answer = await list()
  return { answer, ms: performance.now() - asked }
}
