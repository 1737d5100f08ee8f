import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VerifierPieces } from '../../contracts/documents.ts'
import { keepOwn } from '../../infra/broker.ts'
import { readConfig } from '../../infra/config.ts'
import { missingIn } from '../../infra/nats/check.ts'
import { covers, neededBy, partsOf, permissionsOf } from '../../infra/nats/permissions.ts'
import { usersConf } from '../../infra/nats/users.ts'
import { allParts, loadServices, readParts } from '../../infra/parts.ts'

const known = await allParts()
const services = await loadServices()
const file = join(import.meta.dirname, '../../infra/nats/users.conf')

test('users.conf is what the contracts and services make it', () => {
  // Made anew by: NATS_STAFF=systeme-ged=dossier npm run -s nats:users > infra/nats/users.conf
  expect(readFileSync(file, 'utf8')).toBe(usersConf(known, services, ['systeme-ged']))
})

test('a new service has a user with the next file, and whom it calls lets it', () => {
  const agenda = {
    name: 'agenda',
    calls: [VerifierPieces],
    consumers: [{ name: 'agenda.on-dossier-depose' }],
  }
  const text = usersConf([...known, 'agenda'], [...services, agenda], [])
  expect(text).toContain('user: "agenda", password: $NATS_PASSWORD_AGENDA')
  const users = new Map([...known, 'agenda'].map((part) => [part, [part]]))
  const of = (user: string) => permissionsOf(user, [user], [...services, agenda], users)
  expect(of('agenda').publish).toEqual(
    expect.arrayContaining([
      'MOL-guichet.REQ.documents.*',
      'MOL-guichet.RES.gateway.*',
      '$JS.API.CONSUMER.MSG.NEXT.GUICHET.agenda_on-dossier-depose',
    ]),
  )
  expect(of('gateway').publish).toContain('MOL-guichet.REQ.agenda.*')
  expect(of('documents').publish).toContain('MOL-guichet.RES.agenda.*')
  expect(of('identity').publish.join()).not.toContain('agenda')
})

test('a user is named after what it runs: one part, several, or the whole hub', () => {
  expect(partsOf('identity', known)).toEqual(['identity'])
  expect(partsOf('identity-demarches', known)).toEqual(['identity', 'demarches'])
  expect(partsOf('guichet', known)).toEqual(known)
  for (const nobody of ['', 'systeme-ged', 'identity-systeme', 'Identity'])
    expect(partsOf(nobody, known)).toEqual([])
  const text = usersConf(known, services, [], ['identity-demarches', 'guichet'])
  expect(text).toContain('password: $NATS_PASSWORD_IDENTITY_DEMARCHES')
  expect(text.split('"MOL-guichet.REQ.identity-demarches.*"')).toHaveLength(5) // the gateway, the agenda, the whole hub, itself
  expect(() => usersConf(known, services, [], ['facture'])).toThrow(/facture/)
  expect(() => usersConf(known, services, ['gateway'])).toThrow(/gateway/)
})

test('what a process needs where each part has a user is in the file of any set of users', () => {
  const more = new Map(
    [...known, 'guichet', 'identity-demarches'].map((user) => [user, partsOf(user, known)]),
  )
  for (const [user, parts] of more) {
    const given = permissionsOf(user, parts, services, more)
    const answer = {
      data: { permissions: { publish: { allow: given.publish }, subscribe: { allow: given.subscribe } } },
    }
    expect(missingIn(answer as never, neededBy(`${user}.h-1`, parts, services, known))).toEqual([])
  }
})

test.each([
  ['a.b', 'a.b', true],
  ['a.b', 'a.c', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a.*', true],
  ['a.b', 'a.*', false],
  ['a.*', 'a.b.c', false],
  ['a.*', 'a', false],
  ['a.>', 'a.b.c', true],
  ['a.>', 'a.>', true],
  ['a.>', 'a', false],
  ['a.*', 'a.>', false],
  ['a.*.c', 'a.b.c', true],
  ['>', 'a.b', true],
])('a permission for %s covers %s: %s', (pattern, subject, expected) => {
  expect(covers(pattern, subject)).toBe(expected)
})

test('what is missing is named; nothing is where the server has no permissions at all', () => {
  const needed = { publish: ['a', 'b.*'], subscribe: ['c.d'] }
  expect(missingIn({}, needed)).toEqual([])
  expect(missingIn({ data: { permissions: { publish: { allow: ['b.>'] } } } }, needed)).toEqual(['publish a'])
  expect(missingIn({ data: { permissions: { subscribe: { deny: ['c.*'] } } } }, needed)).toEqual([
    'subscribe c.d',
  ])
  expect(missingIn({ data: { permissions: { publish: { deny: ['b.x'] } } } }, needed)).toEqual([
    'publish b.*',
  ])
})

test('a process announces for its user alone', () => {
  const announced = (sender: string) => {
    const action = (name: string) => ({ [name]: { name } })
    const info = {
      sender,
      services: [
        { name: '$node', actions: action('$node.list') },
        { name: 'documents', actions: action('documents.lireDocument') },
        { name: 'identity', actions: action('identity.lireMoi') },
        { name: 'documents', actions: { 'documents.x': { name: 'identity.lireMoi' } } },
        { name: 'identity', actions: action('documents.lireDocument') },
      ],
    }
    keepOwn(info, known)
    return info.services.map(({ name, actions }) => [name, ...Object.values(actions).map((one) => one?.name)])
  }
  const node = ['$node', '$node.list']
  expect(announced('documents.h-1')).toEqual([node, ['documents', 'documents.lireDocument']])
  expect(announced('identity.h-1')).toEqual([node, ['identity', 'identity.lireMoi']])
  expect(announced('gateway.h-1')).toEqual([node])
  expect(announced('personne')).toEqual([node])
  expect(announced('guichet.h-1')).toHaveLength(5)
  const empty = { sender: 'documents.h-1' }
  keepOwn(empty, known)
  expect(empty).toEqual({ sender: 'documents.h-1', services: [] })
})

describe('a process logs in as the user of what it runs:', () => {
  const config = (NATS_URL?: string) =>
    readConfig({ DATABASE_URL: 'postgres://db.example/hub', ...(NATS_URL && { NATS_URL }) })

  test.each([
    ['documents', 'nats://documents:x@bus.example'],
    ['identity,demarches', 'nats://identity-demarches:x@bus.example'],
    ['demarches', 'nats://identity-demarches:x@bus.example'],
    [undefined, 'nats://guichet:x@bus.example'],
    [undefined, 'nats://bus.example'],
    [undefined, undefined],
  ])('%s as %s', async (services, url) => {
    expect([...(await readParts(services, config(url)))]).toEqual(services?.split(',') ?? known)
  })

  test.each([
    ['documents', 'gateway', /NATS_URL logs in as gateway: .* documents logs in as documents\./],
    ['identity,demarches', 'identity', /logs in as identity-demarches\./],
    [undefined, 'hub', /logs in as guichet\./],
  ])('%s not as %s', async (services, user, message) => {
    await expect(readParts(services, config(`nats://${user}:x@bus.example`))).rejects.toThrow(message)
  })
})
