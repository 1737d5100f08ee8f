import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { ServiceBroker } from 'moleculer'
import pino from 'pino'
import type { z } from 'zod'
import type { Action, EventContract } from '../../contracts/define.ts'
import { type Document, OuvrirLecture, OuvrirTeleversement } from '../../contracts/documents.ts'
import type { Personne, Secteur } from '../../contracts/principal.ts'
import { call } from '../../infra/call.ts'
import { readConfig } from '../../infra/config.ts'
import { commit } from '../../infra/event-log.ts'
import { idempotencyKey } from '../../infra/idempotency.ts'
import type { Redis } from '../../infra/redis.ts'
import { stamp, takeOver } from '../../infra/relay.ts'
import { type Ground, toMoleculerSchema } from '../../infra/service.ts'
import { Signal } from '../../infra/signal.ts'
import { type Consumer, deliver } from '../../infra/subscriptions.ts'
import { brokerOptions } from '../../moleculer.config.ts'
import documents from '../../services/documents/documents.service.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

/**
 * The documents service as the hub runs it, on a database and a folder of its own; `environment` adds variables.
 * @param shared what this process has in common with others
 */
export async function startBench(
  environment: NodeJS.ProcessEnv = {},
  shared: { database?: TestDatabase; redis?: Redis } = {},
) {
  const database = shared.database ?? (await freshDatabase())
  const folder = environment.HUB_DATA ?? (await mkdtemp(join(tmpdir(), 'guichet-documents-')))
  const lines: string[] = []
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line))
      done()
    },
  })
  const clock = { offsetMs: 0 }
  const ground: Ground = {
    db: { sql: database.role('documents'), committed: new Signal() },
    now: () => new Date(Date.now() + clock.offsetMs),
    log: pino({ level: 'trace' }, sink),
    config: readConfig({ NODE_ENV: 'test', ...environment, HUB_DATA: folder }),
    redis: shared.redis,
  }
  const broker = new ServiceBroker(brokerOptions())
  broker.createService(toMoleculerSchema(documents, ground))
  await broker.start()
  // The sweep that begins with the service must not meet the files that a test lays out.
  await until(() => Promise.resolve(lines.some((line) => line.includes('files swept'))))

  const ask = <A extends Action>(
    action: A,
    params: z.input<A['params']>,
    principal: Personne,
    key: string = randomUUID(),
  ) => {
    const { key: hash, body } = idempotencyKey({
      acteurId: principal.acteurId,
      route: action.name,
      key,
      body: JSON.stringify(params),
    })
    const idempotency = { key: hash.toString('hex'), body: body.toString('hex') }
    return call(broker, action, params, { principal, idempotency })
  }

  const bench = {
    ...database,
    folder: join(folder, 'documents'),
    ground,
    lines,
    ask,

    /** Moves the service's clock forward. */
    advance: (ms: number) => {
      clock.offsetMs += ms
    },

    /** Opens an upload and sends the bytes; the raw answer. */
    async send(
      principal: Personne,
      octets: Uint8Array<ArrayBuffer>,
      options: Upload = {},
    ): Promise<Response> {
      const { key, traceparent, ...params } = options
      const { url } = await ask(
        OuvrirTeleversement,
        { secteur: 'etat-civil', nom: 'piece.pdf', ...params },
        principal,
        key,
      )
      return await fetch(url, {
        method: 'PUT',
        body: octets,
        headers: { ...(traceparent && { traceparent }) },
      })
    },

    /** As `send`, and it must be taken. */
    async upload(
      principal: Personne,
      octets: Uint8Array<ArrayBuffer>,
      options: Upload = {},
    ): Promise<Document> {
      const response = await bench.send(principal, octets, options)
      expect(response.status).toBe(201)
      return (await response.json()) as Document
    },

    async read(principal: Personne, id: string, init: RequestInit = {}): Promise<Response> {
      const { url } = await ask(OuvrirLecture, { id }, principal)
      return await fetch(url, init)
    },

    /** The events about one document, in order. */
    events: (id: string) =>
      database.sql<Event[]>`
        select type, sequence, actor_kind, actor_id, usager_id, data, traceparent from hub.event
        where subject = ${`document/${id}`} order by sequence`,

    /** Appends an event of a dossier, or of what else the contract tells of, as its service does, and ranks it unless told otherwise. */
    async dossierEvent<C extends EventContract>(
      contract: C,
      at: { dossierId: string; sequence: number; usagerId: string; unranked?: boolean },
      data: z.input<C['data']>,
    ): Promise<void> {
      await commit(
        database.sql,
        {
          name: 'test',
          write: database.sql<{ id: string; version: number }[]>`
            select ${at.dossierId}::uuid as id, ${at.sequence}::int as version`,
          event: contract,
          data,
          usagerId: at.usagerId,
        },
        { source: 'demarches', actor: { kind: 'usager', id: at.usagerId }, time: new Date() },
      )
      if (!at.unranked) await stamp(database.sql, await takeOver(database.sql))
    },

    deliver: (consumer: Consumer, id: string, aggregate: 'dossier' | 'seance' = 'dossier') =>
      deliver({ ...ground, retryBaseMs: 1000 }, consumer, [`${aggregate}/${id}`]),

    async stopped(consumer: Consumer, dossierId: string): Promise<boolean> {
      const [lane] = await database.sql<{ stopped: boolean }[]>`
        select stopped from hub.lane where consumer = ${consumer.name} and subject = ${`dossier/${dossierId}`}`
      return lane?.stopped ?? false
    },

    /** Every file of documents, arriving ones included, as paths below the folder. */
    async files(): Promise<string[]> {
      const entries = await readdir(join(folder, 'documents'), { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile() && entry.name !== 'base').map((entry) => entry.name)
    },

    async stop(): Promise<void> {
      await broker.stop()
      if (!shared.database) await database.drop()
      if (!environment.HUB_DATA) await rm(folder, { recursive: true })
    },
  }
  return bench
}

export type Bench = Awaited<ReturnType<typeof startBench>>

interface Upload {
  secteur?: Secteur
  nom?: string
  emisPar?: 'usager' | 'agent'
  key?: string
  traceparent?: string
}

interface Event {
  type: string
  sequence: number
  actorKind: string
  actorId: string
  usagerId: string | null
  data: Record<string, unknown>
  traceparent: string | null
}

/** A citizen, with an identifier of their own in each sector; an officer too where `agentDe` says so. */
export function unePersonne(...agentDe: Secteur[]): Personne {
  return {
    kind: 'personne',
    client: 'test',
    acteurId: randomUUID(),
    usagers: {
      'etat-civil': randomUUID(),
      education: randomUUID(),
      'espace-public': randomUUID(),
      solidarites: randomUUID(),
      'vie-municipale': randomUUID(),
    },
    agentDe,
    administrateur: false,
    aidant: false,
  }
}

export function sha256(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex')
}

export function unTraceId(): string {
  return randomBytes(16).toString('hex')
}

/** Waits until the condition holds, 10 seconds at most. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error('the condition never came true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
