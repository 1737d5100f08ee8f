import { Refusal } from '../../contracts/errors.ts'
import type { ActionSignalement, Etape, RaisonCloture } from '../../contracts/signalement.ts'
import {
  SignalementAvance,
  SignalementPhotosAjoutees,
  SignalementPublie,
  SignalementQuestionPosee,
  SignalementReponseRecue,
  SignalementRouvert,
} from '../../contracts/signalements-evenements.ts'
import { ajouterMois, jourDeParis } from '../../infra/calendrier.ts'
import { refuserChamp } from './contenu.ts'
import {
  actionsPermises,
  avancer,
  type Contexte,
  echeance,
  estClos,
  etapesPermises,
  type EtatDuSignalement,
  jamais,
  joursPourRouvrir,
  photosMax,
  questionOuverte,
  type Resultat,
  type Role,
  surSignalement,
} from './signalement.ts'

/** What a person orders; the identifiers are drawn by the caller. */
export type Commande =
  | {
      type: 'avancer'
      etape: Etape
      prevuLe?: string | undefined
      raison?: RaisonCloture | undefined
      /** Reference of the report that remains. */
      doublonDe?: string | undefined
      message?: string | undefined
      note?: string | undefined
    }
  | { type: 'questionner'; texte: string; questionId: string }
  | { type: 'repondre'; texte: string }
  | { type: 'rouvrir'; texte: string }
  | { type: 'ajouter_photos'; photos: readonly string[] }
  | { type: 'publier'; description: string | null; photos: readonly string[] }

type Ordre<T extends Commande['type']> = Extract<Commande, { type: T }>

export interface ContexteHumain extends Contexte {
  readonly roles: readonly Role[]
  /** The version that the caller read; absent when they don't mind. */
  readonly siVersion?: number | undefined
  /** Photos that were given with further reports of the same problem: they can be published, too. */
  readonly photosDesTemoignages?: readonly string[]
}

/**
 * What becomes of a report when a person orders something: one event, `version` + 1.
 * @throws Refusal `modifie-entre-temps` when `siVersion` is not its version; `transition-impossible` with what these
 * roles may do; `donnees-invalides` with the fields at fault
 */
export function executer(
  signalement: EtatDuSignalement,
  commande: Commande,
  contexte: ContexteHumain,
): Resultat {
  if (contexte.siVersion !== undefined && contexte.siVersion !== signalement.version)
    throw new Refusal('modifie-entre-temps')
  refuserImpossible(signalement, commande.type, contexte)
  switch (commande.type) {
    case 'avancer':
      return mener(signalement, commande, contexte)
    case 'questionner':
      return questionner(signalement, commande, contexte)
    case 'repondre':
      return repondre(signalement, commande, contexte)
    case 'rouvrir':
      return rouvrir(signalement, commande, contexte)
    case 'ajouter_photos':
      return ajouterPhotos(signalement, commande, contexte)
    case 'publier':
      return publier(signalement, commande, contexte)
    default:
      return jamais(commande)
  }
}

/** @throws Refusal `transition-impossible`, with what is possible instead */
export function refuserImpossible(
  signalement: EtatDuSignalement,
  action: ActionSignalement,
  { roles, maintenant }: Pick<ContexteHumain, 'roles' | 'maintenant'>,
): void {
  const transitionsPermises = actionsPermises(signalement, roles, maintenant)
  if (!transitionsPermises.includes(action))
    throw new Refusal('transition-impossible', motif(signalement, action), { transitionsPermises })
}

/** Why what this caller has ordered is not possible now. */
function motif(signalement: EtatDuSignalement, action: ActionSignalement): string {
  const clos = estClos(signalement)
  switch (action) {
    case 'avancer':
      return clos
        ? 'Ce signalement est clos: seul son auteur peut en demander la réouverture.'
        : 'Seul un agent peut mener ce signalement plus loin.'
    case 'questionner':
      if (clos) return 'Ce signalement est clos: il n’y a plus de question à poser.'
      return signalement.usagerId === null
        ? 'Ce signalement a été fait sans compte: personne ne pourrait répondre.'
        : 'Une question attend déjà la réponse de l’auteur.'
    case 'repondre':
      return 'Aucune question n’attend de réponse.'
    case 'rouvrir':
      return clos
        ? `La réouverture se demande dans les ${joursPourRouvrir} jours qui suivent la clôture: faites un nouveau signalement.`
        : 'Ce signalement n’est pas clos.'
    case 'publier':
      return 'Seul un agent choisit ce que tout le monde peut voir.'
    case 'ajouter_photos':
      return clos
        ? 'Ce signalement est clos: il ne reçoit plus de photos.'
        : `Un signalement a ${photosMax} photos au plus.`
    case 'suivre':
      return 'C’est votre signalement: ses étapes viennent déjà dans votre fil.'
    case 'ne_plus_suivre':
      return 'Vous ne suivez pas ce signalement.'
    default:
      return jamais(action)
  }
}

/** How far ahead work is planned. */
const moisPlanifiables = 60

