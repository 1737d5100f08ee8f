import { z } from 'zod'
import * as agenda from '../../contracts/agenda.ts'
import { actions } from '../../contracts/catalog.ts'
import * as demarches from '../../contracts/demarches.ts'
import * as conseils from '../../contracts/conseils.ts'
import { command } from '../../contracts/define.ts'
import * as documents from '../../contracts/documents.ts'
import { errorCatalog } from '../../contracts/errors.ts'
import * as hub from '../../contracts/hub.ts'
import * as identity from '../../contracts/identity.ts'
import * as oparl from '../../contracts/oparl.ts'
import * as open311 from '../../contracts/open311.ts'
import * as rendezVous from '../../contracts/rendez-vous.ts'
import * as signalements from '../../contracts/signalements.ts'

const all = [...actions.values()]
const owners = {
  identity,
  demarches,
  documents,
  signalements: { ...signalements, ...open311 },
  agenda: { ...agenda, ...rendezVous, ...conseils, ...oparl },
  hub,
}

test('every action of every contract file is in the catalogue, under a name of its own', () => {
  const declared = Object.values(owners).flatMap((owner) =>
    Object.values(owner).filter(
      (value) => typeof value === 'object' && 'access' in value && 'params' in value,
    ),
  )
  expect(new Set(declared.map((action) => action.name))).toEqual(new Set(actions.keys()))
  expect(declared.length).toBe(actions.size)
})

/** Its owner is the service that declares it; what the gateway answers itself is declared beside the data it reads. */
function misnamed(owner: string, contract: Record<string, unknown>): string[] {
  return Object.values(contract)
    .filter(
      (value): value is { name: string } => typeof value === 'object' && value !== null && 'access' in value,
    )
    .map((action) => action.name)
    .filter((name) => !new RegExp(`^(${owner}|gateway)\\.[a-z]+([A-Z][a-z]+\\d*)*$`).test(name))
}

test('every action’s name begins with its owner', () => {
  expect(Object.entries(owners).flatMap(([owner, contract]) => misnamed(owner, contract))).toEqual([])
  const planted = command({ ...demarches.CreerDossier, name: 'documents.creerDossier' })
  expect(misnamed('demarches', { planted })).toEqual(['documents.creerDossier'])
})

test('an action is exported under its own name', () => {
  for (const contract of Object.values(owners))
    for (const [exported, value] of Object.entries(contract))
      if (typeof value === 'object' && 'access' in value)
        expect(value.name.split('.')[1]!.toLowerCase()).toBe(exported.toLowerCase())
})

test('every refusal that a contract announces exists, once', () => {
  for (const action of all) {
    expect(action.errors.filter((code) => !Object.hasOwn(errorCatalog, code))).toEqual([])
    expect(new Set(action.errors).size).toBe(action.errors.length)
  }
})

test('every refusal has a status of its kind and a French sentence', () => {
  for (const [code, [status, title]] of Object.entries(errorCatalog)) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(title).toMatch(/^\p{Lu}.*\.$/u)
  }
})

test('every action says who may call it, and what it does in one French sentence', () => {
  for (const action of all) {
    expect(action.access.length).toBeGreaterThan(0)
    expect(action.summary).toMatch(/^\p{Lu}.*[.?]$/u)
  }
})

test('params refuse what they do not know', () => {
  for (const action of all)
    expect(z.toJSONSchema(action.params, { io: 'input' }).additionalProperties).toBe(false)
})

test('a JSON schema can be made of every action’s params and answer', () => {
  for (const action of all) {
    expect(z.toJSONSchema(action.params, { io: 'input' })).toMatchObject({ type: 'object' })
    expect(Object.keys(z.toJSONSchema(action.returns, { io: 'output' })).length).toBeGreaterThan(1)
  }
})
