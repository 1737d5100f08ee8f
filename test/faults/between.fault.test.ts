import { type Client as ClientType, Client } from '../demo/client.ts'
import { signIn } from '../demo/sign-in.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { eventually } from '../support/eventually.ts'
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
  const history = await createDossier(amina)
  await killAll()
  const { lost } = await effectsAfterRestart(history)
  record({ plant: 'memory', caught: lost > 0 })
  expect(lost).toBe(1)
}, 60_000)
