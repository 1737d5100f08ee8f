import { demoPassword } from '../../infra/issuer/accounts.ts'
import { expectedTimeline, playJourney } from './journey.ts'
import { expectedRendezVous, playRendezVous } from './rendez-vous.ts'

/** `npm run demo`: plays the journeys of a dossier and of a rendez-vous against the hub that is running. */
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
const options = {
  baseUrl,
  password: demoPassword,
  report: (step: string, detail: string, traceId: string) =>
    process.stdout.write(`${String(++n).padStart(2)}  ${step.padEnd(34)} ${detail.padEnd(64)} ${traceId}\n`),
}
const { suivi, dossier } = await playJourney(options)
process.stdout.write('\nA rendez-vous:\n')
const { suivi: ofRendezVous } = await playRendezVous(options)

process.stdout.write(`\nAmina's timeline for ${dossier.reference} and her rendez-vous:\n`)
for (const element of [...suivi, ...ofRendezVous])
  process.stdout.write(`    ${element.le}  ${element.texte}\n`)
const types = [...suivi, ...ofRendezVous].map((element) => element.type)
const right = JSON.stringify(types) === JSON.stringify([...expectedTimeline, ...expectedRendezVous])
process.stdout.write(
  right
    ? '\nThe journeys are complete: every step once, in order.\n'
    : `\nUnexpected timeline: ${types.join(', ')}\n`,
)
process.exit(right ? 0 : 1)
