import { connect, type ConnectionOptions, Events, type JetStreamClient, type JetStreamManager } from 'nats'
import type { NatsConnection } from 'nats'
import { hostname } from 'node:os'
import type { Transport } from '../moleculer.config.ts'
import { type Config, ConfigError } from './config.ts'
import type { Logger } from './log.ts'
import type { Signal } from './signal.ts'

/** The line of this process to NATS. */
export interface Nats {
  readonly connection: NatsConnection
  readonly streams: JetStreamClient
  readonly manager: JetStreamManager
  /** Lets what was sent arrive, then hangs up. */
  close(): Promise<void>
}

/** How long a start waits for a NATS that is still starting itself. */
const startPatienceMs = 30_000
/** Older ones are open to known bypasses of authorisation, and do not know what we ask of streams. */
const oldestServer = [2, 12, 7] as const

/**
 * The name of this process among the others: its NATS user, the machine, the process id. Permissions are given to
 * `<user>.>`, so no process can answer under the name of another kind.
 */
export function nodeName({ natsUrl }: Pick<Config, 'natsUrl'>): string {
  const user = natsUrl ? natsLogin(natsUrl).user : undefined
  return `${user ?? 'guichet'}.${hostname().replaceAll(/[^A-Za-z0-9-]/g, '-')}-${process.pid}`
}

/** What the transporter and our own line need to log in: servers, and user and password when the URL names them. */
export function natsLogin(natsUrl: string): Transport {
  const urls = natsUrl.split(',').map((one) => new URL(one))
  const [{ username, password }] = urls as [URL]
  return {
    servers: urls.map(({ protocol, host }) => `${protocol}//${host}`),
    ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  }
}

/**
 * Connects, and stays so: a lost line is opened again for ever. Warns of what production must not have.
 * @param name shown to NATS's administrators
 * @throws ConfigError when no server lets us in within 30 s
 */
export async function connectNats(natsUrl: string, name: string, log: Logger): Promise<Nats> {
  const login = natsLogin(natsUrl)
  const connection = await open(
    {
      ...login,
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      pingInterval: 10_000,
      maxPingOut: 2,
      noAsyncTraces: true, // an error made beforehand costs more than the request it may be needed for
      // An inbox of its own, so that permissions can keep others out of it.
      ...(login.user && { inboxPrefix: `_INBOX.${login.user}` }),
    },
    log,
  )
  void tellLine(connection, log)
  warnOfServer(connection, log)
  const manager = await connection.jetstreamManager({ checkAPI: false, timeout: 5_000 })
  return {
    connection,
    manager,
    streams: connection.jetstream({ timeout: 5_000 }),
    async close() {
      if (!connection.isClosed()) await connection.drain()
    },
  }
}

async function open(options: ConnectionOptions, log: Logger): Promise<NatsConnection> {
  const giveUpAt = performance.now() + startPatienceMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect({ ...options, timeout: 5_000 })
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      if (code === 'AUTHORIZATION_VIOLATION')
        throw new ConfigError(`NATS refuses the user or the password of NATS_URL (${message}).`)
      if (performance.now() > giveUpAt)
        throw new ConfigError(
          `No server of NATS_URL answers (${message}): start one, or correct the variable.`,
        )
      if (attempt === 1) log.warn({ err: error }, 'NATS does not answer yet')
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

/** A line that breaks is no fault of ours, yet an administrator must see when and how often. */
async function tellLine(connection: NatsConnection, log: Logger): Promise<void> {
  for await (const { type, data, permissionContext } of connection.status()) {
    const server = typeof data === 'string' ? data : ''
    if (type === Events.Disconnect) log.warn({ server }, 'NATS is away')
    else if (type === Events.Reconnect) log.info({ server }, 'NATS is back')
    else if (type === Events.Error && permissionContext)
      log.error(
        { missing: [`${permissionContext.operation} ${permissionContext.subject}`] },
        'NATS does not permit what this process does',
      )
    else if (type === Events.Error) log.error({ code: server }, 'NATS refuses')
  }
}

function warnOfServer({ info }: NatsConnection, log: Logger): void {
  const version = info?.version ?? '0.0.0'
  const parts = version.split('.').map((part) => Number.parseInt(part, 10))
  const older = oldestServer.findIndex((wanted, i) => (parts[i] ?? 0) !== wanted)
  if (older >= 0 && (parts[older] ?? 0) < oldestServer[older]!)
    log.warn(
      { version },
      `this NATS server is too old for production: ${oldestServer.join('.')} or newer is needed`,
    )
}

/**
 * Asks every server how it stores: without `sync_interval: always` a power cut loses what was acknowledged
 * (Jepsen on NATS 2.12.1: 14 % of it). Production must not run like that, and the log says so.
 */
export async function warnOfStorage({ connection }: Nats, log: Logger): Promise<void> {
  const asked = '$SYS.REQ.SERVER.PING.JSZ'
  try {
    let answered = 0
    for await (const message of await connection.requestMany(asked, '', { maxWait: 1_000 })) {
      const { server, data } = message.json<{
        server?: { name: string }
        data?: { config?: { sync_always?: boolean } }
      }>()
      if (!data) continue
      answered++
      if (!data.config?.sync_always)
        log.warn(
          { server: server?.name ?? '' },
          'this NATS server does not write to disk before it acknowledges: set sync_interval: always',
        )
    }
    if (answered > 0) return
  } catch {
    // Not allowed to ask, or nobody to answer: both are told below.
  }
  log.warn({}, `NATS does not say how it stores (${asked}): see to sync_interval: always yourself`)
}

/**
 * Carries a signal to the other processes of the hub. It is a hint and no more: what it announces is always found
 * by polling, so one that is lost costs a little time.
 */
export function shareSignal(
  { connection }: Nats,
  subject: string,
  signal: Signal,
  { hears, tells }: { readonly hears: boolean; readonly tells: boolean },
): void {
  let mine = 0
  let pending = false
  if (tells)
    signal.onNotify(() => {
      if (mine > 0 || pending) return
      pending = true
      // Many commits of one turn are one hint.
      setImmediate(() => {
        pending = false
        if (!connection.isClosed()) connection.publish(subject)
      })
    })
  if (hears)
    connection.subscribe(subject, {
      callback: () => {
        mine++
        signal.notify()
        mine--
      },
    })
}
