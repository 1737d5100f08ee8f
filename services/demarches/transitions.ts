import {
  DossierCree,
  DossierDecide,
  DossierDepose,
  DossierMessageEnvoye,
  DossierModifie,
  DossierPrisEnInstruction,
  DossierRouvert,
  type MotifCorrection,
  type PieceJointe,
  type SensDecision,
} from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { refuserChamp, verifierContenu } from './contenu.ts'
import { demanderCorrection, resoudreCorrection } from './corrections.ts'
import {
  actionsPermises,
  avancer,
  type Contexte,
  type EtatDuDossier,
  horlogeDuDossier,
  jamais,
  type Resultat,
  type Role,
  surDossier,
} from './dossier.ts'
import { jourDeParis } from '../../infra/calendrier.ts'

/** What a person orders; the identifiers are drawn by the caller. */
export type Commande =
  | { type: 'modifier'; formulaire?: Record<string, unknown> | undefined; pieces?: PieceJointe[] | undefined }
  | { type: 'deposer' }
  | { type: 'instruire' }
  | {
      type: 'demander_correction'
      motif: MotifCorrection
      texte: string
      correctionId: string
      messageId: string
    }
  | { type: 'envoyer_message'; texte: string; messageId: string; correctionId?: string | undefined }
  | { type: 'decider'; sens: SensDecision; motivation?: string | undefined; documentId?: string | undefined }
  | { type: 'rouvrir'; texte: string; messageId: string }

type Ordre<T extends Commande['type']> = Extract<Commande, { type: T }>

export interface ContexteHumain extends Contexte {
  readonly role: Role
  /** The version that the caller read; absent when they don't mind. */
  readonly siVersion?: number | undefined
}

/**
 * Opens a draft; its form may be incomplete, not wrong.
 * @throws Refusal `donnees-invalides`
 */
export function creer(
  nouveau: Pick<EtatDuDossier, 'id' | 'reference' | 'usagerId' | 'formulaire' | 'pieces'>,
  { demarche, maintenant }: Contexte,
): Resultat {
  verifierContenu(demarche, nouveau, { partiel: true })
  const le = maintenant.toISOString()
  const etat: EtatDuDossier = {
    ...nouveau,
    secteur: demarche.secteur,
    demarcheId: demarche.id,
    demarcheVersion: demarche.version,
    etat: 'brouillon',
    corrections: [],
    deposeLe: null,
    echeanceLe: null,
    suspendue: false,
    decision: null,
    etapes: [],
    rouvert: false,
    instructionInterrompue: false,
    version: 1,
    creeLe: le,
    modifieLe: le,
  }
  return { etat, evenement: { contract: DossierCree, data: surDossier(etat) } }
}

/**
 * What becomes of a dossier when a person orders something: one event, `version` + 1.
 * @throws Refusal `modifie-entre-temps` when `siVersion` is not its version; `transition-impossible` with what
 * this role may do; `donnees-invalides` or `piece-manquante` with the fields at fault
 */
export function executer(dossier: EtatDuDossier, commande: Commande, contexte: ContexteHumain): Resultat {
  if (contexte.siVersion !== undefined && contexte.siVersion !== dossier.version) {
    throw new Refusal('modifie-entre-temps')
  }
  const transitionsPermises = actionsPermises(dossier, contexte.role)
  if (!transitionsPermises.includes(commande.type)) {
    throw new Refusal('transition-impossible', undefined, { transitionsPermises })
  }
  switch (commande.type) {
    case 'modifier':
      return modifier(dossier, commande, contexte)
    case 'deposer':
      return deposer(dossier, contexte)
    case 'instruire':
      return instruire(dossier, contexte)
    case 'demander_correction':
      return demanderCorrection(dossier, commande, contexte)
    case 'envoyer_message':
      return commande.correctionId === undefined
        ? envoyerMessage(dossier, commande, contexte)
        : resoudreCorrection(dossier, { ...commande, correctionId: commande.correctionId }, contexte)
    case 'decider':
      return decider(dossier, commande, contexte)
    case 'rouvrir':
      return rouvrir(dossier, commande, contexte)
    default:
      return jamais(commande)
  }
}

