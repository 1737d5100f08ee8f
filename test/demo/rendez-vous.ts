import type { z } from 'zod'
import type { Motif } from '../../contracts/agenda.ts'
import type { Creneau, RendezVous } from '../../contracts/rendez-vous.ts'
import type { Dossier } from '../../contracts/demarches.ts'
import type { ElementSuivi, LireSuivi } from '../../contracts/identity.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { type Answer, Client, HttpError, persist } from './client.ts'
import { type JourneyOptions, waitFor } from './journey.ts'
import { signIn } from './sign-in.ts'

/** What Amina's timeline must show of her rendez-vous, in order. */
export const expectedRendezVous = [
  'guichet.rendez-vous.pris.v1',
  'guichet.rendez-vous.liste-attente-changee.v1',
  'guichet.rendez-vous.plus-tot-propose.v1',
  'guichet.rendez-vous.deplace.v1',
]

export interface RendezVousResult {
  readonly rendezVous: RendezVous
  /** Of this rendez-vous, in order. */
  readonly suivi: ElementSuivi[]
  /** Steps of the dossier that are done at the end; one, unless no slot is left today. */
  readonly etapes: number
}

/** An appointment from the opening of the counter to the step of the dossier: held, contested, booked, made earlier. */
export async function playRendezVous({
  baseUrl,
  password,
  report,
  beforeStep,
}: JourneyOptions): Promise<RendezVousResult> {
  const step = async <T>(
    name: string,
    work: () => Promise<Answer<T>>,
    detail: (body: T) => string,
  ): Promise<T> => {
    await beforeStep?.(name)
    const { body, traceId } = await work()
    report(name, detail(body), traceId)
    return body
  }
  const person = async (who: string) =>
    new Client(baseUrl, await persist(() => signIn(baseUrl, who, password)))
  const [amina, bastien, claire] = [await person('amina'), await person('bastien'), await person('claire')]
  const secteur = 'etat-civil'
  const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

  const dossier = await step(
    'Amina drafts a dossier',
    () =>
      amina.post<z.infer<typeof Dossier>>('/v1/dossiers', {
        demarche: 'acte-de-naissance',
        formulaire: formulairesValides['acte-de-naissance'],
      }),
    (r) => r.reference,
  )
  await step(
    'Amina deposits it',
    () => amina.post<z.infer<typeof Dossier>>(`/v1/dossiers/${dossier.id}/depot`),
    (r) => r.etat,
  )
  const motif = await step(
    'Claire offers rendez-vous',
    () =>
      claire.post<Motif>('/v1/agenda/motifs', {
        secteur,
        titre: 'Retrait d’un acte',
        mode: 'guichet',
        duree: 5,
        delaiMin: 0,
        instructions: 'Venez avec une pièce d’identité.',
      }),
    (r) => `${r.titre}, ${r.duree} min`,
  )
  const lieu = await step(
    'Claire names the counter',
    () =>
      claire.post<{ id: string; libelle: string }>('/v1/agenda/lieux', {
        secteur,
        libelle: 'Hôtel de ville, guichet 3',
      }),
    (r) => r.libelle,
  )
  const ou = { motif: motif.id, lieu: lieu.id }
  await step(
    'Claire opens every day',
    () =>
      claire.post<{ recurrence: string }>('/v1/agenda/plages', {
        secteur,
        lieu: lieu.id,
        motifs: [motif.id],
        premierJour: dayIn(0),
        debut: '00:00',
        fin: '24:00',
        recurrence: 'FREQ=DAILY',
      }),
    (r) => r.recurrence,
  )
  const slots = (du: number, au: number) =>
    `/v1/agenda/creneaux?motif=${motif.id}&lieu=${lieu.id}&du=${dayIn(du)}&au=${dayIn(au)}`
  const { elements } = await step(
    'Amina looks for a slot',
    () => amina.get<{ elements: Creneau[] }>(slots(2, 14)),
    (r) => `${r.elements.length} free`,
  )
  const early = elements[0]!.debut
  const late = elements.at(-1)!.debut
  const his = await step(
    'Bastien takes the first',
    () => bastien.post<RendezVous>('/v1/agenda/rendez-vous', { ...ou, debut: early }),
    (r) => r.debut,
  )
  const hold = await step(
    'Amina holds the last for 5 minutes',
    () => amina.post<RendezVous>('/v1/agenda/reservations', { ...ou, debut: late }),
    (r) => `until ${r.reserveJusqua}`,
  )
  await step(
    'Bastien comes too late for it',
    () => refused(bastien.post<RendezVous>('/v1/agenda/reservations', { ...ou, debut: late })),
    (r) => `${r.code}, ${r.creneaux.length} others offered`,
  )
  await step(
    'Amina books it for her dossier',
    () => amina.post<RendezVous>('/v1/agenda/rendez-vous', { reservation: hold.id, dossierId: dossier.id }),
    (r) => r.statut,
  )
  await step(
    'Amina would like to come earlier',
    () => amina.post<RendezVous>(`/v1/agenda/rendez-vous/${hold.id}/liste-attente`),
    (r) => `waiting list: ${r.attendPlusTot}`,
  )
  await step(
    'Bastien gives his up',
    () => bastien.post<RendezVous>(`/v1/agenda/rendez-vous/${his.id}/annulation`),
    (r) => r.statut,
  )
  const timeline = async () => {
    const { body } = await amina.get<z.infer<typeof LireSuivi.returns>>('/v1/moi/suivi?limite=100')
    return body.elements.filter(({ objet }) => objet === `rendez-vous/${hold.id}`).toReversed()
  }
  const offered = await waitFor(timeline, (seen) => seen.length >= 3)
  report('Amina is told of it', offered.at(-1)!.texte, '')
  const moved = await step(
    'Amina moves to it',
    () => amina.post<RendezVous>(`/v1/agenda/rendez-vous/${hold.id}/deplacement`, { debut: early }),
    (r) => r.debut,
  )
  const ics = await amina.download(`/v1/agenda/rendez-vous/${hold.id}/ics`)
  report('Amina puts it into her calendar', `${ics.bytes.length} bytes of iCalendar`, ics.traceId)
  const suivi = await waitFor(timeline, (seen) => seen.length >= expectedRendezVous.length)

  const [now] = (await claire.get<{ elements: Creneau[] }>(slots(0, 0))).body.elements
  if (!now) {
    report('Claire has no slot left today', 'the step of the dossier is not shown', '')
    return { rendezVous: moved, suivi, etapes: 0 }
  }
  const walkIn = await step(
    'Claire takes her at once instead',
    () =>
      claire.post<RendezVous>('/v1/agenda/rendez-vous', { ...ou, debut: now.debut, dossierId: dossier.id }),
    (r) => r.debut,
  )
  await step(
    'Claire says that she came',
    () => claire.post<RendezVous>(`/v1/agenda/rendez-vous/${walkIn.id}/constat`, { statut: 'vu' }),
    (r) => r.statut,
  )
  const { etapes } = await waitFor(
    async () => (await amina.get<z.infer<typeof Dossier>>(`/v1/dossiers/${dossier.id}`)).body,
    (seen) => seen.etapes.length > 0,
  )
  report('The step of the dossier is done', `rendez-vous of ${etapes[0]!.faiteLe}`, '')
  return { rendezVous: moved, suivi, etapes: etapes.length }
}

/** The refusal that must come. */
async function refused(request: Promise<unknown>): Promise<Answer<{ code: string; creneaux: Creneau[] }>> {
  const error: unknown = await request
    .then(() => new Error('it was not refused'))
    .catch((error: unknown) => error)
  if (!(error instanceof HttpError) || error.body.code !== 'creneau-indisponible') throw error
  const body = error.body as { code: string; creneaux: Creneau[]; traceId: string }
  return { status: error.status, body, headers: new Headers(), traceId: body.traceId }
}
