import { setTimeout as delay } from 'node:timers/promises'
import { createPool, type Sql } from '../../infra/db.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { signIn } from '../demo/sign-in.ts'
import { plainKinds, report } from '../support/signalements.ts'
import { columns, median, print } from './figures.ts'
import { load, startDatabase, startServer } from './servers.ts'

const seconds = Number(process.env.SECONDS ?? 4)
const rounds = Number(process.env.ROUNDS ?? 3)

/** The reaction of another service to every report. */
const lane = 'documents.on-signalement-photos'

/**
 * Reports from the street, end to end: the look for the same problem nearby, row and event, the event's rang, and the
 * reaction in another service, until its effect is committed. What is still to be done when the last request is
 * answered counts as time. fsync on.
 */
export async function benchSignalements(): Promise<void> {
  const database = await startDatabase()
  const sql = createPool({ url: database.url, max: 2, name: 'bench' })
  const server = await startServer({
    name: 'hub',
    ratio: 1,
    databaseUrl: database.url,
    folder: database.folder,
  })
  // All over town: one that stands near an earlier one of its kind is a report of its own all the same.
  const bodies = Array.from({ length: 20_000 }, (_, n) =>
    JSON.stringify(report({ categorie: plainKinds[n % plainKinds.length]! })),
  )
  const amina = await signIn(`http://127.0.0.1:${server.port}`, 'amina', demoPassword)
  const results: { answered: number; reacted: number; p50: number; p99: number; cpu: number[] }[] = []
  try {
    for (let round = 0; round <= rounds; round++) {
      const before = [await reactions(sql), server.cpu(), database.cpu()] as const
      const started = performance.now()
      const { statuses, perSecond, p50, p99 } = await load({
        port: server.port,
        method: 'POST',
        paths: ['/v1/signalements'],
        body: null,
        bodies: bodies.slice(round * 5_000),
        token: await amina.token(),
        seconds: round === 0 ? 1 : seconds,
      })
      const created = statuses['201'] ?? 0
      if (Object.keys(statuses).length !== 1) throw new Error(`not only 201: ${JSON.stringify(statuses)}`)
      while ((await reactions(sql)) < before[0] + created) await delay(5)
      const reacted = created / ((performance.now() - started) / 1000)
      const cpu = [server.cpu() - before[1], database.cpu() - before[2]].map((used) => used / created)
      if (round > 0) results.push({ answered: perSecond, reacted, p50, p99, cpu })
    }
    const of = (pick: (one: (typeof results)[number]) => number) => median(results.map(pick)).toFixed(0)
    print(columns(['', '', 'answered/s', 'reacted/s', 'p50 ms', 'p99 ms', 'µs server', 'µs pg']))
    print(
      columns([
        'reports',
        '',
        of((one) => one.answered),
        of((one) => one.reacted),
        of((one) => one.p50),
        of((one) => one.p99),
        of((one) => one.cpu[0]!),
        of((one) => one.cpu[1]!),
      ]),
    )
  } finally {
    await sql.end()
    await server.stop()
    await database.stop()
  }
}

async function reactions(sql: Sql): Promise<number> {
  const [row] = await sql<[{ n: number }]>`
    select count(*)::int as n from hub.lane where consumer = ${lane} and last_sequence > 0`
  return row.n
}
