import { z } from 'zod'
import { Id, Instant, Jour, personal } from './define.ts'
import { Secteur } from './principal.ts'

/** `a_confirmer`: an anonymous report whose reporter has not followed the link yet; it does not exist for anybody else. */
export const EtatSignalement = z.enum([
  'a_confirmer',
  'nouveau',
  'pris_en_charge',
  'planifie',
  'en_cours',
  'resolu',
  'clos_sans_suite',
])
export type EtatSignalement = z.infer<typeof EtatSignalement>

/** What the public may see of it. */
export const EtatPublic = EtatSignalement.exclude(['a_confirmer'])
export type EtatPublic = z.infer<typeof EtatPublic>

/** What an agent can bring a report to. */
export const Etape = EtatPublic.exclude(['nouveau'])
export type Etape = z.infer<typeof Etape>

export const RaisonCloture = z.enum(['doublon', 'hors_competence', 'introuvable', 'prive'])
export type RaisonCloture = z.infer<typeof RaisonCloture>

export const QuestionCategorie = z.object({
  code: z.string(),
  libelle: z.string(),
  type: z.enum(['texte', 'nombre', 'date', 'choix', 'choix_multiple']),
  obligatoire: z.boolean(),
  aide: z.string().optional(),
  choix: z.array(z.object({ code: z.string(), libelle: z.string() })).optional(),
})
export type QuestionCategorie = z.infer<typeof QuestionCategorie>

/** A kind of problem that can be reported; a version of the set is an immutable data file. */
export const Categorie = z.object({
  code: z.string(),
  groupe: z.string(),
  libelle: z.string(),
  description: z.string(),
  secteur: Secteur,
  service: z.string().describe('Service qui s’en charge, sauf si le lieu en désigne un autre'),
  routage: z
    .array(z.object({ zone: z.string(), service: z.string() }))
    .optional()
    .describe('Service selon la zone de la ville'),
  delaiJoursOuvres: z.number().int().min(1).max(260).describe('Délai de traitement visé, en jours ouvrés'),
  rayonDoublonMetres: z
    .number()
    .int()
    .min(1)
    .max(500)
    .describe('En deçà, deux signalements désignent le même problème'),
  anonyme: z.boolean().describe('Peut être signalé sans compte, avec une adresse électronique vérifiée'),
  photo: z.enum(['souhaitee', 'facultative']),
  motsCles: z.array(z.string()),
  questions: z.array(QuestionCategorie),
})
export type Categorie = z.infer<typeof Categorie>

export const ActionSignalement = z.enum([
  'avancer',
  'questionner',
  'repondre',
  'rouvrir',
  'publier',
  'ajouter_photos',
  'suivre',
  'ne_plus_suivre',
])
export type ActionSignalement = z.infer<typeof ActionSignalement>

export const EtapeFranchie = z.object({
  etat: EtatSignalement,
  le: Instant,
  message: personal(z.string()).nullable().describe('Mot de l’agent pour le public'),
})

export const QuestionSignalement = z.object({
  id: Id,
  texte: personal(z.string()),
  poseeLe: Instant,
  reponse: personal(z.string()).nullable(),
  reponduLe: Instant.nullable(),
})

export const Contact = z.object({
  courriel: personal(z.email().max(254)).optional(),
  nom: personal(z.string().trim().min(1).max(100)).optional(),
  prenom: personal(z.string().trim().min(1).max(100)).optional(),
  telephone: personal(z.string().regex(/^\+?[0-9 .]{6,20}$/))
    .optional()
    .meta({ examples: ['01 46 55 00 00'] }),
})
export type Contact = z.infer<typeof Contact>

/** A further report of the same problem: its reporter follows the first one. */
export const Temoignage = z.object({
  id: Id,
  description: personal(z.string()).nullable(),
  photos: z.array(Id),
  constateLe: Instant,
  contact: Contact.nullable(),
})

export const Reponses = personal(
  z.record(z.string().max(64), z.union([z.string().max(2000), z.array(z.string().max(200)).max(20)])),
)

/** What anybody may read: nothing that a person wrote, unless an agent has released it (decision 0021). */
export const ResumeSignalement = z.object({
  id: Id,
  reference: z.string().describe('Référence publique, lisible au téléphone'),
  categorie: z.object({ code: z.string(), libelle: z.string(), groupe: z.string() }),
  etat: EtatSignalement,
  raison: RaisonCloture.nullable(),
  doublonDe: z.string().nullable().describe('Référence du signalement suivi à la place de celui-ci'),
  latitude: z.number().nullable().describe('WGS 84; null quand seule une adresse a été donnée'),
  longitude: z.number().nullable(),
  service: z.string(),
  description: z
    .string()
    .nullable()
    .describe('Texte qu’un agent a rendu public; null tant qu’il ne l’a pas fait'),
  photos: z.array(Id).describe('Photos rendues publiques: `GET /v1/photos/{id}`'),
  suiveurs: z.number().int(),
  echeanceLe: Jour.nullable().describe('Dernier jour du délai visé; null une fois clos'),
  prevuLe: Jour.nullable().describe('Jour de l’intervention planifiée'),
  constateLe: Instant.describe('Quand le problème a été vu'),
  creeLe: Instant,
  modifieLe: Instant,
  version: z.number().int().min(1),
})
export type ResumeSignalement = z.infer<typeof ResumeSignalement>

/** What its reporter and the agents of its sector read besides. */
export const PartiePrivee = z.object({
  description: personal(z.string()).nullable(),
  adresse: personal(z.string()).nullable(),
  reponses: Reponses,
  photos: z.array(Id).describe('Toutes ses photos: `GET /v1/documents/{id}/contenu`'),
  questions: z.array(QuestionSignalement),
  contact: Contact.nullable().describe('Pour les agents'),
  lienMedia: personal(z.string())
    .nullable()
    .describe('Adresse d’une photo hébergée ailleurs; pour les agents'),
  temoignages: z
    .array(Temoignage)
    .describe('Pour les agents, tous; pour qui a signalé de nouveau le même problème, les siens'),
  notes: z
    .array(
      z.object({
        le: Instant,
        texte: personal(z.string()),
        de: z.enum(['auteur', 'agent']).optional().describe('Qui l’a écrite; absent sur les plus anciennes'),
      }),
    )
    .describe('Pour les agents, toutes; pour l’auteur, ce qu’il a écrit en demandant la réouverture'),
})

export const Signalement = ResumeSignalement.extend({
  etapes: z.array(EtapeFranchie),
  role: z
    .enum(['auteur', 'suiveur', 'agent'])
    .nullable()
    .describe('Ce que l’appelant est pour ce signalement'),
  actionsPermises: z.array(ActionSignalement).describe('Ce que l’appelant peut faire maintenant'),
  etapesPermises: z.array(Etape).describe('Où un agent peut le mener maintenant'),
  prive: PartiePrivee.nullable().describe(
    'Pour son auteur et les agents du secteur; pour qui a signalé le même problème, ses seuls témoignages; null pour le public',
  ),
})
export type Signalement = z.infer<typeof Signalement>
