import { type Client as ClientType, Client } from '../demo/client.ts'
import { signIn } from '../demo/sign-in.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { eventually } from '../support/eventually.ts'
import { check, noFault } from './checkers.ts'
import { type Cluster, settle, startCluster } from './cluster.ts'
import type { History } from './load.ts'
import { seeded } from './scale.ts'
import { record } from './table.ts'

let cluster: Cluster

afterEach(() => cluster.close())

async function setUp(plant?: string): Promise<ClientType> {
  cluster = await startCluster({ random: seeded(), ...(plant && { plant }) })
  return new Client(cluster.url, await signIn(cluster.url, 'amina', demoPassword))
}

/** One acknowledged step. */
async function createDossier(amina: ClientType): Promise<History> {
  const { body } = await amina.post<{ id: string }>('/v1/dossiers', {
    demarche: 'acte-de-naissance',
    formulaire: {},
  })
  return {
    acknowledged: [{ dossierId: body.id, version: 1, type: 'guichet.dossier.cree.v1' }],
    dossiers: [body.id],
    pieces: [],
    decisions: [],
  }
}

const together = (histories: readonly History[]): History => ({
  acknowledged: histories.flatMap(({ acknowledged }) => acknowledged),
  dossiers: histories.flatMap(({ dossiers }) => dossiers),
  pieces: [],
  decisions: [],
})
const killAll = () => Promise.all(cluster.hubs.map((hub) => hub.kill()))
const startAll = () => Promise.all(cluster.hubs.map((hub) => hub.start()))
const countEffects = async () => (await cluster.database.sql`select from probe.effect`).length

async function effectsAfterRestart(history: History) {
  await startAll()
  const { verdict, counts } = await settle(cluster, history)
  return {
    effects: counts.effects,
    lost: verdict.lostSteps + verdict.lostEffects,
    doubled: verdict.doubledEffects,
  }
}

test('killed between a commit and its reaction, the hub reacts once when it is back', async () => {
  const amina = await setUp()
  let history: History | undefined
  // The reaction waits for this lock; the request does not.
  await cluster.database.sql.begin(async (tx) => {
    await tx`lock table probe.effect in exclusive mode`
    history = await createDossier(amina)
    await eventually(async () => {
      const waiting = await cluster.database
        .sql`select from pg_stat_activity where wait_event_type = 'Lock' and query like '%probe.effect%'`
      expect(waiting.length).toBeGreaterThan(0)
    })
    await killAll()
  })
  expect(await effectsAfterRestart(history!)).toEqual({ effects: 1, lost: 0, doubled: 0 })
}, 60_000)

test('killed between a reaction’s commit and its cursor, the hub does not react again', async () => {
  const amina = await setUp()
  let history: History | undefined
  await cluster.database.sql.begin(async (tx) => {
    await tx`lock table hub.cursor in exclusive mode`
    history = await createDossier(amina)
    await eventually(async () => expect(await countEffects()).toBe(1))
    await killAll()
  })
  expect(await effectsAfterRestart(history!)).toEqual({ effects: 1, lost: 0, doubled: 0 })
}, 60_000)

test('the checkers catch a lane that is marked outside the transaction of its effect', async () => {
  const amina = await setUp('lane')
  const history = await createDossier(amina)
  await eventually(async () => expect(await countEffects()).toBe(1))
  await killAll()
  const { doubled } = await effectsAfterRestart(history)
  await eventually(async () => expect(await countEffects()).toBeGreaterThan(1))
  const seen = (await settle(cluster, history)).verdict.doubledEffects + doubled
  record({ plant: 'lane', caught: seen > 0 })
  expect(seen).toBeGreaterThan(0)
}, 60_000)

test('the checkers catch an event that is published from memory', async () => {
  const amina = await setUp('memory')
  const forgotten = await createDossier(amina)
  await killAll()
  await startAll()
  // Whoever has seen the later one has seen all that there is to see.
  const later = await createDossier(amina)
  await eventually(async () => expect(await countEffects()).toBeGreaterThan(0))
  const { lostSteps } = (await check(cluster.database.sql, together([forgotten, later]))).verdict
  record({ plant: 'memory', caught: lostSteps > 0 })
  expect(lostSteps).toBe(1)
}, 60_000)

/** The next event of the log stays uncommitted until the result is called: others commit meanwhile. */
async function holdNextEvent(): Promise<() => Promise<void>> {
  const { sql } = cluster.database
  const [row] = await sql<
    { next: number }[]
  >`select last_value + is_called::int as next from hub.event_position_seq`
  await sql.unsafe(`
    create function probe.wait() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(4711); return null; end $$;
    create trigger wait after insert on hub.event for each row when (new.position = ${row!.next})
      execute function probe.wait();`)
  const holder = await sql.reserve()
  await holder`select pg_advisory_lock(4711)`
  return async () => {
    await holder`select pg_advisory_unlock(4711)`
    holder.release()
  }
}

async function commitLate(amina: ClientType): Promise<History> {
  const first = await createDossier(amina) // and the account, by an event of its own
  const letGo = await holdNextEvent()
  const late = createDossier(amina)
  await eventually(async () => {
    const waiting = await cluster.database
      .sql`select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted`
    expect(waiting.length).toBe(1)
  })
  const before = await createDossier(amina)
  await eventually(async () => expect(await countEffects()).toBe(2))
  await letGo()
  const histories = [first, await late, before, await createDossier(amina)]
  // Whoever has seen the last has seen the late one, too.
  await eventually(async () => expect(await countEffects()).toBeGreaterThanOrEqual(3))
  return together(histories)
}

test('an event that commits after a later one is delivered, and the checkers find nothing', async () => {
  const history = await commitLate(await setUp())
  expect((await settle(cluster, history)).verdict).toEqual(noFault)
}, 60_000)

test('the checkers catch a relay that goes on from the last position', async () => {
  const history = await commitLate(await setUp('relay'))
  const { verdict } = await check(cluster.database.sql, history)
  record({ plant: 'relay', caught: verdict.lostEffects > 0 })
  expect(verdict).toMatchObject({ lostSteps: 0, lostEffects: 1, wrongRanks: 1 })
}, 60_000)
