import { randomInt, randomUUID } from 'node:crypto'
import type { Db, Sql } from '../../infra/db.ts'
import { createLogger } from '../../infra/log.ts'
import { Signal } from '../../infra/signal.ts'
import { readConfig } from '../../infra/config.ts'
import { fireDue } from '../../infra/timers.ts'
import type { Demarche } from '../../contracts/demarches.ts'
import { type Actor, Secteur } from '../../contracts/principal.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from '../../services/demarches/changer-dossier.ts'
import { demarche } from '../../services/demarches/catalogue.ts'
import type { EtatDuDossier, Resultat } from '../../services/demarches/dossier.ts'
import { minuteries, minuteriesDesDossiers } from '../../services/demarches/minuteries.ts'
import { nouvelleReference } from '../../infra/reference.ts'
import { enregistrer } from '../../services/demarches/store.ts'
import { type Commande, creer, executer } from '../../services/demarches/transitions.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { formulairesValides } from './exemples.ts'

let database: TestDatabase
let sql: Sql
const timers = new Map(minuteriesDesDossiers.map((timer) => [timer.name, timer]))
const log = createLogger({ logLevel: 'silent', logPretty: false })

beforeAll(async () => {
  database = await freshDatabase()
  sql = database.role('demarches')
})
afterAll(() => database.drop())

/** 10:00 in Paris, winter or summer: the day is what counts. */
const le = (jour: string) => new Date(`${jour}T09:00:00Z`)

function definition(id: string): Demarche {
  return demarche(id)!
}

/** Deposited on 15 January 2027; with two months, its legal day is 16 March. */
async function deposer(id: string): Promise<EtatDuDossier> {
  const maintenant = le('2027-01-15')
  const contexte = { demarche: definition(id), maintenant }
  const nouveau = { id: randomUUID(), reference: nouvelleReference(randomInt), usagerId: randomUUID() }
  const pieces = contexte.demarche.pieces
    .filter((p) => p.obligatoire)
    .map((p) => ({ piece: p.id, documentId: randomUUID() }))
  const brouillon = creer({ ...nouveau, formulaire: formulairesValides[id]!, pieces }, contexte)
  await ranger(brouillon, maintenant)
  return await commander(brouillon.etat, { type: 'deposer' }, 'usager', maintenant)
}

async function commander(
  dossier: EtatDuDossier,
  commande: Commande,
  role: 'usager' | 'agent',
  maintenant: Date,
) {
  const resultat = executer(dossier, commande, { demarche: definition(dossier.demarcheId), maintenant, role })
  await ranger(resultat, maintenant)
  return resultat.etat
}

async function ranger(resultat: Resultat, maintenant: Date): Promise<void> {
  const origin = {
    source: 'demarches',
    actor: { kind: 'usager' as const, id: resultat.etat.usagerId },
    time: maintenant,
  }
  const contexte = { demarche: definition(resultat.etat.demarcheId), maintenant }
  expect(await enregistrer(sql, resultat, origin, minuteries(resultat.etat, contexte), '')).toBe(true)
}

async function fireAt(maintenant: Date): Promise<number> {
  const db: Db = { sql, committed: new Signal() }
  return await fireDue({ db, now: () => maintenant, log, config: readConfig({}) }, timers)
}

async function eventsOf(dossier: EtatDuDossier) {
  return await sql<{ name: string; data: { joursRestants?: number; implicite?: boolean; sens?: string } }[]>`
    select split_part(type, '.', 3) as name, data from hub.event where subject = ${`dossier/${dossier.id}`} order by sequence`
}

