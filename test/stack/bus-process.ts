import { connect, type NatsConnection } from 'nats'
import { JetStreamBus } from '../../infra/bus-jetstream.ts'
import { createPool, type Db, type Sql } from '../../infra/db.ts'
import { Election } from '../../infra/election.ts'
import { roleOf } from '../../infra/migrate.ts'
import { connectNats } from '../../infra/nats.ts'
import { Publisher } from '../../infra/publisher.ts'
import { Relay } from '../../infra/relay.ts'
import { Signal } from '../../infra/signal.ts'
import { streamName } from '../../infra/stream.ts'
import type { Consumer } from '../../infra/subscriptions.ts'
import { log } from '../infra/essai.ts'
import type { TestDatabase } from '../support/database.ts'

/** One hub process's share: relay, publisher, bus. */
export interface BusProcess {
  readonly db: Db
  stop(): Promise<void>
}

export async function startBus(
  db: Pick<TestDatabase, 'url'>,
  natsUrl: string,
  consumers: readonly Consumer[],
): Promise<BusProcess> {
  const sql = createPool({ url: db.url, max: 6, name: 'test hub' })
  const reactions: Db = {
    sql: createPool({ url: db.url, max: 10, name: 'test', role: roleOf('demarches') }),
    committed: new Signal(),
  }
  const ranked = new Signal()
  const election = new Election(db.url)
  const nats = await connectNats(natsUrl, 'essai', log)
  const relay = new Relay({ sql, election, committed: reactions.committed, ranked, log })
  const publisher = new Publisher({ sql, nats, election, ranked, consumers, staff: [], log })
  const subscription = { db: reactions, now: () => new Date(), log, retryBaseMs: 5 }
  const bus = new JetStreamBus({ sql, election, ranked, subscription, nats }, consumers)
  return {
    db: reactions,
    async stop() {
      await Promise.all([bus.stop(), publisher.stop(), relay.stop()])
      await nats.close()
      await election.close()
      await Promise.all([sql.end({ timeout: 1 }), reactions.sql.end({ timeout: 1 })])
    },
  }
}

export async function withNats<T>(natsUrl: string, work: (nc: NatsConnection) => Promise<T>): Promise<T> {
  const nc = await connect({ servers: natsUrl.split(',') })
  try {
    return await work(nc)
  } finally {
    await nc.close()
  }
}

/** What the stream holds, against the log: every message is the event of its number. */
export async function auditStream(sql: Sql, natsUrl: string) {
  const ids = await sql<{ id: string; rang: number }[]>`select id, rang from hub.event order by rang`
  return await withNats(natsUrl, async (nc) => {
    const manager = await nc.jetstreamManager()
    const { state } = await manager.streams.info(streamName)
    const wrong: number[] = []
    for (const { id, rang } of ids.filter((event) => event.rang >= state.first_seq)) {
      const message = await manager.streams.getMessage(streamName, { seq: rang }).catch(() => null)
      if (message?.header.get('Nats-Msg-Id') !== id) wrong.push(rang)
    }
    return { wrong, last: state.last_seq, events: ids.length, messages: state.messages }
  })
}
