import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LireMoi, LireSuivi, ModifierMoi, ResoudreCompte } from '../contracts/identity.ts'
import { answers, defineService } from '../infra/service.ts'
import { reaction } from '../infra/subscriptions.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('every reaction file of every service is on its index card', () => {
  for (const service of readdirSync(join(root, 'services')))
    for (const file of readdirSync(join(root, 'services', service)).filter((name) => name.startsWith('on-')))
      expect(`${service}: ${read(`services/${service}/${service}.service.ts`)}`).toContain(`./${file}`)
})

test('every contract file that declares actions or events is in the catalogue', () => {
  const catalog = read('contracts/catalog.ts')
  for (const file of readdirSync(join(root, 'contracts')).filter((name) => name.endsWith('.ts')))
    if (/= (query|command|event)\(/.test(read(`contracts/${file}`))) expect(catalog).toContain(`./${file}`)
})

const never = () => Promise.reject(new Error('not called'))

describe('a service that is not whole does not start:', () => {
  const all = [LireMoi, LireSuivi, ModifierMoi, ResoudreCompte].map((action) => answers(action, never))

  test('a contract that nothing answers', () => {
    expect(() => defineService({ name: 'identity', actions: all.slice(1) })).toThrow('identity.lireMoi')
    expect(defineService({ name: 'identity', actions: all }).name).toBe('identity')
  })

  test('a reaction under the name of another service, whose events it would take', () => {
    const stolen = reaction('documents.on-dossier-decide', [], never)
    expect(() => defineService({ name: 'identity', actions: all, consumers: [stolen] })).toThrow(
      'documents.on-dossier-decide',
    )
  })
})
