import { randomBytes, randomInt } from 'node:crypto'
import { events } from '../../contracts/catalog.ts'
import {
  DeciderDossier,
  DemanderCorrection,
  EnvoyerMessage,
  ListerDossiersAgent,
  ModifierDossier,
  RouvrirDossier,
} from '../../contracts/demarches.ts'
import { LireDocument, SupprimerDocument } from '../../contracts/documents.ts'
import { ListerEvenements } from '../../contracts/hub.ts'
import { ModifierMoi } from '../../contracts/identity.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { pdf } from '../documents/fixtures.ts'
import { inInstruction } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { stranger, system } from '../support/people.ts'

/** What each thing that is somebody's own is called in this test: a word that occurs nowhere else. */
const canaries = new Map<string, string>()

function canary(where: string): string {
  const word = `canari${randomBytes(9).toString('hex')}`
  canaries.set(where, word)
  return word
}

function telephone(where: string): string {
  const number = `06${String(randomInt(1e8)).padStart(8, '0')}`
  canaries.set(where, number)
  return number
}

/** Every row of these tables, as text, that holds the word; binary columns are text in hexadecimal. */
async function rowsWith(word: string, tables: readonly string[]): Promise<string[]> {
  const found = []
  for (const table of tables) {
    const rows = await hubDatabase().unsafe<{ row: string }[]>(
      `select r::text as row from ${table} r where r::text ilike $1 or r::text ilike $2`,
      [`%${word}%`, `%${Buffer.from(word).toString('hex')}%`],
    )
    found.push(...rows.map(({ row }) => `${table}: ${row}`))
  }
  return found
}

const tablesOfTheHub = [
  'hub.event',
  'hub.lane',
  'hub.timer',
  'hub.request',
  'hub.journal',
  'hub.cursor',
  'hub.trace_part',
]

test('nothing that a person said of themselves is in what the hub keeps of events, lanes, timers, requests and acts', async () => {
  const subject = canary('subject of the token')
  const usager = stranger(['usager'], {
    sub: subject,
    given_name: canary('given name of the token'),
    family_name: canary('family name of the token'),
    email: `${canary('e-mail of the token')}@example.org`,
  })
  const agentSubject = canary('subject of the agent')
  const agent = stranger(['usager', 'agent:etat-civil'], {
    sub: agentSubject,
    family_name: canary('name of the agent'),
  })
  await usager.ok(ModifierMoi, {
    prenom: canary('profile: prenom'),
    nom: canary('profile: nom'),
    courriel: `${canary('profile: courriel')}@example.org`,
    telephone: telephone('profile: telephone'),
  })

  const piece = await usager.uploaded(
    'etat-civil',
    pdf(canary('content of a file')),
    `${canary('name of a file')}.pdf`,
  )
  const dropped = await usager.uploaded('etat-civil', pdf(), `${canary('name of a deleted file')}.pdf`)
  await usager.ok(SupprimerDocument, { id: dropped.id })
  const { id } = await inInstruction(usager, agent, {
    formulaire: {
      ...formulairesValides['acte-de-naissance'],
      titulaire: {
        nomNaissance: canary('form: nomNaissance'),
        prenoms: canary('form: prenoms'),
        dateNaissance: '1990-02-28',
      },
      demandeur: {
        nom: canary('form: nom'),
        prenom: canary('form: prenom'),
        courriel: `${canary('form: courriel')}@example.org`,
      },
      adresseEnvoi: { voie: canary('form: voie'), codePostal: '92240', commune: canary('form: commune') },
    },
    pieces: [{ piece: 'justificatif-identite', documentId: piece.id }],
  })
  const { corrections } = await agent.ok(DemanderCorrection, {
    id,
    motif: 'perime',
    texte: canary('text of a correction'),
  })
  await usager.ok(ModifierDossier, {
    id,
    formulaire: {
      ...formulairesValides['acte-de-naissance'],
      demandeur: { nom: canary('form, changed: nom'), prenom: 'A', courriel: 'a@example.org' },
    },
  })
  await usager.ok(EnvoyerMessage, {
    id,
    texte: canary('answer to a correction'),
    correctionId: corrections[0]!.id,
  })
  await agent.ok(EnvoyerMessage, { id, texte: canary('message of the agent') })
  await agent.ok(ListerDossiersAgent, { texte: canary('what the agent searched') })
  const decision = await agent.uploaded('etat-civil', pdf(), `${canary('name of the decision')}.pdf`, 'agent')
  await agent.ok(DeciderDossier, {
    id,
    sens: 'refuse',
    motivation: canary('motivation'),
    documentId: decision.id,
  })
  await eventually(async () =>
    expect((await usager.ok(LireDocument, { id: decision.id })).statut).toBe('decision'),
  )
  await agent.ok(RouvrirDossier, { id, texte: canary('text of the reopening') })
  // Refused requests leave nothing either.
  await usager.send('POST', '/v1/dossiers', { body: { demarche: canary('an unknown demarche') } })
  await usager.send('POST', `/v1/dossiers/${id}/depot`, { body: { inconnu: canary('an unknown field') } })

  const [row] = await hubDatabase()<
    { n: number }[]
  >`select count(*)::int as n from hub.event where subject = ${`dossier/${id}`}`
  expect(row!.n).toBe(9)
  expect(canaries.size).toBeGreaterThan(25)
  for (const [where, word] of canaries)
    expect([where, await rowsWith(word, tablesOfTheHub)]).toEqual([where, []])
})

