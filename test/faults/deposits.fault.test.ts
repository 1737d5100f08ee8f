import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { Client } from '../demo/client.ts'
import { type Session, signIn } from '../demo/sign-in.ts'
import { noFault } from './checkers.ts'
import { type Cluster, settle, startCluster } from './cluster.ts'
import { draftWithPiece, type History } from './load.ts'
import { deposits, seeded } from './scale.ts'
import { record } from './table.ts'

interface Reply {
  readonly status: number
  readonly body: string
  readonly retryAfter: string | undefined
}

/** Every socket is its own: as many people at the door as there are requests. */
const agent = new Agent({ keepAlive: false, maxSockets: Infinity })

function post(url: string, token: string, key: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key, 'content-length': 0 }
    httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      let body = ''
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => {
          body += chunk
        })
        .on('error', reject)
        .on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, retryAfter: response.headers['retry-after'] }),
        )
    })
      .on('error', reject)
      .end()
  })
}

const patienceMs = 300_000

/** Asks until it is decided: a request that is shed (503) comes back when it was told to, as does one that was cut. */
async function deposit(url: string, session: Session, key: string, random: () => number, tally: Tally) {
  const end = Date.now() + patienceMs
  for (;;) {
    const reply = await post(url, await session.token(), key).catch(() => null)
    if (reply?.status === 503) tally.shed++
    if (reply?.status === 503 && !reply.retryAfter) tally.withoutRetryAfter++
    if (!reply) tally.cut++
    if (reply && reply.status !== 503) return reply
    if (Date.now() > end) throw new Error('a deposit was never decided')
    await delay((0.5 + random()) * 1000 * Number(reply?.retryAfter ?? 1))
  }
}

interface Tally {
  shed: number
  withoutRetryAfter: number
  cut: number
}

/** What one deposit leaves behind, and how often. */
async function traces({ database: { sql } }: Cluster, id: string, pieceId: string) {
  const [row] = await sql`
    select
      (select count(*)::int from hub.event where subject = ${`dossier/${id}`} and type = 'guichet.dossier.depose.v1') as deposits,
      (select count(*)::int from hub.event where subject = ${`dossier/${id}`}) as events,
      (select count(*)::int from probe.effect where subject = ${`dossier/${id}`} and type = 'guichet.dossier.depose.v1') as effects,
      (select count(*)::int from hub.event where subject = ${`document/${pieceId}`} and type = 'guichet.document.depose.v1') as frozen,
      (select count(distinct rang)::int from hub.event where subject = ${`dossier/${id}`}) as rangs,
      (select count(*)::int from hub.request where result_id = ${id}) as keys,
      (select version from demarches.dossier where id = ${id}) as version`
  return row
}

test(`one dossier deposited ${deposits} times at once is deposited once`, async () => {
  const random = seeded()
  const cluster = await startCluster({ random })
  try {
    const hands = await Promise.all(
      ['mobile', 'portail'].map((client) => signIn(cluster.url, 'amina', demoPassword, client)),
    )
    const { id, pieceId } = await draftWithPiece(new Client(cluster.url, hands[0]!))
    // Two in five press the same button again, two in five share ten keys, the last one has a key of its own.
    const keys = Array.from(
      { length: deposits },
      (_, n) => ['same', 'same', `k${n % 10}`, `k${n % 10}`, `own${n}`][n % 5]!,
    )
    const tally: Tally = { shed: 0, withoutRetryAfter: 0, cut: 0 }
    const started = performance.now()
    const times: number[] = []
    const replies = await Promise.all(
      keys.map(async (key, n) => {
        const hub = cluster.hubs[n % cluster.hubs.length]!
        const reply = await deposit(`${hub.url}/v1/dossiers/${id}/depot`, hands[n % 2]!, key, random, tally)
        times.push(performance.now() - started)
        return reply
      }),
    )
    const seconds = (performance.now() - started) / 1000

    const history: History = {
      acknowledged: [
        { dossierId: id, version: 1, type: 'guichet.dossier.cree.v1' },
        { dossierId: id, version: 2, type: 'guichet.dossier.depose.v1' },
      ],
      dossiers: [id],
      pieces: [{ dossierId: id, documentId: pieceId }],
      decisions: [],
    }
    const { verdict } = await settle(cluster, history)
    const seen = await traces(cluster, id, pieceId)
    const statuses = Object.entries(Object.groupBy(replies, ({ status }) => status))
      .map(([status, those]) => `${those!.length} x ${status}`)
      .join(', ')
    const sorted = times.toSorted((a, b) => a - b)
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]!)
    record({
      fault: 'one dossier deposited at once',
      sent: `${deposits} requests`,
      kills: 0,
      acknowledged: replies.filter(({ status }) => status === 200).length,
      effects: Number(seen?.effects),
      lost: verdict.lostSteps + verdict.lostEffects + verdict.lostInDocuments,
      doubled: Number(seen?.deposits) - 1 + verdict.doubledEffects + verdict.doubledInDocuments,
      reordered: verdict.reorderedEffects,
      unexpected: verdict.unexpected,
      wrongRanks: verdict.wrongRanks,
      seconds,
      note: `${statuses}; on the way ${tally.shed} x 503, ${tally.cut} cut; decided after ${at(0.5)} ms, 99 % after ${at(0.99)} ms`,
    })
    expect(verdict).toEqual(noFault)
    expect(seen).toEqual({ deposits: 1, events: 2, effects: 1, frozen: 1, rangs: 2, keys: 2, version: 2 })
    expect(replies.filter(({ status }) => ![200, 409, 429].includes(status))).toEqual([])
    expect(new Set(replies.filter(({ status }) => status === 200).map(({ body }) => body)).size).toBe(1)
    expect(tally.withoutRetryAfter).toBe(0)
  } finally {
    await cluster.close()
  }
}, 900_000)
