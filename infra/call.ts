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
}

/** Calls an action by its contract, wherever its service runs. A refusal comes back as a `Refusal`. */
export async function call<A extends Action>(
  caller: Pick<ServiceBroker, 'call'> | Pick<Context, 'call'>,
  action: A,
  params: z.input<A['params']>,
  options: CallOptions,
): Promise<z.output<A['returns']>> {
  const traceparent = currentTraceparent()
  try {
    return (await caller.call(action.name, params, {
      meta: { principal: options.principal },
      headers: {
        ...(traceparent && { traceparent }),
        ...(options.idempotency && { idempotency: options.idempotency }),
      },
      ...(options.timeoutMs && { timeout: options.timeoutMs }),
    })) as z.output<A['returns']>
  } catch (error) {
    throw fromWire(error)
  }
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
