import { ConfigError } from '../../infra/config.ts'
import { findProgram } from '../../infra/stack/programs.ts'
import { print } from './figures.ts'

/**
 * `npm run bench`: every figure in one run; `npm run bench -- bus` only that section. The machine is noisy: what is
 * compared runs side by side, in turns, and the ratio of medians is what counts. ROUNDS and SECONDS change them all.
 */
const sections: Readonly<Record<string, { needsNats: boolean; run(): Promise<void> }>> = {
  http: { needsNats: false, run: async () => (await import('./http.ts')).benchHttp() },
  nest: { needsNats: true, run: async () => (await import('./nest.ts')).benchNest() },
  signalements: {
    needsNats: false,
    run: async () => (await import('./signalements.ts')).benchSignalements(),
  },
  agenda: { needsNats: false, run: async () => (await import('./agenda.ts')).benchAgenda() },
  bus: { needsNats: true, run: async () => (await import('./bus.ts')).benchBus() },
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in sections))
if (unknown.length > 0) {
  print(`unknown: ${unknown.join(', ')}; there is ${Object.keys(sections).join(', ')}`)
  process.exit(1)
}

/** Why there is no nats-server, in one line; null when there is one. */
async function natsIsMissing(): Promise<string | null> {
  try {
    await findProgram('nats-server')
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

for (const [name, { needsNats, run }] of Object.entries(sections)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const missing = needsNats ? await natsIsMissing() : null
  print(missing ? `== ${name}: skipped, there is no nats-server. ${missing}\n` : `== ${name}`)
  if (missing) continue
  await run()
  print('')
}
