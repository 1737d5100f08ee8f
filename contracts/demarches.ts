import { z } from 'zod'
import { command, event, Id, Instant, Jour, page, Pagination, personal, query, SiVersion } from './define.ts'
import { Secteur } from './principal.ts'

export const EtatDossier = z.enum([
  'brouillon',
  'en_construction',
  'en_instruction',
  'accepte',
  'refuse',
  'sans_suite',
])
export type EtatDossier = z.infer<typeof EtatDossier>

export const SensDecision = z.enum(['accepte', 'refuse', 'sans_suite'])
export type SensDecision = z.infer<typeof SensDecision>

export const MotifCorrection = z.enum(['incorrect', 'incomplet', 'perime'])
export type MotifCorrection = z.infer<typeof MotifCorrection>

/**
 * What silence of the administration means at the end of the legal period: acceptance (SVA, CRPA L231-1),
 * rejection (SVR, CRPA L231-4) or nothing.
 */
export const Silence = z.enum(['acceptation', 'rejet', 'aucun'])
export type Silence = z.infer<typeof Silence>

/**
 * The clock of a demarche: its period (2 months unless a text says otherwise, CRPA L231-1) and what a
 * correction does to it: `reset` restarts it at the last correction resolved; `continue` restarts it only
 * for an `incomplet` one, the others suspend it (CRPA L114-5).
 */
export const RegleHorloge = z.object({
  silence: Silence,
  delai: z.union([
    z.object({ mois: z.number().int().min(1).max(24) }),
    z.object({ jours: z.number().int().min(1).max(730) }),
  ]),
  corrections: z.enum(['reset', 'continue']),
})
export type RegleHorloge = z.infer<typeof RegleHorloge>

export const PieceDemandee = z.object({
  id: z.string().describe('Code de la pièce dans la démarche'),
  libelle: z.string(),
  aide: z.string().optional(),
  obligatoire: z.boolean(),
})
export type PieceDemandee = z.infer<typeof PieceDemandee>

/** One version of a procedure on offer; versions are immutable data files. */
export const Demarche = z.object({
  id: z.string(),
  version: z.number().int().min(1),
  titre: z.string(),
  description: z.string(),
  secteur: Secteur,
  formulaire: z.record(z.string(), z.unknown()).describe('JSON Schema 2020-12 du formulaire'),
  pieces: z.array(PieceDemandee),
  horloge: RegleHorloge,
  recours: z.string().describe('Voies et délais de recours, tels que l’accusé de réception les indique'),
  references: z.array(z.string()).describe('Textes sur lesquels la démarche repose'),
})
export type Demarche = z.infer<typeof Demarche>

export const ResumeDemarche = Demarche.pick({
  id: true,
  version: true,
  titre: true,
  description: true,
  secteur: true,
})

export const PieceJointe = z.object({ piece: z.string().min(1).max(64), documentId: Id })
export type PieceJointe = z.infer<typeof PieceJointe>

export const Correction = z.object({
  id: Id,
  motif: MotifCorrection,
  demandeeLe: Jour,
  resolueLe: Jour.nullable(),
  messageId: Id.describe('Message qui la demande'),
})
export type Correction = z.infer<typeof Correction>

export const Message = z.object({
  id: Id,
  auteur: z.enum(['usager', 'agent']),
  texte: personal(z.string()),
  correctionId: Id.nullable(),
  creeLe: Instant,
})

/** The acknowledgement that a deposit must give (CRPA R112-5): what silence means, when, and the remedies. */
export const AccuseReception = z.object({
  deposeLe: Instant,
  silence: Silence,
  decisionImpliciteLe: Jour.nullable().describe(
    'Jour où le silence vaut décision; null quand il ne vaut rien',
  ),
  texte: z.string(),
  recours: z.string(),
})

/** Where the clock stands today: while a correction is open it does not run and the day given moves on. */
export const Horloge = z.object({
  silence: Silence,
  echeanceLe: Jour,
  suspendue: z.boolean(),
})

export const Decision = z.object({
  sens: SensDecision,
  motivation: personal(z.string()).nullable(),
  documentId: Id.nullable(),
  le: Instant,
  implicite: z.boolean(),
})