/** Once deposited, a dossier stays complete, form and pieces: the agent may take it back at any moment. */
function modifier(
  dossier: EtatDuDossier,
  ordre: Ordre<'modifier'>,
  { demarche, maintenant }: Contexte,
): Resultat {
  const contenu = {
    formulaire: ordre.formulaire ?? dossier.formulaire,
    pieces: ordre.pieces ?? dossier.pieces,
  }
  const depose = dossier.etat !== 'brouillon'
  verifierContenu(demarche, contenu, { partiel: !depose })
  const etat = avancer(dossier, maintenant, contenu)
  return { etat, evenement: { contract: DossierModifie, data: { ...surDossier(etat), pieces: etat.pieces } } }
}

function deposer(dossier: EtatDuDossier, contexte: Contexte): Resultat {
  verifierContenu(contexte.demarche, dossier, { partiel: false })
  const deposeLe = contexte.maintenant.toISOString()
  const { echeanceLe, suspendue } = horlogeDuDossier({ ...dossier, deposeLe }, contexte)
  if (echeanceLe === null) throw new Error('a deposit always starts a clock')
  const etat = avancer(dossier, contexte.maintenant, {
    etat: 'en_construction',
    deposeLe,
    echeanceLe,
    suspendue,
  })
  return {
    etat,
    evenement: {
      contract: DossierDepose,
      data: {
        ...surDossier(etat),
        pieces: etat.pieces,
        echeanceLe,
        silence: contexte.demarche.horloge.silence,
      },
    },
  }
}

/** Taking back a dossier that waits for the usager ends the wait: what was asked counts as answered today. */
function instruire(dossier: EtatDuDossier, contexte: Contexte): Resultat {
  const aujourdhui = jourDeParis(contexte.maintenant)
  const corrections = dossier.corrections.map((c) => ({ ...c, resolueLe: c.resolueLe ?? aujourdhui }))
  const etat = avancer(dossier, contexte.maintenant, {
    etat: 'en_instruction',
    corrections,
    instructionInterrompue: false,
    ...horlogeDuDossier({ ...dossier, corrections }, contexte),
  })
  return {
    etat,
    evenement: { contract: DossierPrisEnInstruction, data: { ...surDossier(etat), pieces: etat.pieces } },
  }
}

function envoyerMessage(
  dossier: EtatDuDossier,
  { texte, messageId }: Ordre<'envoyer_message'>,
  { role, maintenant }: ContexteHumain,
): Resultat {
  const etat = avancer(dossier, maintenant, {})
  return {
    etat,
    evenement: {
      contract: DossierMessageEnvoye,
      data: { ...surDossier(etat), messageId, auteur: role },
    },
    message: { id: messageId, auteur: role, texte, correctionId: null, creeLe: etat.modifieLe },
  }
}

function decider(dossier: EtatDuDossier, ordre: Ordre<'decider'>, { maintenant }: Contexte): Resultat {
  const { sens } = ordre
  const motivation = ordre.motivation?.trim() || null
  const documentId = ordre.documentId ?? null
  if (sens !== 'accepte' && motivation === null) {
    refuserChamp('/motivation', 'Indiquez les raisons de cette décision.')
  }
  const etat = avancer(dossier, maintenant, {
    etat: sens,
    decision: {
      sens,
      motivation,
      documentId,
      le: maintenant.toISOString(),
      implicite: false,
    },
    echeanceLe: null,
    suspendue: false,
  })
  return {
    etat,
    evenement: { contract: DossierDecide, data: { ...surDossier(etat), sens, implicite: false, documentId } },
  }
}

function rouvrir(
  dossier: EtatDuDossier,
  { texte, messageId }: Ordre<'rouvrir'>,
  { maintenant }: Contexte,
): Resultat {
  const etat = avancer(dossier, maintenant, { etat: 'en_instruction', decision: null, rouvert: true })
  return {
    etat,
    evenement: { contract: DossierRouvert, data: surDossier(etat) },
    message: { id: messageId, auteur: 'agent', texte, correctionId: null, creeLe: etat.modifieLe },
  }
}
