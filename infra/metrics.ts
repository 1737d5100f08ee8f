import { Durations, type Level, Tally } from './tally.ts'

/** What this process counts about itself; docs/metrics.md says what each is for. */

export const requestDuration = new Durations(
  'http.server.request.duration',
  'Duration of HTTP requests, until the answer was sent',
  'http.request.method',
  'http.route',
  'http.response.status_class',
)

export const actionDuration = new Durations(
  'rpc.server.call.duration',
  'Duration of the actions that services answer',
  'rpc.method',
  'guichet.outcome',
)

export const reactionDuration = new Durations(
  'messaging.process.duration',
  'Duration of reactions to events',
  'messaging.consumer.group.name',
  'guichet.outcome',
)

export const timerDuration = new Durations(
  'guichet.timer.duration',
  'Duration of timers that fired',
  'guichet.timer.name',
  'guichet.outcome',
)

export const connectionWait = new Durations(
  'db.client.connection.wait_time',
  'How long transactions waited for a connection of their pool',
  'db.client.connection.pool.name',
)

export const redisDuration = new Durations(
  'guichet.redis.duration',
  'How long answers of Redis were waited for',
  'guichet.use',
  'guichet.outcome',
)

export const durations = [
  requestDuration,
  actionDuration,
  reactionDuration,
  timerDuration,
  connectionWait,
  redisDuration,
]

/** Requests that were refused, by route and stable code. */
export const refusals = new Tally('http.route', 'guichet.refusal.code')

export const activeRequests: Level = { value: 0 }

export const liveStreams: Level = { value: 0 }

/** 1 while Redis answers. */
export const redisUp: Level = { value: 0 }
