import { DeciderDossier, type Dossier, LireDossier, ListerDossiersAgent } from '../../contracts/demarches.ts'
import { type Api, refusal } from '../support/api.ts'
import { correctionAsked, decided, deposited, draft, inInstruction } from '../support/dossiers.ts'
import { eventsOf } from '../support/hub-database.ts'
import { stranger } from '../support/people.ts'

const usager = stranger()
const agent = stranger(['usager', 'agent:etat-civil'])

/** Every order by its HTTP request, with a body that is right. */
const orders: Record<
  string,
  { method: string; path: string; body?: unknown; by: 'usager' | 'agent' | 'both' }
> = {
  modifier: { method: 'PATCH', path: '', body: { pieces: [] }, by: 'usager' },
  deposer: { method: 'POST', path: '/depot', by: 'usager' },
  instruire: { method: 'POST', path: '/instruction', by: 'agent' },
  demander_correction: {
    method: 'POST',
    path: '/corrections',
    body: { motif: 'perime', texte: 'Trop vieux.' },
    by: 'agent',
  },
  envoyer_message: { method: 'POST', path: '/messages', body: { texte: 'Bonjour.' }, by: 'both' },
  decider: { method: 'POST', path: '/decision', body: { sens: 'accepte' }, by: 'agent' },
  rouvrir: { method: 'POST', path: '/reouverture', body: { texte: 'Erreur.' }, by: 'agent' },
}

interface Situation {
  readonly make: () => Promise<Dossier>
  readonly etat: Dossier['etat']
  readonly usager: readonly string[]
  readonly agent: readonly string[]
}

/** What each may order, by hand from the life of a dossier; to an agent a draft does not exist. */
const situations: Record<string, Situation> = {
  'a draft': {
    make: () => draft(usager),
    etat: 'brouillon',
    usager: ['modifier', 'deposer'],
    agent: [],
  },
  'a deposited dossier': {
    make: () => deposited(usager),
    etat: 'en_construction',
    usager: ['envoyer_message'],
    agent: ['instruire', 'demander_correction', 'envoyer_message'],
  },
  'a dossier that waits for a correction': {
    make: () => correctionAsked(usager, agent),
    etat: 'en_construction',
    usager: ['modifier', 'envoyer_message'],
    agent: ['instruire', 'demander_correction', 'envoyer_message'],
  },
  'a dossier in instruction': {
    make: () => inInstruction(usager, agent),
    etat: 'en_instruction',
    usager: ['envoyer_message'],
    agent: ['demander_correction', 'envoyer_message', 'decider'],
  },
  'an accepted dossier': {
    make: () => decided(usager, agent),
    etat: 'accepte',
    usager: ['envoyer_message'],
    agent: ['envoyer_message', 'rouvrir'],
  },
  'a refused dossier': {
    make: () => decidedAs('refuse'),
    etat: 'refuse',
    usager: ['envoyer_message'],
    agent: ['envoyer_message', 'rouvrir'],
  },
  'a dossier without follow-up': {
    make: () => decidedAs('sans_suite'),
    etat: 'sans_suite',
    usager: ['envoyer_message'],
    agent: ['envoyer_message', 'rouvrir'],
  },
}

async function decidedAs(sens: 'refuse' | 'sans_suite'): Promise<Dossier> {
  const { id } = await inInstruction(usager, agent)
  return await agent.ok(DeciderDossier, { id, sens, motivation: 'Ce n’est pas de notre ressort.' })
}

describe.each(Object.entries(situations))('%s', (_, { make, etat, ...permitted }) => {
  test('refuses every other order, says what is possible instead, and stays as it is', async () => {
    const { id } = await make()
    const before = await eventsOf(`dossier/${id}`)
    for (const [api, role] of [
      [usager, 'usager'],
      [agent, 'agent'],
    ] as const)
      for (const [name, { method, path, body, by }] of Object.entries(orders)) {
        if (permitted[role].includes(name)) continue
        const reply = await api.send(method, `/v1/dossiers/${id}${path}`, { body })
        if (etat === 'brouillon' && role === 'agent') refusal(reply, 'introuvable')
        else if (by !== role && by !== 'both') refusal(reply, 'acces-refuse')
        else expect(refusal(reply, 'transition-impossible').transitionsPermises).toEqual(permitted[role])
      }
    expect(await eventsOf(`dossier/${id}`)).toEqual(before)
    expect((await usager.ok(LireDossier, { id })).etat).toBe(etat)
  })

  test('tells each what they may do, and they may', async () => {
    for (const [api, role] of [
      [usager, 'usager'],
      [agent, 'agent'],
    ] as const)
      for (const name of permitted[role]) {
        const { id, version } = await make()
        expect((await api.ok(LireDossier, { id })).actionsPermises).toEqual(permitted[role])
        const { method, path, body } = orders[name]!
        const reply = await api.send<Dossier>(method, `/v1/dossiers/${id}${path}`, { body })
        expect([name, reply.status < 300, reply.body.version]).toEqual([name, true, version + 1])
      }
  })
})

describe('an agent', () => {
  test('finds no draft in their list, only what was deposited in their sectors', async () => {
    const nom = `Zzyzx${Date.now()}`
    const contents = { formulaire: { demandeur: { nom } } }
    await draft(usager, contents)
    const { id } = await deposited(usager)
    const found = async (api: Api, texte: string) => (await api.ok(ListerDossiersAgent, { texte })).elements
    expect(await found(agent, nom)).toEqual([])
    const { reference } = await agent.ok(LireDossier, { id })
    expect((await found(agent, reference)).map((one) => one.id)).toEqual([id])
    for (const sector of ['education', 'espace-public', 'solidarites'])
      expect(await found(stranger(['usager', `agent:${sector}`]), reference)).toEqual([])
    expect(await found(stranger(['usager', 'agent:education', 'agent:etat-civil']), reference)).toHaveLength(
      1,
    )
  })

  test('does not instruct a dossier of their own: to that one they are the usager', async () => {
    const { id } = await deposited(agent)
    expect((await agent.ok(LireDossier, { id })).actionsPermises).toEqual(['envoyer_message'])
    for (const [path, body] of [
      ['instruction', undefined],
      ['corrections', { motif: 'perime', texte: 'Trop vieux.' }],
      ['decision', { sens: 'accepte' }],
      ['reouverture', { texte: 'Erreur.' }],
    ] as const)
      refusal(await agent.send('POST', `/v1/dossiers/${id}/${path}`, { body }), 'acces-refuse')
    const colleague = stranger(['usager', 'agent:etat-civil'])
    expect((await colleague.send('POST', `/v1/dossiers/${id}/instruction`)).status).toBe(200)
  })
})
