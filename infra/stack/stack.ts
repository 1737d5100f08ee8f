import { parseArgs } from 'node:util'
import { ConfigError } from '../config.ts'
import { writeComposeFiles, writeEnvironments } from './environments.ts'
import { findProgram } from './programs.ts'
import { isUp, readState, startStack, type State, stopStack } from './runner.ts'
import { readJson, root, Site, writeWhole } from './site.ts'

const help = `npm run stack [-- command] brings the real servers up on this machine, each with its production configuration.
  start [server...]   what does not run yet of postgres, redis, nats (three), keycloak; jaeger when it is named
  stop [server...]    what was started here, and only that; data stay
  status              what runs
  fetch               only fetches the programs, Jaeger too
  compose             writes the passwords for infra/compose.yaml
  --shift 20000       all ports so much above the usual ones (10000 unless said otherwise), always on loopback
  --folder .stack     data, logs, passwords`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      shift: { type: 'string' },
      folder: { type: 'string', default: `${root}/.stack` },
      help: { type: 'boolean' },
    },
  })
  const [command = 'start', ...names] = positionals
  if (values.help) return say(help)
  if (command === 'fetch') return await fetchAll()
  if (command === 'compose') {
    const site = new Site(`${values.folder}/compose`, 0)
    await writeComposeFiles(site)
    return say(`Written to ${site.tell()}. Next: docker compose -f infra/compose.yaml up --build --wait`)
  }
  const site = chooseSite(values.folder, values.shift)
  if (command === 'stop') {
    const ended = await stopStack(site, names)
    return say(
      ended.length > 0 ? `Ended: ${ended.join(', ')}. Data stay in ${site.tell()}.` : 'Nothing was running.',
    )
  }
  if (command === 'start') await startStack(site, names)
  else if (command !== 'status') throw new ConfigError(help)
  const states = await readState(site)
  if (command === 'status') return say(table(states))
  const runs = (name: string) => states.some(({ server, pid }) => server.name === name && pid !== null)
  await writeEnvironments(site, runs('jaeger'))
  say(`${table(states)}\n\n${nextSteps(site)}`)
}

/** The ports of a stack stay where they were at its last start. */
function chooseSite(folder: string, wanted: string | undefined): Site {
  const file = new Site(folder, 0).at('shift.json')
  const last = (readJson(file) ?? 10_000) as number
  const shift = wanted === undefined ? last : Number(wanted)
  if (!Number.isInteger(shift) || shift < 0 || shift > 48_000)
    throw new ConfigError('--shift is a whole number from 0 to 48000.')
  const site = new Site(folder, shift)
  if (shift === last) return site
  if (isUp(site)) throw new ConfigError('The stack runs on other ports: npm run stack -- stop')
  writeWhole(file, String(shift))
  return site
}

async function fetchAll(): Promise<void> {
  for (const name of ['nats-server', 'redis-server', 'keycloak', 'jaeger'] as const)
    say(`${name}: ${await findProgram(name)}`)
}

function table(states: readonly State[]): string {
  return states
    .map(({ server, pid, answers }) => {
      const state = pid === null ? 'does not run' : `process ${pid}${answers ? '' : ', does not answer'}`
      return `  ${server.name.padEnd(10)} ${server.url.padEnd(30)} ${state}`
    })
    .join('\n')
}

function nextSteps(site: Site): string {
  return `  Next: (set -a; . ${site.tell('hub.env')}; npm start)      the hub on these servers
  One part of it: (set -a; . ${site.tell('parts/documents.env')}; npm start -- --services documents)
  Keycloak's administrator is admin; the passwords are in ${site.tell('secrets.json')}, the logs in ${site.tell('log')}.
  npm run stack -- stop ends it all; data stay.`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

main().catch((error: unknown) => {
  const known =
    error instanceof ConfigError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  process.stderr.write(
    `\n${known ? (error as Error).message : String(error instanceof Error ? error.message : error)}\n`,
  )
  process.exit(1)
})
