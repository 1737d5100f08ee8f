import type { EventRow } from './event-log.ts'
import type { Logger } from './log.ts'
import { reactionDuration } from './metrics.ts'

/** One try of a reaction, as it is told. */
export interface ReactionTold {
  readonly event: EventRow & { readonly rang: number }
  /** 1: the first. */
  readonly attempt: number
  /** Of this process's monotonic clock, in milliseconds. */
  readonly startedAt: number
  readonly endedAt: number
  readonly error?: unknown
  readonly nextTryInMs?: number
}

/** `fait`: done and committed; `a_reprendre`: failed, tried again later; `arretee`: failed for good, a dead letter. */
export type ReactionOutcome = 'fait' | 'a_reprendre' | 'arretee'

/**
 * The one line of a reaction, and its duration. `lagMs` runs from the time of the event to the end of its
 * reaction; the trace is that of the request that caused it, which the administrator follows.
 */
export function tellReaction(
  { log, now }: { log: Logger; now: () => Date },
  consumer: string,
  outcome: ReactionOutcome,
  { event, attempt, startedAt, endedAt, error, nextTryInMs }: ReactionTold,
): void {
  reactionDuration.record((endedAt - startedAt) / 1000, consumer, outcome)
  const line = {
    consumer,
    type: event.type,
    rang: event.rang,
    subject: event.subject,
    sequence: event.sequence,
    attempt,
    outcome,
    lagMs: now().getTime() - event.time.getTime(),
    ms: Math.round((endedAt - startedAt) * 10) / 10,
    traceId: event.traceparent?.split('-')[1],
  }
  if (outcome === 'fait') log.info(line, 'reaction')
  else if (outcome === 'a_reprendre')
    log.warn({ ...line, err: error, ...(nextTryInMs && { nextTryInMs }) }, 'reaction')
  else log.error({ ...line, err: error }, 'reaction')
}
