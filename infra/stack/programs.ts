import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigError } from '../config.ts'
import { run } from './command.ts'
import { alone } from './lock.ts'

const cache = resolve(import.meta.dirname, '../../.stack/programs')
const platform = `${process.platform}-${process.arch}`

/** How a program is got when it is missing. */
interface Recipe {
  /** Changes with the version and with the way it is made. */
  version(): Promise<string>
  /** Where the program is in its folder. */
  readonly path: string
  /** Where it comes from and how long that takes, for who waits. */
  readonly from: string
  /** Puts the whole program into the folder, checksums verified. */
  make(folder: string): Promise<void>
}

const recipes = {
  'nats-server': goProgram('nats-server', 'github.com/nats-io/nats-server/v2', 'half a minute'),
  /** Jaeger v2, without the pages of its UI: traces are read by its API. */
  jaeger: goProgram('jaeger', 'github.com/jaegertracing/jaeger/cmd/jaeger', 'three to ten minutes'),
  'redis-server': {
    version: async () => 'debian',
    path: 'redis-server',
    from: 'the distribution by apt-get: a few seconds',
    make: unpackRedis,
  },
  /**
   * `kc.sh`, already built with infra/keycloak/keycloak.conf: `start --optimized`. Don't run another mode here, it would
   * build again in place. Data and `conf` may stand elsewhere: `-Dkc.home.dir=<folder>` with symbolic links to
   * `lib`, `providers` and `themes`. It takes its Java from the variable JAVA: see `findJava`.
   */
  keycloak: {
    version: async () => `${keycloakVersion}-${sumOf(await readFile(keycloakConf))}`,
    path: 'bin/kc.sh',
    from: 'Maven Central by mvn: a minute or two',
    make: unpackKeycloak,
  },
} as const satisfies Readonly<Record<string, Recipe>>

export type Program = keyof typeof recipes

/**
 * The path of a program of the stack; it is fetched or built first when it is missing, which is told on standard
 * error. Two processes may ask at once: one fetches, the other waits, and neither ever sees half a program.
 * @throws ConfigError when a tool that it needs is missing; Error when it cannot be fetched or is not what it should be
 */
export async function findProgram(name: Program): Promise<string> {
  if (process.platform !== 'linux')
    throw new ConfigError('The stack runs on Linux: elsewhere use infra/compose.yaml.')
  if (name === 'redis-server') {
    const installed = await installedRedis()
    if (installed) return installed
  }
  const recipe: Recipe = recipes[name]
  const folder = join(cache, `${name}-${await recipe.version()}-${platform}`)
  const path = join(folder, recipe.path)
  if (existsSync(path)) return path
  const key = sumOf(Buffer.from(folder))
  return await alone(`fetch-${key}`, async () => {
    if (existsSync(path)) return path
    process.stderr.write(`${name} is missing; it comes from ${recipe.from}.\n`)
    const startedAt = performance.now()
    const partial = `${folder}.partial`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    await recipe.make(partial)
    await rename(partial, folder)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
    process.stderr.write(`${name} is there (${seconds} s): ${path}\n`)
    return path
  })
}

const sumOf = (content: Buffer) => createHash('sha256').update(content).digest('hex').slice(0, 12)

/** Built from its source, of which go.mod pins the version and go.sum every checksum. */
function goProgram(name: string, source: string, patience: string): Recipe {
  const module = join(import.meta.dirname, name)
  return {
    path: name,
    from: `the Go module proxy, to be built: ${patience}`,
    async version() {
      return sumOf(await readFile(join(module, 'go.sum')))
    },
    async make(folder) {
      const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags=-s -w']
      const build = ['go', 'build', ...flags, '-o', join(folder, name), source]
      await run(['env', 'CGO_ENABLED=0', ...build], 'install Go 1.26 or newer', module)
    },
  }
}

const keycloakVersion = '26.7.3'
const keycloakSum = '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f'
const keycloakConf = resolve(import.meta.dirname, '../keycloak/keycloak.conf')
const mavenPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

