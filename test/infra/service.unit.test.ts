import { randomUUID } from 'node:crypto'
import { type BrokerOptions, ServiceBroker } from 'moleculer'
import { z } from 'zod'
import { type Access, query } from '../../contracts/define.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Principal } from '../../contracts/principal.ts'
import { checkAccess } from '../../infra/access.ts'
import { call } from '../../infra/call.ts'
import { answers, type Call, defineService, type Ground, toMoleculerSchema } from '../../infra/service.ts'
import { currentTraceId, inSpan } from '../../infra/telemetry.ts'
import '../../infra/tracing.ts'
import { brokerOptions } from '../../moleculer.config.ts'
import { log } from './essai.ts'

const personne: Principal = {
  kind: 'personne',
  client: 'site',
  acteurId: randomUUID(),
  usagers: {
    'etat-civil': randomUUID(),
    education: randomUUID(),
    'espace-public': randomUUID(),
    solidarites: randomUUID(),
    'vie-municipale': randomUUID(),
  },
  agentDe: [],
  administrateur: false,
  aidant: false,
}
const question = (name: string, access: Access = 'compte') =>
  query({
    name,
    summary: 'Essai.',
    access: [access],
    params: z.strictObject({ quoi: z.string().max(20) }),
    returns: z.unknown(),
  })
const Repondre = question('essai.repondre')
const Relayer = question('relais.relayer')
const Absente = question('absent.repondre')

/** What the handler does, by the question: each test asks its own. */
const replies: Record<string, (call: Call) => Promise<unknown>> = {
  principal: async ({ principal }) => principal,
  cle: async ({ idempotency }) =>
    idempotency && { key: idempotency.key.toString('hex'), body: idempotency.body.toString('hex') },
  trace: async () => currentTraceId(),
  refus: async () => {
    throw new Refusal('transition-impossible', 'Le dossier est décidé.', { transitionsPermises: ['rouvrir'] })
  },
  panne: async () => {
    throw new Error('secret of the house')
  },
  jamais: () => new Promise(() => {}),
  appel: (call) => call.call(Relayer, { quoi: 'principal' }),
}

const ground: Ground = { db: {} as Ground['db'], config: {} as Ground['config'], now: () => new Date(), log }
const essai = defineService({
  name: 'essai',
  actions: [answers(Repondre, ({ quoi }, call) => replies[quoi]!(call))],
})
const relais = defineService({
  name: 'relais',
  actions: [answers(Relayer, (params, call) => call.call(Repondre, params))],
  calls: [Repondre],
})

describe('a call whose process has gone', () => {
  const options: BrokerOptions = { ...brokerOptions(), namespace: 'gone', transporter: 'Fake' }
  const near = new ServiceBroker({ ...options, nodeID: 'near' })
  beforeAll(() => near.start())
  afterAll(() => near.stop())
  const question = (more: Partial<Parameters<typeof call>[3]> = {}) =>
    call(near, Repondre, { quoi: 'principal' }, { principal: personne, ...more })

  test('is answered by the one that comes instead', async () => {
    const asked = question()
    const far = new ServiceBroker({ ...options, nodeID: 'far' })
    far.createService(toMoleculerSchema(essai, ground))
    await far.start()
    expect(await asked).toEqual(personne)
    await far.stop()
  })

  test('is refused when none comes, at once for who sets a time', async () => {
    await expect(question()).rejects.toMatchObject({ code: 'service-indisponible' })
    const started = performance.now()
    await expect(question({ timeoutMs: 1_000 })).rejects.toMatchObject({ code: 'service-indisponible' })
    expect(performance.now() - started).toBeLessThan(40)
  })
})

