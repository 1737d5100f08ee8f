import { context, SpanKind, trace } from '@opentelemetry/api'
import type { Context, ServiceSchema } from 'moleculer'
import type { z } from 'zod'
import { actions } from '../contracts/catalog.ts'
import type { Action } from '../contracts/define.ts'
import { Refusal } from '../contracts/errors.ts'
import type { Actor, Principal } from '../contracts/principal.ts'
import { checkAccess } from './access.ts'
import { call, toWire } from './call.ts'
import type { Config } from './config.ts'
import { validateParams } from './contract-validator.ts'
import type { Db } from './db.ts'
import type { Origin } from './event-log.ts'
import { type IdempotencyKey, once } from './idempotency.ts'
import type { Logger } from './log.ts'
import { actionDuration } from './metrics.ts'
import { codeOf, isPassing, refuseIfPassing } from './passing.ts'
import type { Consumer } from './subscriptions.ts'
import type { Redis } from './redis.ts'
import { contextFrom, inSpan } from './telemetry.ts'
import type { Timer } from './timers.ts'

/** What a service stands on; given to each of its functions, never reached for. */
export interface Ground {
  readonly db: Db
  readonly now: () => Date
  readonly log: Logger
  readonly config: Config
  /** What processes know together; absent: this process is to know it alone. */
  readonly redis?: Redis | undefined
}

/** One call as its handler sees it. */
export interface Call extends Ground {
  readonly principal: Principal
  readonly idempotency: IdempotencyKey | null
  /** Calls another service in the name of the same principal. */
  call<A extends Action>(action: A, params: z.input<A['params']>): Promise<z.output<A['returns']>>
  /** Origin of a change made by this call. */
  origin(actor: Actor): Origin
}

type Handler<A extends Action> = (
  params: z.output<A['params']>,
  call: Call,
) => Promise<z.output<A['returns']>>

interface Binding {
  readonly action: Action
  readonly run: (params: unknown, call: Call) => Promise<unknown>
}

/** Binds a question to its function. */
export function answers<A extends Action>(action: A, handler: Handler<A>): Binding {
  return { action, run: (params, call) => handler(validateParams(action, params), call) }
}

/**
 * Binds an order to its function. `readAgain` gives the answer to a repeated request from the id that the
 * first one stored.
 */
export function obeys<A extends Action>(
  action: A,
  handler: Handler<A>,
  readAgain: (resultId: string, call: Call) => Promise<z.output<A['returns']>>,
): Binding {
  return {
    action,
    run: (params, call) => {
      const valid = validateParams(action, params)
      return once(
        call.db.sql,
        call.idempotency,
        () => handler(valid, call),
        (id) => readAgain(id, call),
      )
    },
  }
}

/** A service of the hub: which function answers which contract, reacts to which event, fires for which timer. */
export interface ServiceDefinition {
  readonly name: string
  readonly actions: readonly Binding[]
  /** What it asks of other services; any other call is a fault, and NATS permits none. */
  readonly calls?: readonly Action[]
  readonly consumers?: readonly Consumer[]
  readonly timers?: readonly Timer[]
  /** Runs before the first call; returns what to run at the end. */
  readonly start?: (ground: Ground) => Promise<() => Promise<void>>
}

/**
 * Declares a service, and refuses one that is not whole: a contract of its own that no function answers, or a
 * reaction or timer under another service's name, which would take that one's events.
 * @throws Error at start
 */
export function defineService(definition: ServiceDefinition): ServiceDefinition {
  const own = `${definition.name}.`
  const bound = new Set(definition.actions.map((binding) => binding.action.name))
  const forgotten = [...actions.keys()].filter((name) => name.startsWith(own) && !bound.has(name))
  if (forgotten.length > 0)
    throw new Error(`Nothing answers ${forgotten.join(', ')}: bind them in ${own}service.ts.`)
  const names = [
    ...bound,
    ...[...(definition.consumers ?? []), ...(definition.timers ?? [])].map(({ name }) => name),
  ]
  const foreign = names.filter((name) => !name.startsWith(own))
  if (foreign.length > 0)
    throw new Error(`${foreign.join(', ')}: in ${own}service.ts every name begins with ${own}`)
  return definition
}

/** The definition as Moleculer wants it. */
export function toMoleculerSchema(definition: ServiceDefinition, ground: Ground): ServiceSchema {
  let stop: (() => Promise<void>) | undefined
  return {
    name: definition.name,
    actions: Object.fromEntries(
      definition.actions.map((binding) => [
        binding.action.name.slice(definition.name.length + 1),
        (ctx: Context) => handle(definition, binding, ctx, ground),
      ]),
    ),
    async started() {
      stop = await definition.start?.(ground)
    },
    async stopped() {
      await stop?.()
    },
  }
}

interface Headers {
  traceparent?: string
  idempotency?: { key: string; body: string }
}

async function handle(
  { name: service, calls = [] }: ServiceDefinition,
  binding: Binding,
  ctx: Context,
  ground: Ground,
): Promise<unknown> {
  const headers = ctx.headers as Headers
  const principal = (ctx.meta as { principal?: Principal }).principal ?? { kind: 'anonyme' as const }
  const startedAt = performance.now()
  let outcome = 'done'
  try {
    checkAccess(binding.action, principal)
    const idempotency = headers.idempotency
      ? {
          key: Buffer.from(headers.idempotency.key, 'hex'),
          body: Buffer.from(headers.idempotency.body, 'hex'),
        }
      : null
    return await inSpan(
      binding.action.name,
      {
        kind: SpanKind.SERVER,
        // Within one process the caller's span is still active; over the wire only its traceparent came.
        parent: trace.getActiveSpan() ? context.active() : contextFrom(headers.traceparent),
        attributes: { 'rpc.method': binding.action.name },
      },
      () =>
        binding.run(ctx.params, {
          ...ground,
          principal,
          idempotency,
          call: async (action, params) => {
            if (!calls.includes(action))
              throw new Error(`${service} calls ${action.name}, which its index card does not list`)
            return await call(ctx, action, params, { principal })
          },
          origin: (actor) => ({ source: service, actor, time: ground.now(), idempotency }),
        }),
    )
  } catch (error) {
    outcome = error instanceof Refusal ? 'refused' : 'failed'
    if (isPassing(error))
      ground.log.warn({ code: codeOf(error), method: binding.action.name }, 'the database does not answer')
    throw toWire(refuseIfPassing(error))
  } finally {
    actionDuration.record((performance.now() - startedAt) / 1000, binding.action.name, outcome)
  }
}
