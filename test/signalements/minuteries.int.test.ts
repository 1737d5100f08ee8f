import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, readConfig } from '../../infra/config.ts'
import type { Sql } from '../../infra/db.ts'
import { fireDue } from '../../infra/timers.ts'
import { identifiantDuJeton } from '../../services/signalements/jeton.ts'
import { minuteriesALaCreation, minuteriesDesSignalements } from '../../services/signalements/minuteries.ts'
import { creer } from '../../services/signalements/naissance.ts'
import { enregistrer, lireSecret, lireSignalement } from '../../services/signalements/store.ts'
import { lireEnvoi } from '../../services/signalements/store-temoignages.ts'
import { log, openDb } from '../infra/essai.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { type SmtpServer, startSmtpServer } from './smtp-server.ts'

const now = new Date('2026-11-27T10:00:00Z')
const courriel = 'camille.morel@example.org'
const timers = new Map(minuteriesDesSignalements.map((timer) => [timer.name, timer]))

let database: TestDatabase
let sql: Sql
let smtp: SmtpServer
let folder: string
beforeAll(async () => {
  database = await freshDatabase()
  sql = database.role('signalements')
  smtp = await startSmtpServer()
  folder = await mkdtemp(join(tmpdir(), 'guichet-courriels-'))
})
beforeEach(async () => {
  smtp.mails.splice(0)
  smtp.answer = null
  await database.sql`truncate hub.timer`
})
afterAll(async () => {
  await smtp.stop()
  await database.drop()
  await rm(folder, { recursive: true })
})

const bySmtp = (): Config =>
  readConfig({
    SMTP_URL: smtp.url,
    SMTP_FROM: 'Ville de Malakoff <guichet@malakoff.example>',
    HUB_DATA: folder,
  })

async function fire(at: Date, config = bySmtp()): Promise<number> {
  return await fireDue({ db: openDb(sql), now: () => at, log, config }, timers)
}

async function waiting(): Promise<string> {
  const id = randomUUID()
  const { etat, evenement } = creer(
    {
      id,
      reference: id.slice(0, 11),
      usagerId: null,
      client: null,
      secteur: 'espace-public',
      service: 'voirie',
      categorie: 'panneau',
      categorieJeu: 1,
      latitude: 48.8175,
      longitude: 2.297,
      adresse: null,
      description: 'Ce que j’ai écrit.',
      reponses: {},
      photos: [],
      lienMedia: null,
      contact: { courriel },
      constateLe: now.toISOString(),
    },
    { maintenant: now, delaiJoursOuvres: 3, aConfirmer: true },
  )
  const origin = { source: 'signalements', actor: { kind: 'usager', id: null }, time: now } as const
  await enregistrer(sql, { etat, evenement }, origin, minuteriesALaCreation(etat))
  return id
}

const rows = async () =>
  await database.sql<{ name: string; attempts: number; stopped: boolean; error: string | null }[]>`
    select name, attempts, stopped, error from hub.timer order by name`

/** The text that a person reads, from quoted-printable or base64 (RFC 2045). */
function textOf(mail: string): string {
  const [head = '', body = ''] = mail.split(/\r?\n\r?\n([^]*)/)
  if (/^Content-Transfer-Encoding: base64/im.test(head)) return Buffer.from(body, 'base64').toString()
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

test('the link is sent at once, once, and is that of this report', async () => {
  const id = await waiting()
  expect(await fire(now)).toBe(1)
  expect(await fire(now)).toBe(0)
  expect(smtp.mails).toHaveLength(1)
  const mail = smtp.mails[0]!
  expect(mail).toMatch(new RegExp(`^To: ${courriel}`, 'm'))
  expect(mail).toContain(`<${id}@malakoff.example>`)
  const text = textOf(mail)
  const [, jeton = ''] = /http:\/\/localhost:3000\/signalements\/confirmation#(\S+)/.exec(text) ?? []
  expect(identifiantDuJeton(await lireSecret(sql), jeton)).toBe(id)
  expect(text).toContain('Panneau abîmé ou manquant')
  expect(text).not.toContain('Ce que j’ai écrit')
})

test('without a mail server it is written where only the hub’s administrator reads it', async () => {
  const id = await waiting()
  expect(await fire(now, readConfig({ HUB_DATA: folder }))).toBe(1)
  const path = join(folder, 'courriels', `${id}.eml`)
  expect(textOf(await readFile(path, 'utf8'))).toContain('/signalements/confirmation#')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await readdir(join(folder, 'courriels'))).filter((name) => name.endsWith('.part'))).toEqual([])
})

test.each([
  ['refuses', '550 no such user'],
  ['says nothing', 'silence'],
])(
  'a server that %s: it is tried again later, and then it goes',
  async (_, answer) => {
    const id = await waiting()
    smtp.answer = answer
    expect(await fire(now)).toBe(0)
    expect(await rows()).toMatchObject([
      { name: 'signalements.lien', attempts: 1, stopped: false, error: 'Error' },
      { name: 'signalements.oubli', attempts: 0 },
    ])
    smtp.answer = null
    expect(await fire(new Date(now.getTime() + 60_000))).toBe(1)
    expect(smtp.mails).toHaveLength(1)
    expect(smtp.mails[0]).toContain(id)
  },
  20_000,
)

test('a server that is away stops nobody else’s timers', async () => {
  await waiting()
  await waiting()
  const away = readConfig({ SMTP_URL: 'smtp://127.0.0.1:1', SMTP_FROM: 'a@example.org', HUB_DATA: folder })
  expect(await fire(now, away)).toBe(0)
  expect((await rows()).filter(({ attempts }) => attempts === 1)).toHaveLength(2)
})

test('what nobody confirmed within two days is erased, with all that was written in it', async () => {
  const id = await waiting()
  await fire(now)
  expect(await fire(new Date(now.getTime() + 48 * 3_600_000 - 1))).toBe(0)
  expect(await lireSignalement(sql, { id })).not.toBeNull()
  expect(await fire(new Date(now.getTime() + 48 * 3_600_000))).toBe(1)
  expect(await lireSignalement(sql, { id })).toBeNull()
  // Its id is not free again: what is sent under it is told so.
  expect(await lireEnvoi(sql, id)).toBe('efface')
  const events = await database.sql<{ type: string; sequence: number }[]>`
    select type, sequence from hub.event where subject = ${`signalement/${id}`} order by sequence`
  expect([...events]).toEqual([
    { type: 'guichet.signalement.recu.v1', sequence: 1 },
    { type: 'guichet.signalement.abandonne.v1', sequence: 2 },
  ])
})

test('a token of another database, of another report, or changed by a character is none', async () => {
  const secret = await lireSecret(sql)
  const { jetonDe } = await import('../../services/signalements/jeton.ts')
  const id = randomUUID()
  const jeton = jetonDe(secret, id)
  expect(identifiantDuJeton(secret, jeton)).toBe(id)
  expect(identifiantDuJeton(Buffer.alloc(32), jeton)).toBeNull()
  const other = randomUUID().replaceAll('-', '')
  expect(identifiantDuJeton(secret, other + jeton.slice(32))).toBeNull()
  for (const wrong of ['', 'x', jeton.slice(1), `${jeton}a`, jeton.slice(0, 32), jeton.toUpperCase()])
    expect(identifiantDuJeton(secret, wrong)).toBeNull()
})