test('the search for these words finds them where they belong, so it would find them elsewhere', async () => {
  const stored: [string, string][] = [
    ['profile: nom', 'identity.compte'],
    ['profile: telephone', 'identity.compte'],
    ['form, changed: nom', 'demarches.dossier'],
    ['answer to a correction', 'demarches.message'],
    ['name of a file', 'documents.document'],
  ]
  for (const [where, table] of stored)
    expect([where, (await rowsWith(canaries.get(where)!, [table])).length]).toEqual([where, 1])
})

test('the account and the issuer’s subject stay within identity: no other schema holds them', async () => {
  const [compte] = await hubDatabase()<{ id: string; sujet: string }[]>`
    select id, sujet from identity.compte where sujet = ${canaries.get('subject of the token')!}`
  const tables = await hubDatabase()<{ name: string }[]>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema in ('hub', 'demarches', 'documents') and table_type = 'BASE TABLE'`
  expect(tables.length).toBeGreaterThan(8)
  for (const word of [compte!.id, compte!.sujet])
    expect(
      await rowsWith(
        word,
        tables.map((table) => table.name),
      ),
    ).toEqual([])
})

test('two sectors know one person by two identifiers', async () => {
  const usager = stranger()
  const demarches = [
    'acte-de-naissance',
    'stationnement-residentiel',
    'accompagnement-numerique',
    'inscription-scolaire',
  ]
  const ids = []
  for (const demarche of demarches) {
    const { body } = await usager.send<{ id: string }>('POST', '/v1/dossiers', { body: { demarche } })
    const [event] = await hubDatabase()<{ usagerId: string; actorId: string }[]>`
      select usager_id, actor_id from hub.event where subject = ${`dossier/${body.id}`}`
    expect(event!.actorId).toBe(event!.usagerId)
    ids.push(event!.usagerId)
  }
  expect(new Set(ids).size).toBe(4)
})

test('no event that was ever written here holds a field that its contract does not know', async () => {
  const all = await hubDatabase()<{ type: string; data: Record<string, unknown> }[]>`
    select type, data from hub.event where type like 'guichet.%'`
  const fields = new Map<string, Set<string>>()
  for (const { type, data } of all)
    fields.set(type, new Set([...(fields.get(type) ?? []), ...Object.keys(data)]))
  for (const [type, names] of fields) {
    const known = Object.keys(events.get(type)?.data.shape ?? {})
    expect([type, [...names].filter((name) => !known.includes(name))]).toEqual([type, []])
  }
  expect(fields.size).toBeGreaterThan(8)
})

test('the feed for staff systems holds none of these words', async () => {
  let feed = ''
  for (let apres = 0; ; ) {
    const page = await system().ok(ListerEvenements, { apres, limite: 500 })
    feed += JSON.stringify(page.elements)
    if (page.elements.length === 0) break
    apres = page.apres
  }
  expect(feed.length).toBeGreaterThan(1000)
  for (const [where, word] of canaries) expect([where, feed.includes(word)]).toEqual([where, false])
})
