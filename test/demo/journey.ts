import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import type { Dossier } from '../../contracts/demarches.ts'
import type { Document } from '../../contracts/documents.ts'
import type { ElementSuivi, LireSuivi } from '../../contracts/identity.ts'
import { Client, persist } from './client.ts'
import { signIn } from './sign-in.ts'
import { formulairesValides } from '../demarches/exemples.ts'

type DossierLu = z.infer<typeof Dossier>
type DocumentLu = z.infer<typeof Document>

export interface JourneyOptions {
  readonly baseUrl: string
  readonly password: string
  /** Told of each step once it is done, with the trace it left. */
  readonly report: (step: string, detail: string, traceId: string) => void
  /** Called before each step; tests use it to break things. */
  readonly beforeStep?: (step: string) => Promise<void> | void
}

export interface JourneyResult {
  readonly dossier: DossierLu
  readonly suivi: ElementSuivi[]
  /** The events that came by the live stream, in order. */
  readonly live: number[]
}

/** The types that the timeline of this one dossier must show, in order. */
export const expectedTimeline = [
  'guichet.dossier.cree.v1',
  'guichet.dossier.depose.v1',
  'guichet.dossier.pris-en-instruction.v1',
  'guichet.dossier.correction-demandee.v1',
  'guichet.dossier.correction-resolue.v1',
  'guichet.dossier.decide.v1',
  'guichet.document.decision-remise.v1',
]

