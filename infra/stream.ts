import { isDeepStrictEqual } from 'node:util'
import {
  AckPolicy,
  type ConsumerUpdateConfig,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  nanos,
  NatsError,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from 'nats'
import { events } from '../contracts/catalog.ts'
import type { Envelope } from '../contracts/envelope.ts'
import type { Consumer } from './subscriptions.ts'

/**
 * The stream that carries the hub's events. Its sequence IS the `rang`: message 4711 holds the event of rang
 * 4711, whatever has happened to stream or hub meanwhile (decision 0016). So what the stream holds is compared
 * with the log by comparing two numbers, and nothing is ever in it twice.
 */
export const streamName = 'GUICHET'

/** How long staff systems may stay away and still read from the bus; after that, from `GET /v1/evenements`. */
export const keptDays = 30

/** Where events go. `prive` are citizens' own affairs: no staff system may read that branch. */
const branches = ['guichet.evt', 'guichet.prive'] as const

/** `guichet.evt.<aggregate>.<participe>.v<version>.<id of the aggregate>`, or `guichet.prive....` */
export function subjectOf({ type, subject, data }: Pick<Envelope, 'type' | 'subject' | 'data'>): string {
  const prive = Object.entries(events.get(type)?.prive ?? {})
  const isPrivate = prive.length > 0 && prive.every(([name, value]) => data[name] === value)
  const id = subject.slice(subject.indexOf('/') + 1)
  return `${branches[isPrivate ? 1 : 0]}.${type.replace(/^guichet\./, '')}.${id}`
}

/** The subjects of these event types. */
export function filtersOf(types: readonly string[]): string[] {
  return types.flatMap((type) => {
    const tail = `${type.replace(/^guichet\./, '')}.*`
    return events.get(type)?.prive
      ? branches.map((branch) => `${branch}.${tail}`)
      : [`${branches[0]}.${tail}`]
  })
}

/** Everything of these aggregates that is no citizen's own affair. */
export function publicFiltersOf(aggregates: readonly string[]): string[] {
  return aggregates.map((aggregate) => `${branches[0]}.${aggregate}.>`)
}

/** NATS wants a durable's name to be one word. */
export function durableOf({ name }: Pick<Consumer, 'name'>): string {
  return name.replaceAll('.', '_')
}

export interface StreamOptions {
  /** Whose log it carries. */
  readonly hubId: string
  /** The first event that a new stream shall hold. */
  readonly firstRang: () => Promise<number>
  readonly clustered: boolean
}

const ownerKey = 'guichet.hub'

/**
 * The stream, made when there is none (on three servers where there is a cluster), brought up to date otherwise.
 * @throws Error when it belongs to another hub: nothing may be written to it
 */
export async function openStream(
  manager: JetStreamManager,
  { hubId, firstRang, clustered }: StreamOptions,
): Promise<StreamInfo> {
  const wanted = {
    subjects: branches.map((branch) => `${branch}.>`),
    num_replicas: clustered ? 3 : 1,
    max_age: nanos(keptDays * 24 * 60 * 60 * 1000),
    // The expected sequence keeps duplicates out, however long ago the first one was.
    duplicate_window: nanos(2_000),
    description: 'Guichet: each event of the log, sequence = rang. Written by the hub alone.',
  }
  const known = await manager.streams.info(streamName).catch(ignoreMissing)
  if (!known)
    return await manager.streams.add({
      ...wanted,
      name: streamName,
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      metadata: { [ownerKey]: hubId },
      first_seq: await firstRang(),
    })
  if (known.config.metadata?.[ownerKey] !== hubId)
    throw new Error(`the stream ${streamName} on NATS_URL belongs to another hub: nothing is written to it`)
  const current = Object.fromEntries(
    Object.keys(wanted).map((name) => [name, known.config[name as keyof typeof wanted]]),
  )
  return isDeepStrictEqual(current, wanted) ? known : await manager.streams.update(streamName, wanted)
}

/** How soon another process is given the messages of one that was killed; `working()` asks for more time. */
export const ackWaitMs = 10_000

/** A durable pull consumer: of a reaction, or of a staff system. */
export interface Durable {
  readonly name: string
  readonly filters: readonly string[]
  /** Where one begins that is made anew: after this rang. */
  readonly after: () => Promise<number>
  /** How many may be given out and not acknowledged; 1 keeps them in order, also those that come again. */
  readonly ahead: number
}

/**
 * Makes a durable pull consumer, or brings it up to date when its events changed. The publisher alone does: whoever
 * may make consumers chooses where they deliver to, and could so speak on any subject.
 */
export async function openConsumer(
  manager: JetStreamManager,
  { name, filters, after, ahead }: Durable,
): Promise<void> {
  const wanted: ConsumerUpdateConfig = {
    filter_subjects: [...filters],
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: ahead,
  }
  const known = await manager.consumers.info(streamName, name).catch(ignoreMissing)
  if (!known) {
    await manager.consumers.add(streamName, {
      ...wanted,
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: (await after()) + 1,
    })
    return
  }
  const { filter_subject, filter_subjects, max_ack_pending } = known.config
  const current = filter_subjects ?? (filter_subject ? [filter_subject] : [])
  if (!isDeepStrictEqual(current.toSorted(), filters.toSorted()) || max_ack_pending !== ahead)
    await manager.consumers.update(streamName, name, wanted)
}

/** Takes the consumers of staff systems away that are not named: what they might read is theirs no more. */
export async function closeOtherStaff(manager: JetStreamManager, staff: readonly string[]): Promise<void> {
  for await (const { name } of manager.consumers.list(streamName)) {
    // A reaction's has the `.` of its name as `_`; no staff system has one.
    if (!name.includes('_') && !staff.includes(name)) await manager.consumers.delete(streamName, name)
  }
}

/** To be put behind a question: null for a stream or consumer that is not there. */
export function ignoreMissing(error: unknown): null {
  if (isMissing(error)) return null
  throw error
}

function isMissing(error: unknown): boolean {
  const code = error instanceof NatsError ? error.api_error?.err_code : undefined
  return code === 10059 || code === 10014
}
