import type { z } from 'zod'
import type { EventContract } from '../../contracts/define.ts'
import type { Secteur } from '../../contracts/principal.ts'
import type {
  ActionSignalement,
  Contact,
  EtapeFranchie,
  Etape,
  EtatSignalement,
  PartiePrivee,
  QuestionSignalement,
  RaisonCloture,
} from '../../contracts/signalement.ts'
import type * as evenements from '../../contracts/signalements-evenements.ts'
import { ajouterJoursOuvres, jourDeParis } from '../../infra/calendrier.ts'

/** A report as it is stored. `version` is the sequence of its last event. */
export interface EtatDuSignalement {
  readonly id: string
  readonly reference: string
  /** Its reporter under the identifier of the sector; null when they have no account. */
  readonly usagerId: string | null
  /** The staff system that brought it by Open311. */
  readonly client: string | null
  readonly secteur: Secteur
  readonly service: string
  readonly categorie: string
  readonly categorieJeu: number
  readonly etat: EtatSignalement
  readonly raison: RaisonCloture | null
  readonly doublonDe: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly adresse: string | null
  readonly description: string | null
  readonly reponses: z.infer<typeof PartiePrivee.shape.reponses>
  readonly photos: string[]
  readonly lienMedia: string | null
  readonly contact: Contact | null
  readonly descriptionPublique: string | null
  readonly photosPubliques: string[]
  readonly etapes: z.infer<typeof EtapeFranchie>[]
  readonly questions: z.infer<typeof QuestionSignalement>[]
  readonly notes: z.infer<typeof PartiePrivee.shape.notes>
  /** Last day of the period aimed at; null once closed. */
  readonly echeanceLe: string | null
  readonly prevuLe: string | null
  readonly constateLe: string
  readonly creeLe: string
  readonly modifieLe: string
  readonly version: number
}

type EvenementDe<C> = C extends EventContract<infer D> ? { contract: C; data: z.infer<D> } : never

export type Evenement = EvenementDe<
  | typeof evenements.SignalementRecu
  | typeof evenements.SignalementCree
  | typeof evenements.SignalementPhotosAjoutees
  | typeof evenements.SignalementAvance
  | typeof evenements.SignalementQuestionPosee
  | typeof evenements.SignalementReponseRecue
  | typeof evenements.SignalementRouvert
  | typeof evenements.SignalementPublie
  | typeof evenements.SignalementEcheanceDepassee
>

/** The state to store and the one event that tells of it. */
export interface Resultat {
  readonly etat: EtatDuSignalement
  readonly evenement: Evenement
}

export interface Contexte {
  readonly maintenant: Date
  /** Of its category. */
  readonly delaiJoursOuvres: number
}

/**
 * What one caller is to a report; an agent who reports something is both. `temoin`: reported the same problem;
 * `personne`: whoever is signed in.
 */
export type Role = 'auteur' | 'agent' | 'suiveur' | 'temoin' | 'personne'

const suites: Readonly<Record<EtatSignalement, readonly Etape[]>> = {
  a_confirmer: [],
  nouveau: ['pris_en_charge', 'planifie', 'en_cours', 'resolu', 'clos_sans_suite'],
  pris_en_charge: ['planifie', 'en_cours', 'resolu', 'clos_sans_suite'],
  // Another day may be planned.
  planifie: ['planifie', 'en_cours', 'resolu', 'clos_sans_suite'],
  // Work that was interrupted is planned again.
  en_cours: ['planifie', 'resolu', 'clos_sans_suite'],
  resolu: [],
  clos_sans_suite: [],
}

/** Where an agent can bring it from here. */
export function etapesPermises({ etat }: Pick<EtatDuSignalement, 'etat'>): readonly Etape[] {
  return suites[etat]
}

export function estClos({ etat }: Pick<EtatDuSignalement, 'etat'>): boolean {
  return etat === 'resolu' || etat === 'clos_sans_suite'
}

/** Its photos are at most so many, however often some are added. */
export const photosMax = 20
/** For so long after its closure its reporter may ask for more. */
export const joursPourRouvrir = 60

/** What these roles may do now: the very actions that the rules accept. */
export function actionsPermises(
  signalement: EtatDuSignalement,
  roles: readonly Role[],
  maintenant: Date,
): ActionSignalement[] {
  if (signalement.etat === 'a_confirmer') return []
  const ouvert = !estClos(signalement)
  const actions: [ActionSignalement, boolean][] = [
    ['avancer', roles.includes('agent') && ouvert],
    [
      'questionner',
      roles.includes('agent') &&
        ouvert &&
        questionOuverte(signalement) === undefined &&
        signalement.usagerId !== null,
    ],
    ['publier', roles.includes('agent')],
    ['repondre', roles.includes('auteur') && questionOuverte(signalement) !== undefined],
    [
      'ajouter_photos',
      ouvert && (roles.includes('auteur') ? signalement.photos.length < photosMax : roles.includes('temoin')),
    ],
    ['rouvrir', roles.includes('auteur') && !ouvert && peutRouvrir(signalement, maintenant)],
    ['suivre', roles.includes('personne') && !roles.includes('auteur') && !roles.includes('suiveur')],
    ['ne_plus_suivre', roles.includes('suiveur')],
  ]
  return actions.filter(([, permise]) => permise).map(([action]) => action)
}

export function questionOuverte({ questions }: Pick<EtatDuSignalement, 'questions'>) {
  return questions.find((question) => question.reponse === null)
}

function peutRouvrir({ etapes }: EtatDuSignalement, maintenant: Date): boolean {
  const closLe = new Date(etapes.at(-1)?.le ?? 0)
  return maintenant.getTime() - closLe.getTime() <= joursPourRouvrir * 24 * 3_600_000
}

/** The last day of a period that begins now: today does not count. */
export function echeance({ maintenant, delaiJoursOuvres }: Contexte): string {
  return ajouterJoursOuvres(jourDeParis(maintenant), delaiJoursOuvres)
}

/** Its next state: one version further, changed now. */
export function avancer(
  signalement: EtatDuSignalement,
  maintenant: Date,
  changements: Partial<Omit<EtatDuSignalement, 'id' | 'version' | 'modifieLe'>>,
): EtatDuSignalement {
  return {
    ...signalement,
    ...changements,
    version: signalement.version + 1,
    modifieLe: maintenant.toISOString(),
  }
}

/** What every event of a report says. */
export function surSignalement({ reference, categorie, secteur, service, etat }: EtatDuSignalement) {
  return { reference, categorie, secteur, service, etat }
}

/** The end of a switch that forgot nothing; reached only by data that the types exclude. */
export function jamais(valeur: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(valeur)}`)
}
