import { demoPassword } from '../../infra/issuer/accounts.ts'
import { expectedTimeline, playJourney } from './journey.ts'

/** `npm run demo`: plays the journey of one dossier against the hub that is running. */
const baseUrl = process.argv[2] ?? `http://localhost:${process.env.PORT ?? 3000}`

const reachable = await fetch(`${baseUrl}/health/live`).then(
  (response) => response.ok,
  () => false,
)
if (!reachable) {
  process.stderr.write(`No hub answers at ${baseUrl}. Start one in another terminal: npm start\n`)
  process.exit(1)
}

let n = 0
const { suivi, dossier } = await playJourney({
  baseUrl,
  password: demoPassword,
  report: (step, detail, traceId) =>
    process.stdout.write(`${String(++n).padStart(2)}  ${step.padEnd(34)} ${detail.padEnd(64)} ${traceId}\n`),
})

process.stdout.write(`\nAmina's timeline for ${dossier.reference}:\n`)
for (const element of suivi) process.stdout.write(`    ${element.le}  ${element.texte}\n`)
const types = suivi.map((element) => element.type)
const right = JSON.stringify(types) === JSON.stringify(expectedTimeline)
process.stdout.write(
  right
    ? '\nThe journey is complete: every step once, in order.\n'
    : `\nUnexpected timeline: ${types.join(', ')}\n`,
)
process.exit(right ? 0 : 1)
