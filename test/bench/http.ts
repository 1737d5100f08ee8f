import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '../../infra/db.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { Client } from '../demo/client.ts'
import { signIn } from '../demo/sign-in.ts'
import type { Job, JobResult } from './generator.ts'
import { commitToReaction } from './reactions.ts'
import { columns, median, print, quantile } from './figures.ts'
import { load, pinned, type Server, startDatabase, startServer } from './servers.ts'

const seconds = Number(process.env.SECONDS ?? 4)
const rounds = Number(process.env.ROUNDS ?? 3)

interface Contender {
  readonly server: Server
  readonly token: string | null
  readonly ids: readonly string[]
  readonly usagerId: string
}

type Request = Pick<Job, 'method' | 'paths' | 'body'>

const draft = { demarche: 'acte-de-naissance', formulaire: {} }
const rows: readonly { name: string; hub: (c: Contender) => Request; bare: (c: Contender) => Request }[] = [
  {
    name: 'one dossier by id',
    hub: ({ ids }) => ({ method: 'GET', paths: ids.map((id) => `/v1/dossiers/${id}`), body: null }),
    bare: ({ ids }) => ({ method: 'GET', paths: ids.map((id) => `/dossiers/${id}`), body: null }),
  },
  {
    name: 'list of 20',
    hub: () => ({ method: 'GET', paths: ['/v1/dossiers?limite=20'], body: null }),
    bare: ({ usagerId }) => ({ method: 'GET', paths: [`/dossiers?usager=${usagerId}`], body: null }),
  },
  {
    name: 'create (row + event)',
    hub: () => ({ method: 'POST', paths: ['/v1/dossiers'], body: JSON.stringify(draft) }),
    bare: () => ({ method: 'POST', paths: ['/dossiers'], body: JSON.stringify(draft) }),
  },
]

/**
 * The hub with everything on beside a bare Fastify + postgres.js server with the same SQL, on one PostgreSQL with fsync
 * on. CPU per request, of the server and of PostgreSQL, tells where it goes.
 */
export async function benchHttp(): Promise<void> {
  const database = await startDatabase()
  const servers: Server[] = []
  const sql = createPool({ url: database.url, max: 2, name: 'bench' })
  try {
    const start = async (name: string, ratio: number | null) => {
      const server = await startServer({ name, ratio, databaseUrl: database.url, folder: database.folder })
      servers.push(server)
      return server
    }
    const hubs: Contender[] = []
    const clients: Client[] = []
    for (const [name, ratio] of [
      ['hub, 100 % sampled', 1],
      ['hub, 10 % sampled', 0.1],
    ] as const) {
      const server = await start(name, ratio)
      // Each hub is an issuer of its own address: one token each, from the same person.
      const session = await signIn(`http://127.0.0.1:${server.port}`, 'amina', demoPassword)
      const client = new Client(`http://127.0.0.1:${server.port}`, session)
      const ids: string[] = []
      for (let n = 0; n < 200; n++)
        ids.push((await client.post<{ id: string }>('/v1/dossiers', draft)).body.id)
      const [row] = await sql<{ usagerId: string }[]>`
      select usager_id from demarches.dossier where id = ${ids[0]!}`
      hubs.push({ server, token: await session.token(), ids, usagerId: row!.usagerId })
      clients.push(client)
    }
    const bare: Contender = { ...hubs[0]!, server: await start('bare', null), token: null }
    const readyMemory = servers.map((server) => server.memory())

    print(
      `${rounds} rounds of ${seconds} s, 32 connections; ${pinned ? 'servers and PostgreSQL on core 0, generator on core 1' : 'NOT pinned: taskset is missing'}\n`,
    )
    print(
      columns(['row', 'server', 'per second', 'p50 ms', 'p99 ms', 'of bare', 'µs server', 'µs pg', 'by CPU']),
    )
    for (const row of rows) {
      const contenders = [bare, ...hubs]
      const measured = contenders.map(() => [] as (JobResult & { serverCpu: number; databaseCpu: number })[])
      for (let round = 0; round <= rounds; round++)
        for (const [n, contender] of contenders.entries()) {
          const { server, token } = contender
          const request = contender === bare ? row.bare(contender) : row.hub(contender)
          const before = [server.cpu(), database.cpu()] as const
          const result = await load({
            ...request,
            port: server.port,
            token,
            seconds: round === 0 ? 1 : seconds,
          })
          await delay(700) // what the hub does afterwards (ranks, spans) belongs to its requests
          const requests = Object.values(result.statuses).reduce((a, b) => a + b, 0)
          const serverCpu = (server.cpu() - before[0]) / requests
          const databaseCpu = (database.cpu() - before[1]) / requests
          if (round > 0) measured[n]!.push({ ...result, serverCpu, databaseCpu })
        }
      const of = (n: number, key: 'perSecond' | 'p50' | 'p99' | 'serverCpu' | 'databaseCpu') =>
        median(measured[n]!.map((result) => result[key]))
      for (const [n, { server }] of contenders.entries()) {
        const failed = measured[n]!.flatMap(({ statuses }) =>
          Object.entries(statuses).filter(([status]) => !status.startsWith('2')),
        )
        const cpu = (m: number) => of(m, 'serverCpu') + of(m, 'databaseCpu')
        const cells = [
          n === 0 ? row.name : '',
          server.name,
          of(n, 'perSecond').toFixed(0),
          of(n, 'p50').toFixed(2),
          of(n, 'p99').toFixed(2),
          (of(n, 'perSecond') / of(0, 'perSecond')).toFixed(2),
          of(n, 'serverCpu').toFixed(0),
          of(n, 'databaseCpu').toFixed(0),
          (cpu(0) / cpu(n)).toFixed(2),
        ]
        print(columns(cells) + (failed.length > 0 ? `  ${JSON.stringify(failed)}` : ''))
      }
    }
    const loaded = servers.map((server) => server.memory())
    print('')
    await commitToReaction(sql, clients[0]!, 300, null) // until the code is warm
    for (const perSecond of [null, 50]) {
      const ms = await commitToReaction(sql, clients[0]!, 200, perSecond)
      const at = (share: number) => quantile(ms, share).toFixed(1)
      const pace = perSecond === null ? 'one deposit after the other' : `${perSecond} deposits a second`
      print(
        `commit -> reaction in another service, ${pace}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (N = ${ms.length})`,
      )
    }
    for (const [n, server] of servers.entries())
      print(
        `${server.name}: ready after ${(server.readyMs / 1000).toFixed(2)} s; resident ${readyMemory[n]!.toFixed(0)} MB before the load, ${loaded[n]!.toFixed(0)} MB after it`,
      )
  } finally {
    await sql.end()
    for (const server of servers) await server.stop()
    await database.stop()
  }
}
