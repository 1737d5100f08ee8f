import { createPool } from '../../infra/db.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { Client } from '../demo/client.ts'
import { signIn } from '../demo/sign-in.ts'
import { print, quantile } from './figures.ts'
import { commitToReaction } from './reactions.ts'
import { compare, type Contender, printHead, type Request } from './rows.ts'
import { type Server, startDatabase, startServer } from './servers.ts'

interface Compared extends Contender {
  readonly ids: readonly string[]
  readonly usagerId: string
}

const draft = { demarche: 'acte-de-naissance', formulaire: {} }
const rows: readonly { name: string; hub: (c: Compared) => Request; bare: (c: Compared) => Request }[] = [
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
    const hubs: Compared[] = []
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
      hubs.push({ ...server, token: () => session.token(), ids, usagerId: row!.usagerId })
      clients.push(client)
    }
    const bare: Compared = { ...hubs[0]!, ...(await start('bare', null)), token: async () => null }
    const readyMemory = servers.map((server) => server.memory())

    const shared = { pg: () => database.cpu() }
    printHead('bare', shared)
    for (const { name, hub: ofHub, bare: ofBare } of rows)
      await compare(name, [bare, ...hubs], shared, (one) => (one === bare ? ofBare(one) : ofHub(one)))
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
