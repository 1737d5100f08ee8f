import type { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import type { LireJetonOpen311, LireRequeteOpen311, ListerRequetesOpen311 } from '../../contracts/open311.ts'
import { Id } from '../../contracts/define.ts'
import { ajouterJours, debutDuJour } from '../../infra/calendrier.ts'
import { normaliserReference } from '../../infra/reference.ts'
import type { Call } from '../../infra/service.ts'
import { trouver } from './acteur.ts'
import { categorieDuJeu, libelleDuService } from './catalogue.ts'
import { refuserChamp } from './contenu.ts'
import { refuserJuridiction } from './open311-services.ts'
import { estClos, jamais } from './signalement.ts'
import * as store from './store.ts'

type Requetes = z.output<typeof ListerRequetesOpen311.returns>

const etatsDe = {
  open: ['nouveau', 'pris_en_charge', 'planifie', 'en_cours'],
  closed: ['resolu', 'clos_sans_suite'],
} as const

const jours90Ms = 90 * 24 * 3_600_000
/** At once, by their ids. */
const referencesMax = 100

export async function listerRequetes(
  params: z.output<typeof ListerRequetesOpen311.params>,
  call: Call,
): Promise<Requetes> {
  refuserJuridiction(params)
  if (params.service_request_id !== undefined) {
    const references = liste(params.service_request_id).flatMap((un) => normaliserReference(un) ?? [])
    if (references.length > referencesMax)
      refuserChamp('/service_request_id', `Demandez ${referencesMax} signalements au plus.`)
    return (await store.lireParReference(call.db.sql, references)).map((un) => vue(un, call))
  }
  const { page, page_size: limite } = params
  const lus = await store.listerSignalements(
    call.db.sql,
    {
      ...periode(params, call.now()),
      categories: params.service_code === undefined ? undefined : liste(params.service_code),
      etats: params.status?.split(',').flatMap((un) => etatsDe[un as keyof typeof etatsDe]),
    },
    { apres: null, decalage: (page - 1) * limite, limite },
  )
  return lus.map((un) => vue(un, call))
}

/** What is not said of the period follows from the other end, or from now: 90 days. */
function periode(
  { start_date: debut, end_date: fin }: { start_date?: string | undefined; end_date?: string | undefined },
  maintenant: Date,
): { du: string; au: string } {
  // A report of this very moment is among those up to now.
  const a =
    fin === undefined
      ? debut === undefined
        ? maintenant.getTime() + 1000
        : Date.parse(debut) + jours90Ms
      : Date.parse(fin)
  const de = debut === undefined ? a - jours90Ms : Date.parse(debut)
  if (a < de) refuserChamp('/end_date', 'La fin vient avant le début.')
  if (a - de > jours90Ms + 1000) refuserChamp('/end_date', 'Demandez 90 jours au plus à la fois.')
  return { du: instant(de), au: instant(a) }
}

/** Within the calendar of both ISO and PostgreSQL. */
function instant(ms: number): string {
  return new Date(
    Math.min(Math.max(ms, Date.parse('0001-01-01')), Date.parse('9999-12-31T23:59:59Z')),
  ).toISOString()
}

export async function lireRequete(
  params: z.output<typeof LireRequeteOpen311.params>,
  call: Call,
): Promise<Requetes> {
  refuserJuridiction(params)
  return [vue(await trouver(call, params.id), call)]
}

/** Answers come at once here, so nobody is given a token; the id that a client knows of its report serves as one. */
export async function lireJeton(
  params: z.output<typeof LireJetonOpen311.params>,
  call: Call,
): Promise<z.output<typeof LireJetonOpen311.returns>> {
  refuserJuridiction(params)
  const jeton = Id.safeParse(params.id)
  if (!jeton.success) throw new Refusal('introuvable', 'token: ce jeton n’existe pas.')
  const { reference } = await trouver(call, jeton.data)
  return [{ service_request_id: reference, token: jeton.data }]
}

function vue(signalement: store.SignalementLu, { config }: Call): Requetes[number] {
  const { code, libelle } = categorieDuJeu(signalement.categorie, signalement.categorieJeu)
  const { echeanceLe, prevuLe, etapes } = signalement
  const attenduLe = prevuLe ?? echeanceLe
  const [photo] = signalement.photosPubliques
  return {
    service_request_id: signalement.reference,
    status: estClos(signalement) ? 'closed' : 'open',
    status_notes:
      [motifDeCloture(signalement), etapes.findLast(({ message }) => message !== null)?.message]
        .filter(Boolean)
        .join(' ') || null,
    service_name: libelle,
    service_code: code,
    description: signalement.descriptionPublique,
    agency_responsible: libelleDuService(signalement.service),
    service_notice: null,
    requested_datetime: signalement.creeLe,
    updated_datetime: signalement.modifieLe,
    // The end of that day.
    expected_datetime: attenduLe === null ? null : debutDuJour(ajouterJours(attenduLe, 1)).toISOString(),
    address: null,
    address_id: null,
    zipcode: '92240',
    lat: signalement.latitude,
    long: signalement.longitude,
    media_url: photo === undefined ? null : `${config.publicUrl}/v1/photos/${photo}`,
  }
}

function motifDeCloture({ raison, doublonDe }: store.SignalementLu): string | null {
  switch (raison) {
    case null:
      return null
    case 'doublon':
      return `Ce problème est déjà suivi sous la référence ${doublonDe}.`
    case 'hors_competence':
      return 'Ce problème ne relève pas de la ville.'
    case 'introuvable':
      return 'Le problème n’a pas été trouvé sur place.'
    case 'prive':
      return 'Ce lieu est privé.'
    default:
      return jamais(raison)
  }
}

function liste(texte: string): string[] {
  return texte
    .split(',')
    .map((un) => un.trim())
    .filter(Boolean)
}