function mener(
  signalement: EtatDuSignalement,
  { etape, prevuLe, raison, doublonDe, message, note }: Ordre<'avancer'>,
  { maintenant, roles }: ContexteHumain,
): Resultat {
  const permises = etapesPermises(signalement)
  if (!permises.includes(etape))
    throw new Refusal(
      'transition-impossible',
      etape === signalement.etat
        ? 'Ce signalement est déjà à cette étape.'
        : 'Ce signalement ne peut plus revenir à cette étape.',
      { transitionsPermises: actionsPermises(signalement, roles, maintenant), etapesPermises: permises },
    )
  if (etape === 'planifie' && prevuLe === undefined)
    refuserChamp('/prevuLe', 'Indiquez le jour de l’intervention.')
  if (etape !== 'planifie' && prevuLe !== undefined)
    refuserChamp('/prevuLe', 'Ce jour ne va qu’avec une intervention planifiée.')
  const aujourdhui = jourDeParis(maintenant)
  if (prevuLe !== undefined && prevuLe < aujourdhui) refuserChamp('/prevuLe', 'Ce jour est passé.')
  if (prevuLe !== undefined && prevuLe > ajouterMois(aujourdhui, moisPlanifiables))
    refuserChamp('/prevuLe', 'Ce jour est trop lointain.')
  if ((etape === 'clos_sans_suite') !== (raison !== undefined))
    refuserChamp('/raison', 'Une raison est attendue pour clore sans suite, et pour rien d’autre.')
  if ((raison === 'doublon') !== (doublonDe !== undefined))
    refuserChamp('/doublonDe', 'Indiquez le signalement qui reste quand celui-ci est un doublon, sinon rien.')
  if (doublonDe === signalement.reference)
    refuserChamp('/doublonDe', 'Un signalement n’est pas son propre doublon.')
  const le = maintenant.toISOString()
  const clos = estClos({ etat: etape })
  const etat = avancer(signalement, maintenant, {
    etat: etape,
    etapes: [...signalement.etapes, { etat: etape, le, message: message ?? null }],
    ...(note !== undefined && { notes: [...signalement.notes, { le, texte: note, de: 'agent' as const }] }),
    raison: raison ?? null,
    doublonDe: doublonDe ?? null,
    prevuLe: etape === 'planifie' ? prevuLe! : etape === 'en_cours' ? signalement.prevuLe : null,
    ...(clos && { echeanceLe: null }),
  })
  return {
    etat,
    evenement: {
      contract: SignalementAvance,
      data: {
        ...surSignalement(etat),
        etape,
        prevuLe: etat.prevuLe,
        raison: etat.raison,
        doublonDe: etat.doublonDe,
      },
    },
  }
}

function questionner(
  signalement: EtatDuSignalement,
  { texte, questionId }: Ordre<'questionner'>,
  { maintenant }: ContexteHumain,
): Resultat {
  const question = {
    id: questionId,
    texte,
    poseeLe: maintenant.toISOString(),
    reponse: null,
    reponduLe: null,
  }
  const etat = avancer(signalement, maintenant, { questions: [...signalement.questions, question] })
  return {
    etat,
    evenement: { contract: SignalementQuestionPosee, data: { ...surSignalement(etat), questionId } },
  }
}

function repondre(
  signalement: EtatDuSignalement,
  { texte }: Ordre<'repondre'>,
  { maintenant }: ContexteHumain,
): Resultat {
  const ouverte = questionOuverte(signalement)
  if (!ouverte) throw new Error('the rules let an answer to no question pass')
  const etat = avancer(signalement, maintenant, {
    questions: signalement.questions.map((question) =>
      question === ouverte ? { ...question, reponse: texte, reponduLe: maintenant.toISOString() } : question,
    ),
  })
  return {
    etat,
    evenement: {
      contract: SignalementReponseRecue,
      data: { ...surSignalement(etat), questionId: ouverte.id },
    },
  }
}

/** What the reporter says with it is for the agents and them; they answer it like any new report, within a new period. */
function rouvrir(
  signalement: EtatDuSignalement,
  { texte }: Ordre<'rouvrir'>,
  contexte: ContexteHumain,
): Resultat {
  const le = contexte.maintenant.toISOString()
  const echeanceLe = echeance(contexte)
  const etat = avancer(signalement, contexte.maintenant, {
    etat: 'nouveau',
    raison: null,
    doublonDe: null,
    echeanceLe,
    etapes: [...signalement.etapes, { etat: 'nouveau', le, message: null }],
    notes: [...signalement.notes, { le, texte, de: 'auteur' }],
  })
  return { etat, evenement: { contract: SignalementRouvert, data: { ...surSignalement(etat), echeanceLe } } }
}

/** Its reporter has more to show, or has reported it again. */
export function ajouterPhotos(
  signalement: EtatDuSignalement,
  ordre: Pick<Ordre<'ajouter_photos'>, 'photos'>,
  { maintenant }: Pick<Contexte, 'maintenant'>,
): Resultat {
  const photos = reunir(signalement.photos, ordre.photos)
  const etat = avancer(signalement, maintenant, { photos })
  return {
    etat,
    evenement: { contract: SignalementPhotosAjoutees, data: { ...surSignalement(etat), photos } },
  }
}

/** @throws Refusal `donnees-invalides` when they are too many together */
export function reunir(photos: readonly string[], autres: readonly string[]): string[] {
  const toutes = [...new Set([...photos, ...autres])]
  if (toutes.length > photosMax) refuserChamp('/photos', `Un signalement a ${photosMax} photos au plus.`)
  return toutes
}

function publier(
  signalement: EtatDuSignalement,
  ordre: Ordre<'publier'>,
  { maintenant, photosDesTemoignages = [] }: ContexteHumain,
): Resultat {
  const photos = [...new Set(ordre.photos)]
  const connues = new Set([...signalement.photos, ...photosDesTemoignages])
  const inconnue = photos.findIndex((photo) => !connues.has(photo))
  if (inconnue >= 0) refuserChamp(`/photos/${inconnue}`, 'Cette photo n’est pas de ce signalement.')
  const etat = avancer(signalement, maintenant, {
    descriptionPublique: ordre.description,
    photosPubliques: photos,
  })
  return {
    etat,
    evenement: {
      contract: SignalementPublie,
      data: { ...surSignalement(etat), photos, avecTexte: ordre.description !== null },
    },
  }
}
