import type { Action } from '../../contracts/define.ts'
import { durableOf, streamName } from '../stream.ts'
import type { Consumer } from '../subscriptions.ts'

/** The subjects that a NATS user may use; all others are denied. */
export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

/** What permissions depend on, of each service. */
export interface ServiceCard {
  readonly name: string
  readonly calls?: readonly Action[]
  readonly consumers?: readonly Pick<Consumer, 'name'>[]
}

/** What wakes other processes: something was committed, something was ranked. */
export const hints = { committed: 'guichet-hint.committed', ranked: 'guichet-hint.ranked' } as const

/** How staff systems reach the API of JetStream from the account of their own: as a JetStream domain of this name. */
export const staffDomain = 'guichet'

/** The user of a process that runs the whole hub. */
export const wholeHub = 'guichet'

/**
 * What a process of this NATS user runs: `documents`, or `identity-demarches` for both, or `guichet` for everything.
 * Nothing for any other name.
 */
export function partsOf(user: string, known: readonly string[]): readonly string[] {
  if (user === wholeHub) return known
  const parts = user.split('-')
  return parts.every((part) => known.includes(part)) ? parts : []
}

/**
 * What a process needs, and is given. It hears only what is sent to its own name (`<user>.<host>-<pid>`), asks only
 * whom it calls, answers only who calls it; the part `hub` alone writes events and makes consumers.
 * @param parts what it runs
 * @param users every user of the same NATS, with what each runs
 */
export function permissionsOf(
  user: string,
  parts: readonly string[],
  services: readonly ServiceCard[],
  users: ReadonlyMap<string, readonly string[]>,
): Permissions {
  const runs = (part: string) => parts.includes(part)
  const own = services.filter(({ name }) => runs(name))
  const called = runs('gateway') ? ['hub', ...services.map(({ name }) => name)] : own.flatMap(calledBy)
  const callers = [
    'gateway',
    ...services.filter((service) => calledBy(service).some(runs)).map(({ name }) => name),
  ]
  const usersOf = (some: readonly string[]) =>
    [...users].filter(([, its]) => its.some((part) => some.includes(part))).map(([name]) => name)
  const answers = runs('hub') || own.length > 0
  const durables = own.flatMap(({ consumers = [] }) => consumers.map(durableOf))
  return {
    publish: [
      userInfo,
      ...(answers ? [hints.committed] : []),
      ...(runs('hub') ? [hints.ranked, ...publisher] : []),
      ...['DISCONNECT', 'DISCOVER', 'HEARTBEAT', 'INFO'].map((packet) => `${moleculer}.${packet}`),
      ...['DISCOVER', 'INFO'].map((packet) => `${moleculer}.${packet}.*.*`),
      ...usersOf(called).map((name) => `${moleculer}.REQ.${name}.*`),
      ...(answers ? usersOf(callers).map((name) => `${moleculer}.RES.${name}.*`) : []),
      ...(durables.length > 0 ? [`$JS.API.STREAM.INFO.${streamName}`] : []),
      ...durables.flatMap((durable) => [...pullOf(durable, '$JS.API'), ...acksOf(durable)]),
    ],
    subscribe: [
      inboxOf(user),
      ...(runs('hub') ? [hints.committed] : []),
      hints.ranked,
      ...['DISCONNECT', 'DISCOVER', 'HEARTBEAT', 'INFO', 'PING'].map((packet) => `${moleculer}.${packet}`),
      ...['DISCOVER', 'EVENT', 'INFO', 'PING', 'PONG', 'REQ', 'RES'].map(
        (packet) => `${moleculer}.${packet}.${user}.*`,
      ),
    ],
  }
}

/** What the process of this name needs where every part has a user of its own. */
export function neededBy(
  nodeId: string,
  parts: readonly string[],
  services: readonly ServiceCard[],
  known: readonly string[],
): Permissions {
  const user = nodeId.split('.', 1)[0]!
  return permissionsOf(user, parts, services, new Map(known.map((part) => [part, [part]])))
}

/** A staff system reads its own consumer, that the hub makes, and acknowledges; nothing else. */
export function staffPermissionsOf(user: string): Permissions {
  return {
    publish: [userInfo, ...pullOf(user, `$JS.${staffDomain}.API`), ...acksOf(user)],
    subscribe: [inboxOf(user)],
  }
}

/** What the account of a staff system takes from the hub's: its name there, and here. */
export function staffImportsOf(user: string): { readonly subject: string; readonly to?: string }[] {
  const [info, next] = pullOf(user, '$JS.API') as [string, string]
  const to = (subject: string) => subject.replace('$JS.API', `$JS.${staffDomain}.API`)
  return [
    { subject: info, to: to(info) },
    { subject: next, to: to(next) },
    ...acksOf(user).map((subject) => ({ subject })),
  ]
}

/** Does a permission for `pattern` allow `subject`, which may hold wildcards itself? */
export function covers(pattern: string, subject: string): boolean {
  const wanted = subject.split('.')
  const given = pattern.split('.')
  for (const [i, token] of given.entries()) {
    if (token === '>') return wanted.length > i
    if (wanted[i] === undefined || wanted[i] === '>') return false
    if (token !== '*' && token !== wanted[i]) return false
  }
  return given.length === wanted.length
}

/** The subjects of Moleculer's NATS transporter in the namespace of moleculer.config.ts. */
const moleculer = 'MOL-guichet'
/** Who am I, and what may I do? The server answers. */
export const userInfo = '$SYS.REQ.USER.INFO'
/** How does each server store? Asked by the hub alone. */
export const storageInfo = '$SYS.REQ.SERVER.PING.JSZ'

const publisher = [
  'guichet.evt.>',
  'guichet.prive.>',
  ...['CREATE', 'DELETE', 'INFO', 'MSG.GET', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${streamName}`),
  `$JS.API.CONSUMER.LIST.${streamName}`,
  ...['DELETE', 'DURABLE.CREATE', 'INFO'].map((verb) => `$JS.API.CONSUMER.${verb}.${streamName}.*`),
  storageInfo,
]

const calledBy = ({ calls = [] }: ServiceCard) => calls.map(({ name }) => name.split('.', 1)[0]!)
const inboxOf = (user: string) => `_INBOX.${user}.>`
/** Newer servers put domain and account first, once that is their default. */
const acksOf = (durable: string) => ['', '*.*.'].map((home) => `$JS.ACK.${home}${streamName}.${durable}.>`)
const pullOf = (durable: string, api: string) => [
  `${api}.CONSUMER.INFO.${streamName}.${durable}`,
  `${api}.CONSUMER.MSG.NEXT.${streamName}.${durable}`,
]
