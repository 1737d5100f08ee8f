import { ConsumerEvents, type ConsumerMessages, type JsMsg } from 'nats'
import { type LogBusOptions, readLog } from './bus-log.ts'
import { lastRang } from './event-log.ts'
import { Loop, pause } from './loop.ts'
import type { Nats } from './nats.ts'
import { isPassing } from './passing.ts'
import { Signal } from './signal.ts'
import { ackWaitMs, durableOf, ignoreMissing, streamName } from './stream.ts'
import { type Consumer, deliver } from './subscriptions.ts'
import { retryAndSweep, saveCursor } from './sweep.ts'

/** Messages asked for ahead. */
const pulled = 256
/** Messages whose aggregates are brought up to date together. */
const batchSize = 64
/** Batches of one consumer that one process does at the same time. */
const sideBySide = 2
/** NATS says this often that it is still there; after two that did not come it is asked anew. */
const heartbeatMs = 1_000
/** When a batch failed because the database is away, its messages come back after this long. */
const awayMs = 1_000
/** How often what was acknowledged is noted in the database, and a NATS that is away noticed. */
const noteMs = 1_000
/** How late the stream may be before the log is read, and for how long, until NATS is asked again. */
const bridgeMs = 2_000

/**
 * The bus on NATS JetStream: a durable pull consumer for each reaction, shared by all processes that run it. A
 * message only says which aggregate has moved on; what is done, and whether it was done before, its lane decides
 * (`deliver`). So a message that comes twice, late or out of order does no harm, and one that never comes is
 * found by the sweep. While NATS is away the log itself is read, as the embedded bus does.
 */
export class JetStreamBus {
  readonly #loops: Loop[]

  constructor(options: JetStreamBusOptions, consumers: readonly Consumer[]) {
    const { log } = options.subscription
    this.#loops = consumers.flatMap((consumer) => [
      new Loop(`bus ${consumer.name}`, log, readStream(options, consumer)),
      new Loop(`note ${consumer.name}`, log, noteOrBridge(options, consumer)),
      new Loop(`retry ${consumer.name}`, log, retryAndSweep(options, consumer)),
    ])
  }

  /** Lets what is under way finish and be acknowledged. */
  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }
}

export interface JetStreamBusOptions extends LogBusOptions {
  readonly nats: Nats
}

/** One turn lasts as long as the subscription does. */
function readStream({ nats, subscription }: JetStreamBusOptions, consumer: Consumer) {
  return async (stop: AbortSignal): Promise<void> => {
    // The publisher makes it: one that starts later than we is waited for.
    const handle = await nats.streams.consumers.get(streamName, durableOf(consumer)).catch(ignoreMissing)
    if (!handle) return await pause(awayMs / 4, stop)
    const waiting: JsMsg[] = []
    const arrived = new Signal()
    const messages = await handle.consume({
      max_messages: pulled,
      expires: 30_000,
      idle_heartbeat: heartbeatMs,
      callback: (message) => {
        waiting.push(message)
        arrived.notify()
      },
    })
    let ended = false
    void messages.closed().then(() => {
      ended = true
      arrived.notify()
    })
    void endWithConsumer(messages)
    try {
      const batchByBatch = async () => {
        try {
          while (!stop.aborted && !ended) {
            const since = arrived.count
            const batch = waiting.splice(0, batchSize)
            if (batch.length === 0) await arrived.wait(since, 5_000, stop)
            else await work(batch, waiting, (subjects) => deliver(subscription, consumer, subjects))
          }
        } finally {
          // When one fails, the other ends with its batch: nothing is left behind that a stop would not wait for.
          ended = true
          arrived.notify()
        }
      }
      // While one waits for the disk, the other reads and writes; an aggregate that both hold, they do in turn.
      const ends = await Promise.allSettled(Array.from({ length: sideBySide }, batchByBatch))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    } finally {
      messages.stop()
      for (const message of waiting) message.nak()
    }
    if (!stop.aborted) await pause(awayMs, stop)
  }
}

