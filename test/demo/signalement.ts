import type { z } from 'zod'
import type { Document } from '../../contracts/documents.ts'
import type { ElementSuivi, LireSuivi } from '../../contracts/identity.ts'
import type { ListerSignalements } from '../../contracts/signalements.ts'
import type { Signalement } from '../../contracts/signalement.ts'
import { randomInt, randomUUID } from 'node:crypto'
import { Client, persist } from './client.ts'
import { type JourneyOptions, waitFor } from './journey.ts'
import { signIn } from './sign-in.ts'

export interface ReportJourney {
  readonly signalement: Signalement
  /** Of its reporter. */
  readonly suivi: readonly ElementSuivi[]
  /** Of the second reporter, who follows it. */
  readonly suiviDuSuiveur: readonly ElementSuivi[]
}

/** The types that the reporter's timeline must show of this one report, in order. */
export const expectedReportTimeline = [
  'guichet.signalement.cree.v1',
  'guichet.signalement.avance.v1',
  'guichet.signalement.question-posee.v1',
  'guichet.signalement.reponse-recue.v1',
  'guichet.signalement.avance.v1',
  'guichet.signalement.avance.v1',
]

export const expectedFollowerTimeline = [
  'guichet.abonnement.pris.v1',
  'guichet.abonnement.averti.v1',
  'guichet.abonnement.averti.v1',
  'guichet.abonnement.averti.v1',
]

/** A picture of one red pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
)

/**
 * One report from the street, from a telephone that was offline to the agent's last step. Each request is repeated
 * under its key while the hub is away.
 */
export async function playReport({
  baseUrl,
  password,
  report,
  beforeStep,
}: JourneyOptions): Promise<ReportJourney> {
  const step = async <T>(name: string, work: () => Promise<T>, detail: (result: T) => string): Promise<T> => {
    await beforeStep?.(name)
    const result = await work()
    report(name, detail(result), (result as { traceId?: string }).traceId ?? '')
    return result
  }
  const person = async (who: string) =>
    new Client(baseUrl, await persist(() => signIn(baseUrl, who, password)))
  const [amina, bastien, fatou] = [await person('amina'), await person('bastien'), await person('fatou')]
  const place = {
    latitude: 48.814 + randomInt(4_000_000) / 1e9,
    longitude: 2.292 + randomInt(8_000_000) / 1e9,
  }

  const photo = await step(
    'Amina uploads a photo',
    () => amina.upload<z.infer<typeof Document>>('/v1/documents?secteur=espace-public', 'trou.png', png),
    (r) => `${r.body.type}, drawn anew without its metadata`,
  )
  const seen = new Date(Date.now() - 3_600_000).toISOString()
  const made = {
    id: randomUUID(),
    categorie: 'nid-de-poule',
    ...place,
    description: 'Un trou devant le 7: mon fils Yanis y est tombé.',
    photos: [photo.body.id],
    constateLe: seen,
    siDoublon: 'creer',
  }
  const cree = await step(
    'Amina’s phone sends what it made',
    () => amina.post<Signalement>('/v1/signalements', made),
    (r) => `${r.body.reference}, ${r.body.service}, before ${r.body.echeanceLe}`,
  )
  const { id, reference } = cree.body
  await step(
    'and sends it again, for want of network',
    () => amina.post<Signalement>('/v1/signalements', made),
    (r) => `the same one: ${r.body.reference}`,
  )
  await step(
    'Bastien reports the same hole',
    () =>
      bastien.post<Signalement>('/v1/signalements', {
        categorie: 'nid-de-poule',
        ...place,
        id: randomUUID(),
      }),
    (r) => `${r.body.reference === reference ? 'joins' : 'not'} ${reference} as ${r.body.role}`,
  )
  const advance = (etape: string, more: object = {}) =>
    fatou.post<Signalement>(`/v1/signalements/${id}/etapes`, { etape, ...more })
  await step(
    'Fatou takes it on',
    () => advance('pris_en_charge'),
    (r) => r.body.etat,
  )
  await step(
    'Fatou asks a question',
    () => fatou.post<Signalement>(`/v1/signalements/${id}/question`, { texte: 'De quel côté de la rue?' }),
    (r) => `${r.body.prive?.questions.length} question`,
  )
  await step(
    'Amina answers',
    () => amina.post<Signalement>(`/v1/signalements/${id}/reponse`, { texte: 'Côté pair.' }),
    (r) => `${r.body.prive?.questions[0]?.reponse}`,
  )
  await step(
    'Fatou releases photo and text',
    () =>
      fatou.post<Signalement>(`/v1/signalements/${id}/publication`, {
        description: 'Un trou devant le 7.',
        photos: [photo.body.id],
      }),
    (r) => `« ${r.body.description} »`,
  )
  await step(
    'Fatou’s team begins',
    () => advance('en_cours'),
    (r) => r.body.etat,
  )
  const resolu = await step(
    'and fills the hole',
    () => advance('resolu', { message: 'Chaussée reprise.' }),
    (r) => r.body.etat,
  )
  await step(
    'Anybody sees it on the map',
    () =>
      waitFor(
        async () => {
          const response = await persist(() => fetch(`${baseUrl}/v1/photos/${photo.body.id}`))
          await response.bytes()
          const list = await persist(() =>
            fetch(`${baseUrl}/v1/signalements?categorie=nid-de-poule&limite=100`),
          )
          const { elements } = (await list.json()) as z.infer<typeof ListerSignalements.returns>
          return { photo: response.status, one: elements.find((element) => element.id === id) }
        },
        ({ photo, one }) => photo === 200 && one !== undefined,
      ),
    ({ one }) => `${one?.etat}: « ${one?.description} », its photo, and not who reported it`,
  )
  const timeline = async (who: Client, expected: number, about: (element: ElementSuivi) => boolean) =>
    await waitFor(
      async () => {
        const { body } = await who.get<z.infer<typeof LireSuivi.returns>>('/v1/moi/suivi?limite=100')
        return body.elements.filter(about).toReversed()
      },
      (elements) => elements.length >= expected,
    )
  const suivi = await step(
    'Amina reads her timeline',
    () => timeline(amina, expectedReportTimeline.length, ({ objet }) => objet === `signalement/${id}`),
    (elements) => `${elements.length} events`,
  )
  const suiviDuSuiveur = await step(
    'Bastien was told of each step',
    () =>
      timeline(
        bastien,
        expectedFollowerTimeline.length,
        ({ donnees }) => (donnees as { signalementId?: string }).signalementId === id,
      ),
    (elements) => `${elements.length} events`,
  )
  return { signalement: resolu.body, suivi, suiviDuSuiveur }
}
