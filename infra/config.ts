import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { events } from '../contracts/catalog.ts'

const root = resolve(import.meta.dirname, '..')

const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const url = (protocols: RegExp) =>
  z.url({ protocol: protocols }).transform((value) => value.replace(/\/$/, ''))

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text

/** A list separated by commas. */
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )

/** An address or a CIDR, of either family. */
function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  return (
    family > 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  )
}

const staffSystem = /^([a-z0-9-]{1,64})=([a-z-]{1,40}(?:\+[a-z-]{1,40}){0,19})$/
const aggregates = new Set<string>([...events.values()].map(({ aggregate }) => aggregate))

function isStaffSystem(text: string): boolean {
  const [, , its = ''] = staffSystem.exec(text) ?? []
  return its.split('+').every((aggregate) => aggregates.has(aggregate))
}

/** What production does not take embedded: the issuer has public demo passwords, the rest is for one process. */
const realParts = ['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'KEYCLOAK_URL'] as const

const Environment = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  PORT: z.coerce.number().int().min(1).max(65535).default(3000),
  /** `localhost` listens on loopback, both families. */
  LISTEN: z.string().default('localhost'),
  PUBLIC_URL: url(/^https?$/)
    .refine(isOrigin, 'an origin, without a path')
    .optional(),
  /** Origins of other front ends whose pages may call the API, separated by commas. */
  CORS_ORIGINS: list.pipe(z.array(z.url().refine(isOrigin, 'an origin has no path'))),
  /** Reverse proxies whose `X-Forwarded-For` is believed: addresses and CIDRs, separated by commas. */
  TRUSTED_PROXIES: list.pipe(
    z.array(z.string().refine(isRange, 'an address or a CIDR, such as 10.0.0.0/8 or 2001:db8::1')),
  ),
  /** What one account may spend a minute; a plain read costs 1 (docs/limits.md). */
  RATE_ACCOUNT: z.coerce.number().int().min(1).default(1200),
  /** Requests a minute from one address (IPv6: one /64), signed in or not: it stops floods, nothing else. */
  RATE_ADDRESS: z.coerce.number().int().min(1).default(30_000),
  MAX_CONNECTIONS: z.coerce.number().int().min(10).max(100_000).default(4000),
  /** Calls under way at the same time; more wait a second for their turn, then get 503. */
  MAX_IN_FLIGHT: z.coerce.number().int().min(1).max(10_000).default(64),
  HUB_DATA: z.string().default(join(root, '.hub')),
  DATABASE_URL: url(/^postgres(ql)?$/).optional(),
  KEYCLOAK_URL: url(/^https?$/).optional(),
  /** Servers of one cluster, separated by commas; the first may hold user and password. */
  NATS_URL: list.pipe(z.array(url(/^(nats|tls)$/))),
  /** One Redis or Valkey for all processes; `rediss` is TLS, a path is the number of a database. */
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .refine(
      (value) => /^\/?\d{0,4}$/.test(new URL(value).pathname),
      'after the host only the number of a database',
    )
    .refine((value) => new URL(value).search === '', 'without options behind a question mark')
    .optional(),
  /** Where ClamAV's daemon listens. */
  CLAMAV_URL: url(/^(tcp|unix)$/)
    .refine((value) => {
      const { protocol, hostname, pathname } = new URL(value)
      return protocol === 'unix:' ? hostname === '' && pathname.length > 1 : hostname !== ''
    }, 'tcp://host:port or unix:///path')
    .optional(),
  /** The server that sends mail; absent: mail is written into the data folder. */
  SMTP_URL: url(/^smtps?$/).optional(),
  /** Who mail is from. */
  SMTP_FROM: z
    .string()
    .regex(/^(?:[^<>\r\n]{1,100} <)?[^\s<>@]{1,64}@[^\s<>@]{1,255}>?$/, 'an address, or a name and <address>')
    .default('Ville de Malakoff <ne-pas-repondre@guichet.invalid>'),
  /** Staff systems that read events from NATS: `<user>=<aggregate>+<aggregate>`, separated by commas. */
  NATS_STAFF: list.pipe(
    z.array(
      z
        .string()
        .refine(
          isStaffSystem,
          `<user>=<aggregate>+<aggregate>, such as systeme-ged=dossier+document; there are ${[...aggregates].join(', ')}`,
        ),
    ),
  ),
  /** Where the documents service moves bytes to and from gateways on other machines. */
  DOCUMENTS_LISTEN: z
    .string()
    .regex(
      /^(?:\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
      'address:port, such as 10.0.0.5:4000 or 0.0.0.0:4000',
    )
    .default('127.0.0.1:0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  LOG_PRETTY: flag.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?$/).optional(),
  /** Where Prometheus reads the metrics; absent: nowhere. */
  METRICS_PORT: z.coerce.number().int().min(1).max(65535).optional(),
  /** Never follows LISTEN: opening the API to the city must not open its figures. */
  METRICS_LISTEN: z.string().default('localhost'),
  /** Share of traces that are sampled, 0 to 1; our decision, whatever the caller's flag says. */
  TRACE_RATIO: z.coerce.number().min(0).max(1).default(1),
  /** First delay before a failed reaction is tried again, in milliseconds; it doubles up to 5 minutes. */
  RETRY_BASE_MS: z.coerce.number().int().min(1).max(60_000).default(1000),
})

/**
 * The settings of one hub process. An absent `databaseUrl`, `keycloakUrl`, `redisUrl` or `clamavUrl` means the embedded part.
 * Nothing else in the hub reads `process.env`.
 */
export interface Config {
  readonly environment: 'development' | 'test' | 'production'
  readonly port: number
  readonly listen: string
  /** Origin under which browsers reach the hub; fixes the embedded issuer's `iss`. No trailing slash. */
  readonly publicUrl: string
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly rateAccount: number
  readonly rateAddress: number
  readonly maxConnections: number
  readonly maxInFlight: number
  readonly dataFolder: string
  /** Short name of the data folder, for lock files and the like. */
  readonly dataKey: string
  readonly databaseUrl: string | undefined
  readonly keycloakUrl: string | undefined
  readonly clamavUrl: string | undefined
  readonly natsUrl: string | undefined
  readonly smtpUrl: string | undefined
  readonly smtpFrom: string
  readonly redisUrl: string | undefined
  readonly natsStaff: readonly { readonly user: string; readonly aggregates: readonly string[] }[]
  readonly documentsListen: { readonly host: string; readonly port: number }
  readonly logLevel: string
  readonly logPretty: boolean
  readonly otlpEndpoint: string | undefined
  readonly metricsPort: number | undefined
  readonly metricsListen: string
  readonly traceRatio: number
  readonly retryBaseMs: number
}

/** Parses the environment; throws one readable line per wrong variable. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('\n'))
  const env = parsed.data
  const missing = realParts.filter((name) => !environment[name]?.trim())
  if (env.NODE_ENV === 'production' && missing.length > 0)
    throw new ConfigError(
      `With NODE_ENV=production no part is embedded: ${missing.join(', ')} must be set (README.md, Variables).`,
    )
  if (env.SMTP_URL && env.SMTP_FROM.includes('@guichet.invalid'))
    throw new ConfigError('SMTP_FROM is required with SMTP_URL: the address that the city sends from.')
  if (env.METRICS_PORT === env.PORT)
    throw new ConfigError('METRICS_PORT: metrics are not for the public, choose another port than PORT.')
  const dataFolder = resolve(env.HUB_DATA)
  return {
    environment: env.NODE_ENV,
    port: env.PORT,
    listen: env.LISTEN,
    publicUrl: env.PUBLIC_URL ?? `http://localhost:${env.PORT}`,
    corsOrigins: env.CORS_ORIGINS,
    trustedProxies: env.TRUSTED_PROXIES,
    rateAccount: env.RATE_ACCOUNT,
    rateAddress: env.RATE_ADDRESS,
    maxConnections: env.MAX_CONNECTIONS,
    maxInFlight: env.MAX_IN_FLIGHT,
    dataFolder,
    dataKey: createHash('sha256').update(dataFolder).digest('hex').slice(0, 12),
    databaseUrl: env.DATABASE_URL,
    keycloakUrl: env.KEYCLOAK_URL,
    redisUrl: env.REDIS_URL,
    clamavUrl: env.CLAMAV_URL,
    natsStaff: env.NATS_STAFF.map((text) => {
      const [, user = '', aggregates = ''] = staffSystem.exec(text) ?? []
      return { user, aggregates: aggregates.split('+') }
    }),
    natsUrl: env.NATS_URL.length > 0 ? env.NATS_URL.join(',') : undefined,
    smtpUrl: env.SMTP_URL,
    smtpFrom: env.SMTP_FROM,
    documentsListen: hostAndPort(env.DOCUMENTS_LISTEN),
    logLevel: env.LOG_LEVEL,
    logPretty: env.LOG_PRETTY ?? process.stdout.isTTY,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    metricsPort: env.METRICS_PORT,
    metricsListen: env.METRICS_LISTEN,
    traceRatio: env.TRACE_RATIO,
    retryBaseMs: env.RETRY_BASE_MS,
  }
}

function hostAndPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}

/** What the OTLP exporters read by themselves: secrets and certificates, which are none of our business. */
const exporterVariable =
  /^OTEL_EXPORTER_OTLP_(?:ENDPOINT|HEADERS|CERTIFICATE|CLIENT_KEY|CLIENT_CERTIFICATE|COMPRESSION)$/

/**
 * Takes away the variables that OpenTelemetry's NodeSDK would obey unasked: OTEL_SDK_DISABLED alone would take the
 * trace id out of every answer, and OTEL_TRACES_SAMPLER overrule TRACE_RATIO.
 */
export function forgetSdkVariables(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(environment))
    if (name.startsWith('OTEL_') && !exporterVariable.test(name)) delete environment[name]
}

/** A wrong setting: its message is all the administrator needs, no stack. */
export class ConfigError extends Error {}