/** A small but real PDF, so that the content check has something to look at. */
export function pdf(text: string): Buffer {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length + 40} >>\nstream\nBT /F1 18 Tf 60 760 Td (${text}) Tj ET\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let body = '%PDF-1.4\n'
  const offsets = objects.map((object, n) => {
    const offset = body.length
    body += `${n + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  return Buffer.from(
    `${body}xref\n0 6\n0000000000 65535 f \n${table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  )
}

/**
 * The whole journey of one dossier, from Amina's sign-in to the decision in her hands. Every request is
 * repeated under its key while the hub is away, so the journey survives any kill and must come out the same.
 */
export async function playJourney({
  baseUrl,
  password,
  report,
  beforeStep,
}: JourneyOptions): Promise<JourneyResult> {
  let traceId = ''
  const step = async <T>(name: string, work: () => Promise<T>, detail: (result: T) => string): Promise<T> => {
    await beforeStep?.(name)
    traceId = ''
    const result = await work()
    report(name, detail(result), (result as { traceId?: string }).traceId ?? traceId)
    return result
  }
  const person = async (who: string) =>
    new Client(baseUrl, await persist(() => signIn(baseUrl, who, password)))

  const amina = await step(
    'Amina signs in',
    () => person('amina'),
    () => 'authorization code + PKCE',
  )
  const start = await amina.get<{ elements: ElementSuivi[] }>('/v1/moi/suivi?limite=1')
  const stop = new AbortController()
  const live: { id: number; data: ElementSuivi }[] = []
  const following = amina.follow(String(start.body.elements[0]?.rang ?? 0), stop.signal, ({ id, data }) =>
    live.push({ id, data: data as ElementSuivi }),
  )
  try {
    await step(
      'Amina reads the catalogue',
      () => amina.get<{ elements: unknown[] }>('/v1/demarches'),
      (r) => `${r.body.elements.length} démarches`,
    )
    const cree = await step(
      'Amina drafts a dossier',
      () =>
        amina.post<DossierLu>('/v1/dossiers', {
          demarche: 'stationnement-residentiel',
          formulaire: { nom: 'Ferrand' },
        }),
      (r) => r.body.reference,
    )
    const { id } = cree.body
    const piece = await step(
      'Amina uploads a PDF',
      () =>
        amina.upload<DocumentLu>(
          '/v1/documents?secteur=espace-public',
          'quittance.pdf',
          pdf('Quittance de loyer'),
        ),
      (r) => `${r.body.taille} bytes, sha256 ${r.body.sha256.slice(0, 12)}…`,
    )
    await step(
      'Amina completes her dossier',
      () =>
        amina.patch<DossierLu>(`/v1/dossiers/${id}`, {
          formulaire: { ...formulairesValides['stationnement-residentiel'], nom: 'Ferrand', prenom: 'Amina' },
          pieces: [{ piece: 'justificatif-domicile', documentId: piece.body.id }],
        }),
      (r) => `version ${r.body.version}`,
    )
    await step(
      'Amina deposits it',
      () => amina.post<DossierLu>(`/v1/dossiers/${id}/depot`),
      (r) =>
        `acknowledged; decision before ${r.body.accuse?.decisionImpliciteLe} (silence: ${r.body.accuse?.silence})`,
    )
    const fatou = await step(
      'Fatou, agent, signs in',
      () => person('fatou'),
      () => 'sector espace-public',
    )
    await step(
      'Fatou finds it in her list',
      () => fatou.get<{ elements: { id: string }[] }>(`/v1/agents/dossiers?texte=${cree.body.reference}`),
      (r) => `${r.body.elements.filter((d) => d.id === id).length} dossier`,
    )
    await step(
      'Fatou takes it into instruction',
      () => fatou.post<DossierLu>(`/v1/dossiers/${id}/instruction`),
      (r) => r.body.etat,
    )
    const correction = await step(
      'Fatou asks for a correction',
      () =>
        fatou.post<DossierLu>(`/v1/dossiers/${id}/corrections`, {
          motif: 'perime',
          texte: 'Cette quittance a plus de trois mois.',
        }),
      (r) => `${r.body.etat}, clock suspended: ${r.body.horloge?.suspendue}`,
    )
    const nouvelle = await step(
      'Amina uploads a newer PDF',
      () =>
        amina.upload<DocumentLu>(
          '/v1/documents?secteur=espace-public',
          'quittance-novembre.pdf',
          pdf('Quittance de novembre'),
        ),
      (r) => `${r.body.taille} bytes`,
    )
    await step(
      'Amina replaces the attachment',
      () =>
        amina.patch<DossierLu>(`/v1/dossiers/${id}`, {
          pieces: [{ piece: 'justificatif-domicile', documentId: nouvelle.body.id }],
        }),
      (r) => `version ${r.body.version}`,
    )
    await step(
      'Amina answers the correction',
      () =>
        amina.post<DossierLu>(`/v1/dossiers/${id}/messages`, {
          texte: 'Voici la quittance de novembre.',
          correctionId: correction.body.corrections.at(-1)!.id,
        }),
      (r) => `${r.body.etat}, decision before ${r.body.horloge?.echeanceLe}`,
    )
    await step(
      'Fatou reads the new attachment',
      () =>
        waitFor(
          async () => await fatou.download(`/v1/documents/${nouvelle.body.id}/contenu`),
          () => true,
        ),
      (r) => `${r.bytes.length} bytes`,
    )
    const decision = await step(
      'Fatou uploads the decision',
      () =>
        fatou.upload<DocumentLu>(
          '/v1/documents?secteur=espace-public&emisPar=agent',
          'decision.pdf',
          pdf('Abonnement accordé'),
        ),
      (r) => `${r.body.taille} bytes`,
    )
    const decide = await step(
      'Fatou accepts',
      () =>
        fatou.post<DossierLu>(`/v1/dossiers/${id}/decision`, {
          sens: 'accepte',
          documentId: decision.body.id,
        }),
      (r) => r.body.etat,
    )
    const about = (element: ElementSuivi) =>
      element.objet === `dossier/${id}` || (element.donnees as { dossierId?: string }).dossierId === id
    const suivi = await step(
      'Amina reads her timeline',
      () =>
        waitFor(
          async () => {
            const answer = await amina.get<z.infer<typeof LireSuivi.returns>>('/v1/moi/suivi?limite=100')
            traceId = answer.traceId
            return answer.body.elements.filter(about).toReversed()
          },
          (elements) => elements.length >= expectedTimeline.length,
        ),
      (elements) => `${elements.length} events, each once`,
    )
    await step(
      'Amina saw each of them live',
      () =>
        waitFor(
          async () => live.filter(({ data }) => about(data)),
          (seen) => seen.length >= suivi.length,
        ),
      (seen) => `${seen.length} events by server-sent events`,
    )
    await step(
      'Amina downloads the decision',
      () => amina.download(`/v1/documents/${decision.body.id}/contenu`),
      (r) => `${r.bytes.length} bytes, ${r.headers.get('content-type')}`,
    )
    return { dossier: decide.body, suivi, live: live.filter(({ data }) => about(data)).map(({ id }) => id) }
  } finally {
    stop.abort()
    await following
  }
}

/** Asks again until it is so, for 60 s: what a person does who reloads the page. */
export async function waitFor<T>(look: () => Promise<T>, done: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 60_000
  for (;;) {
    try {
      const seen = await look()
      if (done(seen)) return seen
      if (Date.now() > end) throw new Error(`still waiting; last seen: ${JSON.stringify(seen).slice(0, 500)}`)
    } catch (error) {
      if (Date.now() > end) throw error
    }
    await delay(50)
  }
}