/** A stream or consumer that is gone says so only here; the next turn makes or finds it anew. */
async function endWithConsumer(messages: ConsumerMessages): Promise<void> {
  for await (const { type, data } of await messages.status())
    if (fatal.has(type) || (type === ConsumerEvents.HeartbeatsMissed && Number(data) >= 2)) messages.stop()
}

const fatal: ReadonlySet<unknown> = new Set([
  ConsumerEvents.ConsumerDeleted,
  ConsumerEvents.ConsumerNotFound,
  ConsumerEvents.StreamNotFound,
  // Nobody leads it at this moment: what was asked for is forgotten.
  ConsumerEvents.NoResponders,
])

/** Brings the aggregates up to date, asking for time as long as it takes; then, and only then, acknowledges. */
async function work(
  batch: readonly JsMsg[],
  waiting: readonly JsMsg[],
  bringUpToDate: (subjects: string[]) => Promise<void>,
): Promise<void> {
  const stillHere = setInterval(() => {
    for (const message of [...batch, ...waiting]) message.working()
  }, ackWaitMs / 3)
  try {
    await bringUpToDate(batch.map(aggregateOf))
  } catch (error) {
    for (const message of batch) message.nak(awayMs)
    throw error
  } finally {
    clearInterval(stillHere)
  }
  // They travel in order on one line: what answers the last has taken them all. One that is lost on the way comes
  // again, and its lane knows it.
  for (const message of batch.slice(0, -1)) message.ack()
  await batch
    .at(-1)!
    .ackAck()
    .catch(() => {})
}

/** `<aggregate>/<id>`, out of `guichet.evt.<aggregate>.<participe>.v<n>.<id>`. */
function aggregateOf({ subject }: JsMsg): string {
  const words = subject.split('.')
  return `${words[2]}/${words.at(-1)}`
}

/**
 * One process notes for each consumer how far it is acknowledged: the metrics show it, the sweep goes that far, and
 * a consumer that must be made anew begins there. Message n is rang n, so the floor of acknowledgements is a rang.
 * When NATS does not say, or lacks events that were ranked a while ago, that process reads the log.
 */
function noteOrBridge(options: JetStreamBusOptions, consumer: Consumer) {
  const { nats, sql, election } = options
  const read = readLog(options, consumer)
  let noted = 0
  let ranked = { rang: 0, at: performance.now() }
  return async (stop: AbortSignal): Promise<void> => {
    if (!(await election.holds(consumer.name))) return await pause(noteMs, stop)
    const { floor, last } = await progress(nats, consumer)
    // A stream that is ahead of the log is about to be made anew (the database was restored): its floor says nothing.
    if (floor > noted && floor <= (await lastRang(sql))) {
      await saveCursor(sql, consumer.name, floor)
      noted = floor
    }
    const due = performance.now() - ranked.at >= bridgeMs
    if (due && last < ranked.rang) {
      const until = performance.now() + bridgeMs
      while (performance.now() < until && !stop.aborted) await read(stop)
    } else await pause(noteMs, stop)
    if (due) ranked = { rang: await lastRang(sql), at: performance.now() }
  }
}

/** How far this consumer has acknowledged, and how far the stream is; -1 when NATS does not say within a second. */
async function progress(nats: Nats, consumer: Consumer): Promise<{ floor: number; last: number }> {
  const silent = { floor: -1, last: -1 }
  const timer = new AbortController()
  const late = pause(noteMs, timer.signal).then(() => silent)
  try {
    return await Promise.race([ask(nats, consumer), late])
  } catch (error) {
    if (isPassing(error)) return silent
    throw error
  } finally {
    timer.abort()
  }
}

async function ask({ manager }: Nats, consumer: Consumer): Promise<{ floor: number; last: number }> {
  const [stream, durable] = await Promise.all([
    manager.streams.info(streamName),
    manager.consumers.info(streamName, durableOf(consumer)),
  ])
  return { floor: durable.ack_floor.stream_seq, last: stream.state.last_seq }
}