/** In one process, and in two that share nothing but what Moleculer carries between them. */
describe.each(['in one process', 'between two processes'])('a call %s', (where) => {
  const apart = where !== 'in one process'
  const options: BrokerOptions = { ...brokerOptions(), namespace: where, transporter: apart ? 'Fake' : null }
  const near = new ServiceBroker({ ...options, nodeID: 'near' })
  const far = apart ? new ServiceBroker({ ...options, nodeID: 'far' }) : near
  beforeAll(async () => {
    near.createService(toMoleculerSchema(relais, ground))
    far.createService(toMoleculerSchema(essai, ground))
    await Promise.all([...new Set([near, far])].map((broker) => broker.start()))
    await near.waitForServices(['essai', 'relais'])
  })
  afterAll(() => Promise.all([...new Set([near, far])].map((broker) => broker.stop())))

  const ask = (quoi: string, action = Repondre, options: Partial<Parameters<typeof call>[3]> = {}) =>
    call(near, action, { quoi }, { principal: personne, ...options })

  test.each([Repondre, Relayer])('$name knows who is calling', async (action) => {
    expect(await ask('principal', action)).toEqual(personne)
  })

  test.each([Repondre, Relayer])('$name brings a refusal back whole', async (action) => {
    const refusal = await ask('refus', action).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(Refusal)
    expect(refusal).toMatchObject({
      code: 'transition-impossible',
      detail: 'Le dossier est décidé.',
      extra: { transitionsPermises: ['rouvrir'] },
    })
  })

  test('a service calls only what its index card lists', async () => {
    await expect(ask('appel')).rejects.toThrow(
      'essai calls relais.relayer, which its index card does not list',
    )
  })

  test('params that break the contract are refused with each field', async () => {
    const wrong = call(near, Repondre, { quoi: 'x'.repeat(21), autre: 1 } as { quoi: string }, {
      principal: personne,
    })
    await expect(wrong).rejects.toMatchObject({
      code: 'donnees-invalides',
      extra: { erreurs: [{ pointeur: '/quoi' }, { pointeur: '/autre' }] },
    })
  })

  test('a caller who may not is refused before anything runs', async () => {
    await expect(ask('principal', Repondre, { principal: { kind: 'anonyme' } })).rejects.toMatchObject({
      code: 'jeton-requis',
    })
    const systeme: Principal = {
      kind: 'systeme',
      client: 'sig',
      acteurId: randomUUID(),
      scopes: ['evenements'],
    }
    await expect(ask('principal', Repondre, { principal: systeme })).rejects.toMatchObject({
      code: 'acces-refuse',
    })
  })

  test('a fault is not a refusal', async () => {
    const fault = await ask('panne').catch((error: unknown) => error)
    expect(fault).not.toBeInstanceOf(Refusal)
    expect(fault).toMatchObject({ message: 'secret of the house' })
  })

  test('a service that is not there, or does not answer, is unavailable', async () => {
    await expect(ask('principal', Absente)).rejects.toMatchObject({ code: 'service-indisponible' })
    await expect(ask('jamais', Repondre, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'service-indisponible',
    })
  })

  test('the key of a repeated request goes with this hop and no further', async () => {
    const idempotency = { key: 'ab'.repeat(32), body: 'cd'.repeat(32) }
    expect(await ask('cle', Repondre, { idempotency })).toEqual(idempotency)
    expect(await ask('cle', Relayer, { idempotency })).toBeNull()
    expect(await ask('cle', Repondre)).toBeNull()
  })

  test('one trace goes through all hops', async () => {
    const [caller, callee] = await inSpan('essai', {}, async () => [
      currentTraceId(),
      await ask('trace', Relayer),
    ])
    expect(caller).toMatch(/^[0-9a-f]{32}$/)
    expect(callee).toBe(caller)
  })
})

describe('access', () => {
  const callers: Record<string, Principal> = {
    anonyme: { kind: 'anonyme' },
    usager: personne,
    agent: { ...personne, agentDe: ['education'] },
    administrateur: { ...personne, administrateur: true },
    systeme: { kind: 'systeme', client: 'sig', acteurId: randomUUID(), scopes: ['evenements'] },
    autre: { kind: 'systeme', client: 'sig', acteurId: randomUUID(), scopes: ['evenements:dossier'] },
  }
  const allowed: [Access, string[]][] = [
    ['public', Object.keys(callers)],
    ['compte', ['usager', 'agent', 'administrateur']],
    ['proprietaire', ['usager', 'agent', 'administrateur']],
    ['agent', ['agent']],
    ['administrateur', ['administrateur']],
    ['systeme:evenements', ['systeme']],
    ['systeme:autre', []],
  ]
  test.each(allowed)('%s lets in exactly %j', (rule, names) => {
    const action = question('essai.repondre', rule)
    const passes = (principal: Principal) => {
      try {
        checkAccess(action, principal)
        return true
      } catch {
        return false
      }
    }
    expect(Object.keys(callers).filter((name) => passes(callers[name]!))).toEqual(names)
  })

  test('one of several rules is enough', () => {
    const action = { ...question('essai.repondre'), access: ['administrateur', 'agent'] as const }
    expect(() => checkAccess(action, callers.agent!)).not.toThrow()
    expect(() => checkAccess(action, callers.usager!)).toThrow('acces-refuse')
  })
})
