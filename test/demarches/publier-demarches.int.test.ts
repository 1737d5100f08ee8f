import { randomUUID } from 'node:crypto'
import { DemarchePubliee } from '../../contracts/demarches.ts'
import type { Demarche } from '../../contracts/demarches.ts'
import { Signal } from '../../infra/signal.ts'
import { demarche, versions } from '../../services/demarches/catalogue.ts'
import { derniereConnue, demarcheDe } from '../../services/demarches/definitions.ts'
import { lireDemarche, listerDemarches } from '../../services/demarches/lister-demarches.ts'
import { publierDemarches } from '../../services/demarches/publier-demarches.ts'
import * as store from '../../services/demarches/store.ts'
import { creer } from '../../services/demarches/transitions.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { formulairesValides } from './exemples.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await freshDatabase()
})
afterEach(() => database.drop())

/** A process of the service. */
function process() {
  const told: object[] = []
  const silent = () => {}
  const log = {
    error: (fields: object) => void told.push(fields),
    warn: silent,
    info: silent,
    debug: silent,
    child: () => log,
  }
  return {
    ground: {
      db: { sql: database.role('demarches'), committed: new Signal() },
      now: () => new Date(),
      log,
    },
    told,
  }
}
type Ground = ReturnType<typeof process>['ground']

const events = () => database.sql<{ sequence: number; data: { demarche: string; version: number } }[]>`
  select sequence, data from hub.event where type = ${DemarchePubliee.type} and subject = 'catalogue/demarches'
  order by sequence`
const reading = (ground: Ground) => [{}, ground as never] as const

/** What a newer release would publish. */
const nouvelle = (id: string, version: number): Demarche => ({
  ...demarche('acte-de-naissance')!,
  id,
  version,
  titre: `Nouvelle ${version}`,
})
async function publier({ db }: Ground, une: Demarche): Promise<void> {
  const version = await store.lireVersionDuCatalogue(db.sql)
  const origin = { source: 'demarches', actor: { kind: 'systeme', id: 'essai' }, time: new Date() } as const
  await store.publierDemarche(db, { demarche: une, version }, origin)
}

test('four processes that start at once publish each version once, with its event', async () => {
  const processes = [process(), process(), process(), process()]
  await Promise.all(processes.map(({ ground }) => publierDemarches(ground)))
  const published = await events()
  expect(published.map(({ sequence }) => sequence)).toEqual(versions.map((_, n) => n + 1))
  expect(published.map(({ data }) => `${data.demarche} v${data.version}`).toSorted()).toEqual(
    versions.map(({ id, version }) => `${id} v${version}`).toSorted(),
  )
  await publierDemarches(process().ground)
  expect(await events()).toHaveLength(versions.length)
  expect(processes.flatMap(({ told }) => told)).toEqual([])
})

test('what is offered is what was published, field by field in the order of its author', async () => {
  const { ground } = process()
  await publierDemarches(ground)
  const { elements } = await listerDemarches(...reading(ground))
  expect(elements.map(({ titre }) => titre)).toEqual(
    versions.map(({ titre }) => titre).toSorted((a, b) => a.localeCompare(b, 'fr')),
  )
  const read = await lireDemarche({ id: 'inscription-scolaire' }, ground as never)
  expect(JSON.stringify(read)).toBe(JSON.stringify(demarche('inscription-scolaire')))
})

test('a process of an older release offers what a newer one published, and reads its dossiers', async () => {
  const { ground } = process()
  await publierDemarches(ground)
  const id = `nouvelle-${randomUUID().slice(0, 8)}`
  await publier(ground, nouvelle(id, 1))
  await publier(ground, nouvelle(id, 2))
  const autre = `${id}-autre`
  await publier(ground, nouvelle(autre, 1))
  expect((await derniereConnue(ground.db.sql, autre))?.version).toBe(1)
  const begun = { demarcheId: id, demarcheVersion: 1 }
  expect((await demarcheDe(ground.db.sql, begun)).titre).toBe('Nouvelle 1')
  expect((await lireDemarche({ id }, ground as never)).version).toBe(2)
  expect((await derniereConnue(ground.db.sql, id))?.version).toBe(2)
  await expect(demarcheDe(ground.db.sql, { ...begun, demarcheVersion: 3 })).rejects.toThrow('is gone')
  expect(await derniereConnue(ground.db.sql, 'inconnue')).toBeUndefined()
})

test('no dossier is begun with a version that was replaced, whatever a process knows', async () => {
  const { ground } = process()
  await publierDemarches(ground)
  const known = demarche('acte-de-naissance')!
  const begin = (une: Demarche) => {
    const formulaire = formulairesValides['acte-de-naissance'] as Record<string, unknown>
    const reference = randomUUID().slice(0, 11)
    const ids = { id: randomUUID(), reference, usagerId: randomUUID() }
    const resultat = creer({ ...ids, formulaire, pieces: [] }, { demarche: une, maintenant: new Date() })
    const actor = { kind: 'usager' as const, id: ids.usagerId }
    return store.enregistrer(
      ground.db.sql,
      resultat,
      { source: 'demarches', actor, time: new Date() },
      {},
      '',
    )
  }
  expect(await begin(known)).toBe(true)
  await publier(ground, nouvelle('acte-de-naissance', 2))
  expect(await begin(known)).toBe(false)
  expect(await begin(nouvelle('acte-de-naissance', 2))).toBe(true)
})

test('a file that says something else than what was published is told, and has no effect', async () => {
  const { ground, told } = process()
  const id = versions[0]!.id
  await publier(ground, { ...versions[0]!, titre: 'Publiée autrement' })
  await publierDemarches(ground)
  expect(told).toEqual([{ subject: `${id} v1` }])
  expect((await lireDemarche({ id }, ground as never)).titre).toBe('Publiée autrement')
  expect((await derniereConnue(ground.db.sql, id))?.titre).toBe('Publiée autrement')
})

test('what was read before another process published is not published over it', async () => {
  const { ground } = process()
  const version = await store.lireVersionDuCatalogue(ground.db.sql)
  await publier(ground, nouvelle('a', 1))
  const origin = { source: 'demarches', actor: { kind: 'systeme', id: 'essai' }, time: new Date() } as const
  await store.publierDemarche(ground.db, { demarche: nouvelle('b', 1), version }, origin)
  expect(await events()).toHaveLength(1)
  expect(await store.lireDernieres(ground.db.sql, 'b')).toEqual([])
})
