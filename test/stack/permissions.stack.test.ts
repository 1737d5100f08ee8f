import { connect, Events, type NatsConnection } from 'nats'
import { natsLogin } from '../../infra/nats.ts'
import { covers } from '../../infra/nats/permissions.ts'
import { allParts } from '../../infra/parts.ts'
import { eventually } from '../support/eventually.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'
import { type Matrix, parts, publish, subscribe, users } from './permission-matrix.ts'

let nats: NatsServers
beforeAll(async () => {
  nats = await startNatsServers(3)
}, 60_000)
afterAll(() => nats.close())

interface Visitor {
  readonly nc: NatsConnection
  /** `publish <subject>` or `subscription <subject>`: what the server has denied. */
  readonly denied: Set<string>
}

async function asUser<T>(user: string, work: (visitor: Visitor) => Promise<T>): Promise<T> {
  const nc = await connect({ ...natsLogin(nats.urlOf(user)), inboxPrefix: `_INBOX.${user}` })
  const denied = new Set<string>()
  void (async () => {
    for await (const { type, permissionContext: context } of nc.status())
      if (type === Events.Error && context) denied.add(`${context.operation} ${context.subject}`)
  })()
  try {
    return await work({ nc, denied })
  } finally {
    await nc.close()
  }
}

const may = (matrix: Matrix, subject: string, user: string) => matrix[subject]!.split(' ').includes(user)

/** What this user can do and may not (`+`), or may do and cannot (`-`). */
async function faultsOf(user: string): Promise<string[]> {
  return await asUser(user, async ({ nc, denied }) => {
    for (const subject of Object.keys(subscribe)) nc.subscribe(subject, { callback: () => {} })
    await nc.flush()
    for (const subject of Object.keys(publish)) nc.publish(subject)
    await nc.flush()
    await new Promise(setImmediate) // what the server has said is told by promises
    const faults = (verb: string, matrix: Matrix) =>
      Object.keys(matrix).flatMap((subject) => {
        const can = !denied.has(`${verb} ${subject}`)
        return can === may(matrix, subject, user) ? [] : [`${can ? '+' : '-'} ${verb} ${subject}`]
      })
    return [...faults('publish', publish), ...faults('subscription', subscribe)]
  })
}

async function permissionsOf(user: string): Promise<Record<'publish' | 'subscribe', string[]>> {
  const { data } = await asUser(user, async ({ nc }) =>
    (await nc.request('$SYS.REQ.USER.INFO')).json<{
      data: { permissions: Record<'publish' | 'subscribe', { allow: string[] }> }
    }>(),
  )
  return { publish: data.permissions.publish.allow, subscribe: data.permissions.subscribe.allow }
}

test.each(users)('%s can do what the matrix says, and nothing else', async (user) => {
  expect(await faultsOf(user)).toEqual([])
})

test.each(users)('the matrix has a row for each permission of %s', async (user) => {
  const given = await permissionsOf(user)
  const untried = (['publish', 'subscribe'] as const).flatMap((verb) => {
    const matrix = verb === 'publish' ? publish : subscribe
    return given[verb].filter(
      (pattern) =>
        !Object.keys(matrix).some((subject) => may(matrix, subject, user) && covers(pattern, subject)),
    )
  })
  expect(untried).toEqual([])
})

test('every part of the hub is in the matrix', async () => {
  expect(parts.toSorted()).toEqual((await allParts()).toSorted())
})

test('the matrix sees a permission that is given too much, and one that lacks', async () => {
  const heard = '"MOL-guichet.RES.gateway.*"'
  await nats.editUsers((text) =>
    text
      .replace(/(user: "identity"[^]*?subscribe: \{ allow: \[\n)/, `$1 ${heard}\n`)
      .replace(/(user: "identity"[^]*?)"MOL-guichet.REQ.identity.\*"\n/, '$1'),
  )
  try {
    await eventually(async () =>
      expect(await faultsOf('identity')).toEqual([
        '- subscription MOL-guichet.REQ.identity.h-1',
        '- subscription MOL-guichet.REQ.identity.*',
        '+ subscription MOL-guichet.RES.gateway.h-1',
        '+ subscription MOL-guichet.RES.gateway.*',
      ]),
    )
  } finally {
    await nats.editUsers((text) => text)
  }
  await eventually(async () => expect(await faultsOf('identity')).toEqual([]))
})

test('nobody comes in without a password, or with that of another', async () => {
  const [user = '', servers] = [users[0], natsLogin(nats.urlOf('hub')).servers]
  for (const login of [{}, { user }, { user, pass: 'hub' }, { ...natsLogin(nats.urlOf('gateway')), user }])
    await expect(connect({ ...login, servers })).rejects.toThrow(/Authorization Violation/)
})
