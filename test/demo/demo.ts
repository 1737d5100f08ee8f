import { demoPassword } from '../../infra/issuer/accounts.ts'
import type { ElementSuivi } from '../../contracts/identity.ts'
import { expectedTimeline, playJourney } from './journey.ts'
import { expectedRendezVous, playRendezVous } from './rendez-vous.ts'
import { expectedFollowerTimeline, expectedReportTimeline, playReport } from './signalement.ts'

/** `npm run demo`: plays the journeys of one dossier, of one report and of one rendez-vous against the hub that is running. */
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
    process.stdout.write(`${String(++n).padStart(2)}  ${step.padEnd(38)} ${detail.padEnd(64)} ${traceId}\n`),
}

function tell(whose: string, suivi: readonly ElementSuivi[], expected: readonly string[]): boolean {
  process.stdout.write(`\n${whose}:\n`)
  for (const element of suivi) process.stdout.write(`    ${element.le}  ${element.texte}\n`)
  const types = suivi.map((element) => element.type)
  if (JSON.stringify(types) === JSON.stringify(expected)) return true
  process.stdout.write(`\nUnexpected timeline: ${types.join(', ')}\n`)
  return false
}

const { suivi, dossier } = await playJourney(options)
const dossierRight = tell(`Amina's timeline for ${dossier.reference}`, suivi, expectedTimeline)
process.stdout.write('\n')
const { signalement, ...told } = await playReport(options)
process.stdout.write('\n')
const { suivi: suiviDuRendezVous } = await playRendezVous(options)
const right =
  [
    tell('Amina’s timeline for her rendez-vous', suiviDuRendezVous, expectedRendezVous),
    tell(`Amina's timeline for ${signalement.reference}`, told.suivi, expectedReportTimeline),
    tell(`Bastien's timeline for ${signalement.reference}`, told.suiviDuSuiveur, expectedFollowerTimeline),
  ].every(Boolean) && dossierRight
if (right) process.stdout.write('\nThe journeys are complete: every step once, in order.\n')
process.exit(right ? 0 : 1)
