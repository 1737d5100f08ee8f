import { setTimeout as delay } from 'node:timers/promises'
import { Errors, type Context, type ServiceBroker } from 'moleculer'
import type { z } from 'zod'
import type { Action } from '../contracts/define.ts'
import { type ErrorCode, errorCatalog, Refusal, type RefusalExtra } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import { currentTraceparent } from './telemetry.ts'

/** What travels with a call beside its params. */
export interface CallOptions {
  readonly principal: Principal
  /** For this hop only. */
  readonly idempotency?: { readonly key: string; readonly body: string }
  readonly timeoutMs?: number
  /** An order that does the same however often it comes, without a key. */
  readonly repeatable?: boolean
}

/** How often and after how long a call is made again when the process that should answer has gone, in milliseconds. */
const pauses = [50, 150, 400, 1_000]

/**
 * Calls an action by its contract, wherever its service runs. A refusal comes back as a `Refusal`. When the process
 * that should answer stops or is lost, another is asked: a question may be asked twice, and an order carries a key
 * under which it is done once.
 */
export async function call<A extends Action>(
  caller: Pick<ServiceBroker, 'call'> | Pick<Context, 'call'>,
  action: A,
  params: z.input<A['params']>,
  options: CallOptions,
): Promise<z.output<A['returns']>> {
  const traceparent = currentTraceparent()
  const calling = {
    meta: { principal: options.principal },
    headers: {
      ...(traceparent && { traceparent }),
      ...(options.idempotency && { idempotency: options.idempotency }),
    },
    ...(options.timeoutMs && { timeout: options.timeoutMs }),
  }
  // Who sets a time of their own wants to know now.
  const mayRepeat =
    options.timeoutMs === undefined &&
    (!action.command || options.idempotency !== undefined || options.repeatable === true)
  for (let attempt = 0; ; attempt++) {
    try {
      return (await caller.call(action.name, params, calling)) as z.output<A['returns']>
    } catch (error) {
      const pause = pauses[attempt]
      if (!mayRepeat || pause === undefined || !isLost(error)) throw fromWire(error)
      await delay(pause)
    }
  }
}

/** Was it not answered because of the process that was asked, rather than of what was asked? */
function isLost(error: unknown): boolean {
  return (
    error instanceof Errors.ServiceNotFoundError ||
    error instanceof Errors.ServiceNotAvailableError ||
    error instanceof Errors.RequestRejectedError
  )
}

/** A refusal in the shape that Moleculer carries between processes. */
export function toWire(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error
  return new Errors.MoleculerClientError(error.message, errorCatalog[error.code][0], error.code, {
    detail: error.detail,
    extra: error.extra,
  })
}

function fromWire(error: unknown): unknown {
  if (error instanceof Errors.MoleculerError && Object.hasOwn(errorCatalog, error.type)) {
    const data = error.data as { detail?: string; extra?: RefusalExtra }
    return new Refusal(error.type as ErrorCode, data.detail, data.extra)
  }
  // Nobody answers there, not in time, or too many wait: all of Moleculer's own troubles are for later.
  return error instanceof Errors.MoleculerRetryableError ? new Refusal('service-indisponible') : error
}