/** A step that took place: a rendez-vous to which the usager came. */
export const EtapeFaite = z.object({
  rendezVousId: Id,
  faiteLe: Instant.describe('Début du rendez-vous'),
})
export type EtapeFaite = z.infer<typeof EtapeFaite>

export const ActionDossier = z.enum([
  'modifier',
  'deposer',
  'instruire',
  'demander_correction',
  'envoyer_message',
  'decider',
  'rouvrir',
])
export type ActionDossier = z.infer<typeof ActionDossier>

export const Dossier = z.object({
  id: Id,
  reference: z.string().describe('Référence publique, lisible au téléphone'),
  demarche: z.object({ id: z.string(), version: z.number().int(), titre: z.string() }),
  secteur: Secteur,
  etat: EtatDossier,
  formulaire: personal(z.record(z.string(), z.unknown())),
  pieces: z.array(PieceJointe),
  corrections: z.array(Correction),
  messages: z.array(Message),
  accuse: AccuseReception.nullable(),
  horloge: Horloge.nullable().describe('null avant le dépôt, après une décision et après une réouverture'),
  decision: Decision.nullable(),
  etapes: z.array(EtapeFaite).describe('Rendez-vous auxquels l’usager est venu'),
  actionsPermises: z.array(ActionDossier).describe('Ce que l’appelant peut faire maintenant'),
  version: z.number().int().min(1),
  creeLe: Instant,
  modifieLe: Instant,
})
export type Dossier = z.infer<typeof Dossier>

export const ResumeDossier = Dossier.pick({
  id: true,
  reference: true,
  demarche: true,
  secteur: true,
  etat: true,
  version: true,
  creeLe: true,
  modifieLe: true,
}).extend({ deposeLe: Instant.nullable(), echeanceLe: Jour.nullable() })
export type ResumeDossier = z.infer<typeof ResumeDossier>

const Texte = personal(z.string().trim().min(1).max(4000))
const Formulaire = personal(z.record(z.string().max(64), z.unknown()))
const Pieces = z.array(PieceJointe).max(30)

// ---- Actions ----

export const ListerDemarches = query({
  name: 'demarches.listerDemarches',
  summary: 'Les démarches proposées par la ville.',
  access: ['public'],
  catalogue: 'demarches',
  params: z.strictObject({}),
  returns: z.object({ elements: z.array(ResumeDemarche) }),
})

export const LireDemarche = query({
  name: 'demarches.lireDemarche',
  summary: 'Une démarche: son formulaire, ses pièces, son délai légal.',
  access: ['public'],
  catalogue: 'demarches',
  params: z.strictObject({ id: z.string().max(64) }),
  returns: Demarche,
  errors: ['introuvable'],
})

export const CreerDossier = command({
  name: 'demarches.creerDossier',
  summary: 'Ouvre un dossier en brouillon; le formulaire peut être incomplet.',
  access: ['compte'],
  params: z.strictObject({
    demarche: z
      .string()
      .max(64)
      .meta({ examples: ['inscription-scolaire'] }),
    formulaire: Formulaire.default({}),
    pieces: Pieces.default([]),
  }),
  returns: Dossier,
  errors: ['introuvable', 'donnees-invalides', 'piece-inconnue'],
})

export const ModifierDossier = command({
  name: 'demarches.modifierDossier',
  summary:
    'Remplace le formulaire ou les pièces d’un brouillon, ou d’un dossier dont une correction est demandée.',
  access: ['proprietaire'],
  params: z.strictObject({
    id: Id,
    ...SiVersion,
    formulaire: Formulaire.optional().meta({ examples: [{ nom: 'Ferrand', prenom: 'Amina' }] }),
    pieces: Pieces.optional(),
  }),
  returns: Dossier,
  errors: [
    'introuvable',
    'transition-impossible',
    'modifie-entre-temps',
    'donnees-invalides',
    'piece-inconnue',
  ],
})

