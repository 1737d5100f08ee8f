import type { z } from 'zod'
import type { EventContract } from '../../contracts/define.ts'
import type {
  ActionDossier,
  Correction,
  Decision,
  Demarche,
  EtapeFaite,
  DossierCorrectionDemandee,
  DossierCorrectionResolue,
  DossierCree,
  DossierDecide,
  DossierDepose,
  DossierEcheanceProche,
  DossierEtapeChangee,
  DossierMessageEnvoye,
  DossierModifie,
  DossierPrisEnInstruction,
  DossierRouvert,
  EtatDossier,
  Message,
  PieceJointe,
} from '../../contracts/demarches.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { jourDeParis } from '../../infra/calendrier.ts'
import { echeance } from './horloge.ts'

/** A dossier as it is stored. `version` is the sequence of its last event. */
export interface EtatDuDossier {
  readonly id: string
  readonly reference: string
  readonly usagerId: string
  readonly secteur: Secteur
  readonly demarcheId: string
  readonly demarcheVersion: number
  readonly etat: EtatDossier
  readonly formulaire: Record<string, unknown>
  readonly pieces: PieceJointe[]
  readonly corrections: Correction[]
  /** Instant of the deposit, RFC 3339 in UTC. */
  readonly deposeLe: string | null
  /** Day of Paris on which the legal period ends; null before the deposit, once decided, once reopened. */
  readonly echeanceLe: string | null
  /** The clock waits for the usager: `echeanceLe` is what it would be if they had answered that day. */
  readonly suspendue: boolean
  readonly decision: z.infer<typeof Decision> | null
  /** Rendez-vous to which the usager came. */
  readonly etapes: EtapeFaite[]
  /** Decided once, then reopened: there is no legal clock any more. */
  readonly rouvert: boolean
  /** A correction interrupted the instruction: the last answer gives the dossier back to it. */
  readonly instructionInterrompue: boolean
  readonly version: number
  readonly creeLe: string
  readonly modifieLe: string
}

type EvenementDe<C> = C extends EventContract<infer D> ? { contract: C; data: z.infer<D> } : never

export type Evenement = EvenementDe<
  | typeof DossierCree
  | typeof DossierModifie
  | typeof DossierDepose
  | typeof DossierPrisEnInstruction
  | typeof DossierCorrectionDemandee
  | typeof DossierCorrectionResolue
  | typeof DossierMessageEnvoye
  | typeof DossierEcheanceProche
  | typeof DossierDecide
  | typeof DossierEtapeChangee
  | typeof DossierRouvert
>

export type MessageDuDossier = z.infer<typeof Message>

/** The state to store, the one event that tells of it, and the message to store with it if there is one. */
export interface Resultat {
  readonly etat: EtatDuDossier
  readonly evenement: Evenement
  readonly message?: MessageDuDossier
}

/** What every rule needs beside the dossier: its demarche, in the version it was begun with, and the time. */
export interface Contexte {
  readonly demarche: Demarche
  readonly maintenant: Date
}

export type Role = 'usager' | 'agent'

/** What this role may do in this state: the very actions that `executer` accepts. */
export function actionsPermises(dossier: EtatDuDossier, role: Role): ActionDossier[] {
  const usager = role === 'usager'
  switch (dossier.etat) {
    case 'brouillon':
      return usager ? ['modifier', 'deposer'] : []
    case 'en_construction':
      if (!usager) return ['instruire', 'demander_correction', 'envoyer_message']
      return correctionOuverte(dossier) ? ['modifier', 'envoyer_message'] : ['envoyer_message']
    case 'en_instruction':
      return usager ? ['envoyer_message'] : ['demander_correction', 'envoyer_message', 'decider']
    case 'accepte':
    case 'refuse':
    case 'sans_suite':
      return usager ? ['envoyer_message'] : ['envoyer_message', 'rouvrir']
    default:
      return jamais(dossier.etat)
  }
}

/** Does the dossier wait for the usager? */
export function correctionOuverte(dossier: Pick<EtatDuDossier, 'corrections'>): boolean {
  return dossier.corrections.some((correction) => correction.resolueLe === null)
}

/** Its next state: one version further, changed now. */
export function avancer(
  dossier: EtatDuDossier,
  maintenant: Date,
  changements: Partial<Omit<EtatDuDossier, 'id' | 'version' | 'modifieLe'>>,
): EtatDuDossier {
  return { ...dossier, ...changements, version: dossier.version + 1, modifieLe: maintenant.toISOString() }
}

/** Where its legal clock stands today: nowhere before the deposit, after a decision, after a reopening. */
export function horlogeDuDossier(
  dossier: Pick<EtatDuDossier, 'deposeLe' | 'decision' | 'rouvert' | 'corrections'>,
  { demarche, maintenant }: Contexte,
): Pick<EtatDuDossier, 'echeanceLe' | 'suspendue'> {
  if (dossier.deposeLe === null || dossier.decision !== null || dossier.rouvert) {
    return { echeanceLe: null, suspendue: false }
  }
  return echeance({
    regle: demarche.horloge,
    deposeLe: jourDeParis(new Date(dossier.deposeLe)),
    corrections: dossier.corrections,
    aujourdhui: jourDeParis(maintenant),
  })
}

/** What every event of a dossier says. */
export function surDossier(dossier: EtatDuDossier) {
  return {
    reference: dossier.reference,
    demarche: dossier.demarcheId,
    secteur: dossier.secteur,
    etat: dossier.etat,
  }
}

/** The end of a switch that forgot nothing; reached only by data that the types exclude. */
export function jamais(valeur: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(valeur)}`)
}