test('the clock warns agents 14 and 3 days before, then silence rejects, each once', async () => {
  const dossier = await deposer('stationnement-residentiel')
  expect(await fireAt(le('2027-03-01'))).toBe(0)
  expect(await fireAt(le('2027-03-02'))).toBe(1)
  expect(await fireAt(le('2027-03-02'))).toBe(0)
  expect(await fireAt(le('2027-03-13'))).toBe(1)
  expect(await fireAt(le('2027-03-15'))).toBe(0)
  expect(await fireAt(new Date('2027-03-15T23:00:00Z'))).toBe(1) // 16 March, 00:00 in Paris
  const events = await eventsOf(dossier)
  expect(events.map((event) => event.name)).toEqual([
    'cree',
    'depose',
    'echeance-proche',
    'echeance-proche',
    'decide',
  ])
  expect(events.flatMap((event) => event.data.joursRestants ?? [])).toEqual([14, 3])
  expect(events.at(-1)!.data).toMatchObject({ implicite: true, sens: 'refuse' })
  const [row] = await sql`select etat, decision->>'le' as le from demarches.dossier where id = ${dossier.id}`
  expect(row).toEqual({ etat: 'refuse', le: '2027-03-15T23:00:00.000Z' })
})

test('a hub that was off for months catches up: one decision, dated from the law, and no late warnings', async () => {
  const dossier = await deposer('stationnement-residentiel')
  await fireAt(le('2027-08-01'))
  await fireAt(le('2027-08-01'))
  const names = (await eventsOf(dossier)).map((event) => event.name)
  expect(names).toEqual(['cree', 'depose', 'decide'])
  expect(
    await sql`select from hub.timer where subject = ${`dossier/${dossier.id}`} and due_at is not null`,
  ).toHaveLength(0)
})

test('while a correction is open nothing fires; the answer moves the day and arms the clock again', async () => {
  const depose = await deposer('stationnement-residentiel')
  const ids = { correctionId: randomUUID(), messageId: randomUUID() }
  const demande = await commander(
    depose,
    { type: 'demander_correction', motif: 'incorrect', texte: 'À revoir', ...ids },
    'agent',
    le('2027-02-01'),
  )
  expect(await fireAt(le('2027-03-20'))).toBe(0)
  const reponse = {
    type: 'envoyer_message',
    texte: 'Voici',
    messageId: randomUUID(),
    correctionId: ids.correctionId,
  } as const
  const repondu = await commander(demande, reponse, 'usager', le('2027-02-11'))
  expect(repondu.echeanceLe).toBe('2027-03-27') // 16 March + 11 days
  expect(await fireAt(le('2027-03-26'))).toBeGreaterThan(0) // the warning of 3 days
  expect(await fireAt(le('2027-03-27'))).toBe(1)
  expect((await eventsOf(depose)).at(-1)).toMatchObject({ name: 'decide', data: { implicite: true } })
})

test('a dossier decided in time is left alone by its timers', async () => {
  const depose = await deposer('stationnement-residentiel')
  const instruit = await commander(depose, { type: 'instruire' }, 'agent', le('2027-01-20'))
  await commander(instruit, { type: 'decider', sens: 'accepte' }, 'agent', le('2027-01-21'))
  expect(await fireAt(le('2027-09-01'))).toBe(0)
})

test('where silence means nothing, agents are warned and nothing is decided', async () => {
  const dossier = await deposer('acte-de-naissance')
  await fireAt(le('2028-01-01'))
  expect((await eventsOf(dossier)).map((event) => event.name)).not.toContain('decide')
})

test('an agent who decides after the legal day, before the timer fired, comes too late', async () => {
  const depose = await deposer('stationnement-residentiel')
  const instruit = await commander(depose, { type: 'instruire' }, 'agent', le('2027-01-20'))
  const maintenant = le('2027-03-16')
  const call = {
    db: { sql, committed: new Signal() },
    now: () => maintenant,
    principal: {
      kind: 'personne',
      client: 'bureau',
      acteurId: randomUUID(),
      usagers: Object.fromEntries(Secteur.options.map((secteur) => [secteur, randomUUID()])),
      agentDe: ['espace-public'],
      administrateur: false,
      aidant: false,
    },
    origin: (actor: Actor) => ({ source: 'demarches', actor, time: maintenant }),
  } as unknown as Call
  const decision = changerDossier(call, { id: instruit.id }, ['agent'], { type: 'decider', sens: 'accepte' })
  await expect(decision).rejects.toMatchObject({ code: 'transition-impossible' })
  expect((await eventsOf(depose)).at(-1)).toMatchObject({
    name: 'decide',
    data: { implicite: true, sens: 'refuse' },
  })
})
