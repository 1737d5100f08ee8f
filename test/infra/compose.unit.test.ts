import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { allParts } from '../../infra/parts.ts'
import { writeComposeFiles } from '../../infra/stack/environments.ts'
import { Site } from '../../infra/stack/site.ts'

const root = join(import.meta.dirname, '../..')
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8')

interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly env_file?: string
  readonly build?: object
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly restart?: string
  readonly healthcheck?: object
  readonly deploy?: { readonly replicas?: number; readonly resources?: { readonly limits?: object } }
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const compose = parse(read('infra/compose.yaml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const parts = await allParts()

/** The Compose specification's own schema, as the package dclint carries it. */
function validator() {
  const { $schema: _, ...rules } = JSON.parse(
    read('node_modules/dclint/schemas/compose.schema.json'),
  ) as Record<string, unknown>
  return new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(rules)
}

test('compose.yaml follows the Compose specification', () => {
  const validate = validator()
  validate(compose)
  expect(validate.errors).toBeNull()
  const misspelt = structuredClone(compose) as unknown as {
    services: Record<string, Record<string, unknown>>
  }
  misspelt.services.redis!.helthcheck = {}
  expect(validate(misspelt)).toBe(false)
})

test('three gateways run, and two processes of each other part', () => {
  const running = services
    .filter(([, { command }]) => command?.[0] === '--services')
    .map(([name, { command, deploy }]) => ({ name, parts: command![1], replicas: deploy?.replicas }))
  expect(running).toEqual(
    expect.arrayContaining(
      parts.map((part) => ({ name: part, parts: part, replicas: part === 'gateway' ? 3 : 2 })),
    ),
  )
  expect(running).toHaveLength(parts.length)
  const { scrape_configs: jobs } = parse(read('infra/prometheus/prometheus.yml')) as {
    scrape_configs: { dns_sd_configs: { names: string[] }[] }[]
  }
  expect(jobs[0]!.dns_sd_configs[0]!.names.toSorted()).toEqual(parts.toSorted())
})

test.each(services)('%s is restarted, watched, limited, and of a known version', (_, service) => {
  expect(service).toMatchObject({
    restart: 'unless-stopped',
    healthcheck: expect.anything(),
    deploy: { resources: { limits: { cpus: expect.any(String), memory: expect.any(String) } } },
    image: expect.stringMatching(/^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-alpine)?$/),
  })
})

test('only the balancer can be reached from elsewhere, and what is published is published to this machine', () => {
  const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`))
  expect(published).toEqual([
    'balancer ${BALANCER:-127.0.0.1:8000}:8000',
    'jaeger 127.0.0.1:16686:16686',
    'prometheus 127.0.0.1:9090:9090',
  ])
})

test('what it mounts is there, and what it takes from outside is written by npm run stack -- compose', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guichet-compose-'))
  try {
    await writeComposeFiles(new Site(folder, 0))
    const written = readdirSync(folder)
    const wanted = [
      ...services.flatMap(([, { env_file }]) => env_file ?? []),
      ...Object.values(compose.secrets).map(({ file }) => file),
    ]
    for (const file of wanted) expect(written).toContain(file.replace(/^\.\.\/\.stack\/compose\//, ''))
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes)
    for (const source of mounted.map((volume) => /^\.\/[^:]+/.exec(volume)?.[0]).filter(Boolean))
      expect({ source, there: existsSync(join(root, 'infra', source!)) }).toEqual({ source, there: true })
    // Each variable of the users of NATS has a value.
    const needed = read('infra/nats/users.conf').match(/\$NATS_\w+/g)!
    const given = readFileSync(join(folder, 'nats.env'), 'utf8')
    for (const name of needed) expect(given).toContain(`\n${name.slice(1)}='"`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('each part that is missing altogether raises an alarm', () => {
  const alarms = read('infra/prometheus/alerts.yml')
  for (const part of parts) expect(alarms).toContain(`absent(up{part="${part}"})`)
})

test('no secret is in it', () => {
  const values = services.flatMap(([, { environment = {} }]) => Object.entries(environment))
  expect(
    values.filter(([name, value]) => /PASSWORD|SECRET|TOKEN/.test(name) || /\/\/[^/]*@/.test(String(value))),
  ).toEqual([])
})

test('the image starts the hub as npm start does, without npm between it and a signal', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } }
  const entry = JSON.parse(
    /^ENTRYPOINT (\[.*infra\/main\.ts.*\])$/m.exec(read('infra/Dockerfile'))![1]!,
  ) as string[]
  expect(entry.join(' ')).toBe(scripts.start)
})

test('each figure that an alarm reads is one that docs/metrics.md describes', () => {
  const described = read('docs/metrics.md').replaceAll('.', '_')
  const { groups } = parse(read('infra/prometheus/alerts.yml')) as { groups: { rules: { expr: string }[] }[] }
  const figures = groups.flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => expr.match(/\b(guichet|http_server)_\w+/g) ?? []),
  )
  expect(figures.length).toBeGreaterThan(8)
  for (const figure of new Set(figures))
    expect(described).toContain(`\`${figure.replace(/_(total|bucket|count)$/, '')}\``)
})