async function unpackKeycloak(folder: string): Promise<void> {
  const java = await findJava()
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`
  await run(
    ['mvn', '-B', '-q', `${mavenPlugin}:copy`, artifact, `-DoutputDirectory=${folder}`],
    'install Maven',
  )
  const name = `keycloak-quarkus-dist-${keycloakVersion}.zip`
  const zip = join(folder, name)
  const sum = createHash('sha256')
  await pipeline(createReadStream(zip), sum)
  if (sum.digest('hex') !== keycloakSum) throw new Error(`${name} is not the file whose SHA-256 is known.`)
  await run([join(java, '../jar'), 'xf', zip], 'install a whole JDK, with jar', folder)
  const unpacked = join(folder, `keycloak-${keycloakVersion}`)
  for (const entry of await readdir(unpacked)) await rename(join(unpacked, entry), join(folder, entry))
  for (const left of [unpacked, zip]) await rm(left, { recursive: true })
  const kc = join(folder, 'bin/kc.sh')
  await chmod(kc, 0o755)
  await copyFile(keycloakConf, join(folder, 'conf/keycloak.conf'))
  await run(['env', `JAVA=${java}`, kc, 'build'], '')
}

/**
 * The `java` of a JDK 21 or newer: of JAVA_HOME, of PATH, or where distributions install them.
 * @throws ConfigError when there is none
 */
export async function findJava(): Promise<string> {
  const places = '"$JAVA_HOME/bin/java" "$(command -v java)" /usr/lib/jvm/*/bin/java'
  const found = await run(['sh', '-c', `for java in ${places}; do readlink -f "$java"; done || true`], '')
  for (const java of new Set(found.split('\n').filter(Boolean))) {
    // It tells its version on standard error.
    const said = await run(['sh', '-c', '"$0" -version 2>&1', java], '').catch(() => '')
    if (Number(/version "(\d+)/.exec(said)?.[1] ?? 0) >= 21) return java
  }
  throw new ConfigError(
    'Keycloak needs a JDK 21 or newer: install one, and name it in JAVA_HOME if it is not under /usr/lib/jvm.',
  )
}

const oldestRedis = [7, 0, 15] as const

async function installedRedis(): Promise<string | null> {
  const found = await run(['sh', '-c', 'command -v valkey-server redis-server; true'], '')
  for (const path of found.split('\n').filter(Boolean)) if (await isGoodRedis(path)) return path
  return null
}

async function isGoodRedis(path: string): Promise<boolean> {
  const version = /(?:v=|\s)(\d+)\.(\d+)\.(\d+)/.exec(await run([path, '--version'], '').catch(() => ''))
  if (!version) return false
  const parts = version.slice(1).map(Number)
  const differs = oldestRedis.findIndex((wanted, i) => parts[i] !== wanted)
  return differs < 0 || parts[differs]! > oldestRedis[differs]!
}

/**
 * Takes the packages that the distribution signs, with the libraries that this machine lacks; nothing is installed,
 * no service started. Old versions vanish from the mirrors, so whichever is offered is taken, and `packages.txt`
 * says which it was.
 */
async function unpackRedis(folder: string): Promise<void> {
  const needed = 'install Redis or Valkey 7.0.15 or newer'
  const apt = ['apt-get', '-q', '-o', 'APT::Sandbox::User=root', '-o', 'APT::Get::AllowUnauthenticated=false']
  const download = async () => {
    const plan = await run(
      [...apt, 'install', '--simulate', '--no-install-recommends', 'redis-server'],
      needed,
    )
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!)
    await run([...apt, 'download', ...names], needed, folder)
  }
  // Lists that were never fetched, or that name packages which are gone.
  await download().catch(async (error: unknown) => {
    if (error instanceof ConfigError) throw error
    await run([...apt, 'update'], needed)
    await download()
  })
  const packages = (await readdir(folder)).filter((file) => file.endsWith('.deb'))
  for (const file of packages) await run(['dpkg-deb', '-x', file, 'root'], needed, folder)
  await writeFile(join(folder, 'packages.txt'), await run(['sha256sum', ...packages], needed, folder))
  for (const file of packages) await rm(join(folder, file))
  const program = join(folder, 'redis-server')
  await writeFile(program, startRedis, { mode: 0o755 })
  if (!(await isGoodRedis(program))) throw new Error(`The Redis of this distribution is too old: ${needed}.`)
}

/** Libraries that were only unpacked are where the linker doesn't look. */
const startRedis = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/root
for libraries in "$here"/usr/lib "$here"/usr/lib/*-linux-gnu "$here"/lib/*-linux-gnu; do
  LD_LIBRARY_PATH=$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "$here"/usr/bin/redis-server "$@"
`
