import { ConfigError } from '../config.ts'
import { findProgram } from './programs.ts'

/** `npm run stack -- fetch`: fetches what is missing, starts nothing, and says where each program is. */
async function main(): Promise<void> {
  for (const name of ['nats-server', 'redis-server', 'keycloak', 'jaeger'] as const)
    process.stdout.write(`${name}: ${await findProgram(name)}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof ConfigError ? error.message : String(error)}\n`)
  process.exit(1)
})
