import { isAbsolute } from 'node:path'
import { ConfigError, readConfig } from '../../infra/config.ts'

const keycloak = { KEYCLOAK_URL: 'https://keycloak.example' }

test('without any variable everything is embedded, on loopback', () => {
  const config = readConfig({})
  expect(config).toMatchObject({
    environment: 'development',
    port: 3000,
    listen: 'localhost',
    publicUrl: 'http://localhost:3000',
    databaseUrl: undefined,
    keycloakUrl: undefined,
    clamavUrl: undefined,
    otlpEndpoint: undefined,
    traceRatio: 1,
    retryBaseMs: 1000,
    metricsPort: undefined,
    metricsListen: 'localhost',
    trustedProxies: [],
    rateAccount: 1200,
    rateAddress: 30_000,
    maxConnections: 4000,
    maxInFlight: 64,
  })
  expect(isAbsolute(config.dataFolder)).toBe(true)
})

test('an address loses its trailing slash: it is put before paths', () => {
  const config = readConfig({
    ...keycloak,
    PUBLIC_URL: 'https://guichet.example/',
    DATABASE_URL: 'postgres://u:p@db.example/guichet',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://traces.example:4318/',
  })
  expect(config.publicUrl).toBe('https://guichet.example')
  expect(config.keycloakUrl).toBe('https://keycloak.example')
  expect(config.databaseUrl).toBe('postgres://u:p@db.example/guichet')
  expect(config.otlpEndpoint).toBe('http://traces.example:4318')
})

test('clamd is reached by TCP or by a local socket', () => {
  for (const url of ['tcp://clamav.example:3310', 'tcp://[::1]:3310', 'unix:///run/clamav/clamd.ctl'])
    expect(readConfig({ CLAMAV_URL: url }).clamavUrl).toBe(url)
})

test('proxies are addresses and ranges of both families', () => {
  expect(readConfig({ TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1 ,2001:db8::/32' }).trustedProxies).toEqual([
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
  ])
})

test('the public address follows the port', () => {
  expect(readConfig({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080')
})

test('the key of a data folder is the same however the folder is written', () => {
  expect(readConfig({ HUB_DATA: '/srv/hub/' }).dataKey).toBe(
    readConfig({ HUB_DATA: '/srv/../srv/hub' }).dataKey,
  )
  expect(readConfig({ HUB_DATA: '/srv/hub' }).dataKey).not.toBe(readConfig({ HUB_DATA: '/srv/hub2' }).dataKey)
  expect(readConfig({}).dataKey).toMatch(/^[0-9a-f]{12}$/)
})

test.each([
  ['PORT', 'x'],
  ['PORT', '0'],
  ['PORT', '70000'],
  ['NODE_ENV', 'prod'],
  ['DATABASE_URL', 'mysql://db.example'],
  ['DATABASE_URL', 'guichet'],
  ['KEYCLOAK_URL', 'keycloak.example'],
  ['PUBLIC_URL', 'ftp://guichet.example'],
  ['CLAMAV_URL', 'clamav.example:3310'],
  ['CLAMAV_URL', 'http://clamav.example:3310'],
  ['CLAMAV_URL', 'unix://run/clamd.ctl'],
  ['CLAMAV_URL', 'tcp:///run/clamd.ctl'],
  ['PUBLIC_URL', 'https://ville.example/guichet'],
  ['PUBLIC_URL', 'https://guichet.example/?a=1'],
  ['TRUSTED_PROXIES', 'proxy.example'],
  ['TRUSTED_PROXIES', '10.0.0.0/33'],
  ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
  ['TRUSTED_PROXIES', '2001:db8::/129'],
  ['TRUSTED_PROXIES', '*'],
  ['RATE_ACCOUNT', '0'],
  ['RATE_ADDRESS', 'many'],
  ['MAX_CONNECTIONS', '1'],
  ['MAX_IN_FLIGHT', '0'],
  ['LOG_LEVEL', 'verbose'],
  ['LOG_PRETTY', 'yes'],
  ['TRACE_RATIO', '2'],
  ['RETRY_BASE_MS', '0'],
  ['METRICS_PORT', '70000'],
  ['METRICS_PORT', '3000'],
])('%s=%s is refused in a line that names it', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(ConfigError)
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}(?:\\.\\d+)?: .+$`))
})

test('every wrong variable is told at once', () => {
  expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/^PORT: .*\nLOG_LEVEL: .*$/)
})

test('NATS_URL is one server or several of a cluster', () => {
  expect(readConfig({}).natsUrl).toBeUndefined()
  const urls = 'nats://hub:secret@a.example:4222, nats://b.example:4222'
  expect(readConfig({ NATS_URL: urls }).natsUrl).toBe(urls.replace(' ', ''))
  expect(() => readConfig({ NATS_URL: 'http://bus.example' })).toThrow(/NATS_URL/)
})

test('NATS_STAFF names each staff system with what it may read', () => {
  expect(readConfig({}).natsStaff).toEqual([])
  expect(readConfig({ NATS_STAFF: 'systeme-ged=dossier+document, sig=document' }).natsStaff).toEqual([
    { user: 'systeme-ged', aggregates: ['dossier', 'document'] },
    { user: 'sig', aggregates: ['document'] },
  ])
  for (const wrong of ['systeme-ged', 'a=facture', 'a b=dossier', 'a=dossier+'])
    expect(() => readConfig({ NATS_STAFF: wrong })).toThrow(/NATS_STAFF/)
})

test('DOCUMENTS_LISTEN is an address and a port of either family', () => {
  expect(readConfig({}).documentsListen).toEqual({ host: '127.0.0.1', port: 0 })
  expect(readConfig({ DOCUMENTS_LISTEN: '[::1]:4000' }).documentsListen).toEqual({ host: '::1', port: 4000 })
  expect(() => readConfig({ DOCUMENTS_LISTEN: '4000' })).toThrow(/DOCUMENTS_LISTEN/)
})

test('REDIS_URL is one server, with TLS or without, and the number of a database', () => {
  expect(readConfig({}).redisUrl).toBeUndefined()
  for (const url of [
    'redis://cache.example',
    'rediss://guichet:p%40ss@cache.example:6380/2',
    'redis://[::1]/',
  ])
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url)
  for (const wrong of ['http://cache.example', 'redis://cache.example/guichet', 'redis://cache.example?db=2'])
    expect(() => readConfig({ REDIS_URL: wrong })).toThrow(/^REDIS_URL: /)
})

test('no part is embedded in production, and all that is missing is told at once', () => {
  const production = { NODE_ENV: 'production', ...keycloak }
  expect(() => readConfig({ NODE_ENV: 'production' })).toThrow(
    'DATABASE_URL, NATS_URL, REDIS_URL, KEYCLOAK_URL must be set',
  )
  expect(() => readConfig({ ...production, NATS_URL: ' ' })).toThrow(
    ': DATABASE_URL, NATS_URL, REDIS_URL must',
  )
  const all = {
    DATABASE_URL: 'postgres://db.example/hub',
    NATS_URL: 'nats://bus.example',
    REDIS_URL: 'redis://cache.example',
  }
  expect(() => readConfig({ ...production, ...all })).not.toThrow(/must be set/)
  expect(() => readConfig({ NODE_ENV: 'test' })).not.toThrow()
})
