import { type Middleware, ServiceBroker } from 'moleculer'
import { brokerOptions } from '../moleculer.config.ts'
import { natsLogin } from './nats.ts'
import { partsOf } from './nats/permissions.ts'

interface Info {
  readonly sender: string
  services?: { name: string; actions?: Record<string, { name: string }> }[]
}

/**
 * The broker of this process; it calls and answers other processes when there is a NATS.
 * @param nodeId its name among them: `nodeName`
 * @param known every part of the hub
 */
export function createBroker(
  nodeId: string,
  natsUrl: string | undefined,
  known: readonly string[],
): ServiceBroker {
  return new ServiceBroker({
    ...brokerOptions(nodeId, natsUrl ? natsLogin(natsUrl) : undefined),
    middlewares: [believeOnlyOwn(known)],
  })
}

/**
 * Believes another process only what its NATS user runs: all processes hear each other's announcements on one subject,
 * but nobody can listen under another user's name. So what is asked of `documents` reaches documents alone, whoever
 * claims to be it.
 */
function believeOnlyOwn(known: readonly string[]): Middleware {
  return {
    transitMessageHandler(next: (cmd: string, packet: { payload: unknown }) => unknown) {
      return (cmd: string, packet: { payload: unknown }) => {
        if (cmd === 'INFO') keepOwn(packet.payload as Info, known)
        return next(cmd, packet)
      }
    },
  } as object // Moleculer's type of this hook is not what it calls
}

/** Takes out what the sender does not run; a service that claims a single foreign action goes whole. */
export function keepOwn(info: Info, known: readonly string[]): void {
  const user = info.sender.split('.', 1)[0]!
  const own = new Set(['$node', ...partsOf(user, known)])
  info.services = (info.services ?? []).filter(
    ({ name, actions = {} }) =>
      own.has(name) && Object.values(actions).every((action) => own.has(action.name.split('.', 1)[0]!)),
  )
}
