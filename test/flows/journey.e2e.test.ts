import { demoPassword } from '../../infra/issuer/accounts.ts'
import { expectedTimeline, playJourney } from '../demo/journey.ts'
import { expectedRendezVous, playRendezVous } from '../demo/rendez-vous.ts'
import { expectedFollowerTimeline, expectedReportTimeline, playReport } from '../demo/signalement.ts'

test('one dossier goes from sign-in to decision, and its citizen sees every step once, live and afterwards', async () => {
  const steps: { step: string; traceId: string }[] = []
  const { suivi, live, dossier } = await playJourney({
    baseUrl: process.env.TEST_HUB_URL!,
    password: demoPassword,
    report: (step, _detail, traceId) => steps.push({ step, traceId }),
  })
  expect(suivi.map((element) => element.type)).toEqual(expectedTimeline)
  expect(live).toEqual(suivi.map((element) => element.rang))
  expect(dossier.etat).toBe('accepte')
  const traced = steps.filter(({ traceId }) => traceId !== '')
  expect(new Set(traced.map(({ traceId }) => traceId)).size).toBe(traced.length)
  expect(traced.length).toBeGreaterThan(14)
})

test('one report goes from the street to its end, and everybody concerned sees every step once', async () => {
  const { suivi, suiviDuSuiveur, signalement } = await playReport({
    baseUrl: process.env.TEST_HUB_URL!,
    password: demoPassword,
    report: () => {},
  })
  expect(suivi.map((element) => element.type)).toEqual(expectedReportTimeline)
  expect(suiviDuSuiveur.map((element) => element.type)).toEqual(expectedFollowerTimeline)
  expect([signalement.etat, signalement.suiveurs]).toEqual(['resolu', 1])
})

test('a rendez-vous is held, contested, booked, made earlier, and done for its dossier', async () => {
  const { suivi, rendezVous } = await playRendezVous({
    baseUrl: process.env.TEST_HUB_URL!,
    password: demoPassword,
    report: () => {},
  })
  expect(suivi.map((element) => element.type)).toEqual(expectedRendezVous)
  expect(rendezVous.statut).toBe('inconnu')
})