export const DeposerDossier = command({
  name: 'demarches.deposerDossier',
  summary: 'Dépose le dossier: l’accusé de réception est rendu et le délai légal commence.',
  access: ['proprietaire'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: Dossier,
  errors: [
    'introuvable',
    'transition-impossible',
    'modifie-entre-temps',
    'donnees-invalides',
    'piece-manquante',
    'piece-inconnue',
  ],
})

export const InstruireDossier = command({
  name: 'demarches.instruireDossier',
  summary: 'L’agent prend le dossier en instruction.',
  access: ['agent'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: Dossier,
  errors: ['introuvable', 'transition-impossible', 'modifie-entre-temps'],
})

export const DemanderCorrection = command({
  name: 'demarches.demanderCorrection',
  summary: 'L’agent demande une correction; le dossier revient à l’usager et l’horloge légale s’arrête.',
  access: ['agent'],
  params: z.strictObject({ id: Id, ...SiVersion, motif: MotifCorrection, texte: Texte }),
  returns: Dossier,
  errors: ['introuvable', 'transition-impossible', 'modifie-entre-temps'],
})

export const EnvoyerMessage = command({
  name: 'demarches.envoyerMessage',
  summary:
    'Écrit un message dans le dossier. Avec `correctionId`, l’usager répond à cette correction; la dernière résolue rend le dossier à l’instruction.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id, ...SiVersion, texte: Texte, correctionId: Id.optional() }),
  returns: Dossier,
  errors: [
    'introuvable',
    'transition-impossible',
    'modifie-entre-temps',
    'donnees-invalides',
    'piece-manquante',
  ],
})

export const DeciderDossier = command({
  name: 'demarches.deciderDossier',
  summary: 'L’agent décide. Un refus ou un classement sans suite se motive (CRPA L211-2).',
  access: ['agent'],
  params: z.strictObject({
    id: Id,
    ...SiVersion,
    sens: SensDecision,
    motivation: Texte.optional(),
    documentId: Id.optional().describe('Décision signée, téléversée avant par l’agent'),
  }),
  returns: Dossier,
  errors: [
    'introuvable',
    'transition-impossible',
    'modifie-entre-temps',
    'donnees-invalides',
    'piece-inconnue',
  ],
})

export const RouvrirDossier = command({
  name: 'demarches.rouvrirDossier',
  summary: 'L’agent rouvre un dossier décidé; il n’a plus d’horloge légale.',
  access: ['agent'],
  params: z.strictObject({ id: Id, ...SiVersion, texte: Texte }),
  returns: Dossier,
  errors: ['introuvable', 'transition-impossible', 'modifie-entre-temps'],
})

export const LireDossier = query({
  name: 'demarches.lireDossier',
  summary: 'Un dossier, pour son usager ou pour un agent de son secteur.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: Dossier,
  errors: ['introuvable'],
})

export const ListerDossiers = query({
  name: 'demarches.listerDossiers',
  summary: 'Mes dossiers, du plus récent au plus ancien.',
  access: ['compte'],
  params: z.strictObject({ ...Pagination, etat: EtatDossier.optional() }),
  returns: page(ResumeDossier),
})

export const ListerDossiersAgent = query({
  name: 'demarches.listerDossiersAgent',
  summary: 'Les dossiers déposés dans les secteurs de l’agent, l’échéance la plus proche d’abord.',
  access: ['agent'],
  params: z.strictObject({
    ...Pagination,
    etat: EtatDossier.exclude(['brouillon']).optional(),
    demarche: z.string().max(64).optional(),
    echeanceAvant: Jour.optional(),
    texte: personal(z.string().trim().min(2).max(100)).optional().describe('Mots du formulaire ou référence'),
  }),
  returns: page(ResumeDossier),
})

// ---- Events ----

export const DemarchePubliee = event({
  aggregate: 'catalogue',
  name: 'demarche-publiee',
  version: 1,
  summary: 'Une version d’une démarche est proposée: son formulaire, ses pièces ou son délai sont nouveaux.',
  data: z.object({ demarche: z.string(), version: z.number().int().min(1), secteur: Secteur }),
})

const surDossier = {
  reference: z.string(),
  demarche: z.string(),
  secteur: Secteur,
  etat: EtatDossier,
}

export const DossierCree = event({
  aggregate: 'dossier',
  name: 'cree',
  version: 1,
  summary: 'Un usager a commencé un brouillon.',
  data: z.object(surDossier),
  prive: { etat: 'brouillon' },
  suivi: (d) => `Vous avez commencé le dossier ${d.reference}.`,
})

export const DossierModifie = event({
  aggregate: 'dossier',
  name: 'modifie',
  version: 1,
  summary: 'Le formulaire ou les pièces ont changé, dans un brouillon ou pendant une correction.',
  data: z.object({ ...surDossier, pieces: z.array(PieceJointe) }),
  prive: { etat: 'brouillon' },
})

export const DossierDepose = event({
  aggregate: 'dossier',
  name: 'depose',
  version: 1,
  summary: 'Le dossier est déposé: ses pièces ne se suppriment plus, le délai légal court.',
  data: z.object({ ...surDossier, pieces: z.array(PieceJointe), echeanceLe: Jour, silence: Silence }),
  suivi: (d) => `Votre dossier ${d.reference} est déposé.`,
})

export const DossierPrisEnInstruction = event({
  aggregate: 'dossier',
  name: 'pris-en-instruction',
  version: 1,
  summary: 'Un agent a pris le dossier en instruction.',
  data: z.object({ ...surDossier, pieces: z.array(PieceJointe) }),
  suivi: (d) => `Un agent instruit votre dossier ${d.reference}.`,
})

export const DossierCorrectionDemandee = event({
  aggregate: 'dossier',
  name: 'correction-demandee',
  version: 1,
  summary: 'Un agent demande une correction: le dossier revient à l’usager.',
  data: z.object({ ...surDossier, correctionId: Id, motif: MotifCorrection }),
  suivi: (d) => `Une correction vous est demandée sur le dossier ${d.reference}.`,
})

export const DossierCorrectionResolue = event({
  aggregate: 'dossier',
  name: 'correction-resolue',
  version: 1,
  summary: 'L’usager a répondu à une correction; `echeanceLe` est la nouvelle échéance.',
  data: z.object({
    ...surDossier,
    correctionId: Id,
    pieces: z.array(PieceJointe),
    echeanceLe: Jour.nullable(),
  }),
  suivi: (d) => `Vous avez répondu à la correction demandée sur le dossier ${d.reference}.`,
})

export const DossierMessageEnvoye = event({
  aggregate: 'dossier',
  name: 'message-envoye',
  version: 1,
  summary: 'Un message est écrit dans le dossier; son texte se lit dans le dossier.',
  data: z.object({ ...surDossier, messageId: Id, auteur: z.enum(['usager', 'agent']) }),
  suivi: (d) =>
    d.auteur === 'agent'
      ? `Un agent vous a écrit au sujet du dossier ${d.reference}.`
      : `Vous avez écrit au sujet du dossier ${d.reference}.`,
})

export const DossierEcheanceProche = event({
  aggregate: 'dossier',
  name: 'echeance-proche',
  version: 1,
  summary: 'La décision implicite approche: le service est prévenu 14 jours, puis 3 jours avant.',
  data: z.object({ ...surDossier, echeanceLe: Jour, joursRestants: z.number().int() }),
})

const phraseDecision: Record<SensDecision, string> = {
  accepte: 'est accepté',
  refuse: 'est refusé',
  sans_suite: 'est classé sans suite',
}

export const DossierDecide = event({
  aggregate: 'dossier',
  name: 'decide',
  version: 1,
  summary: 'Le dossier est décidé, par un agent ou par le silence de l’administration (`implicite`).',
  data: z.object({
    ...surDossier,
    sens: SensDecision,
    implicite: z.boolean(),
    documentId: Id.nullable(),
  }),
  suivi: (d) =>
    `Votre dossier ${d.reference} ${phraseDecision[d.sens]}${d.implicite ? ' (décision implicite)' : ''}.`,
})

export const DossierEtapeChangee = event({
  aggregate: 'dossier',
  name: 'etape-changee',
  version: 1,
  summary: 'Une étape du dossier est faite (l’usager est venu à son rendez-vous), ou ne l’est plus.',
  data: z.object({ ...surDossier, rendezVousId: Id, faite: z.boolean() }),
  prive: { etat: 'brouillon' },
  suivi: (d) =>
    d.faite
      ? `Votre rendez-vous est noté dans votre dossier ${d.reference}.`
      : `Votre rendez-vous n’est plus noté dans votre dossier ${d.reference}.`,
})

export const DossierRouvert = event({
  aggregate: 'dossier',
  name: 'rouvert',
  version: 1,
  summary: 'Un agent a rouvert un dossier décidé.',
  data: z.object(surDossier),
  suivi: (d) => `Votre dossier ${d.reference} est rouvert.`,
})
