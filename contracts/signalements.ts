import { z } from 'zod'
import { command, Id, Instant, Jour, page, Pagination, personal, query, SiVersion } from './define.ts'
import {
  Categorie,
  Contact,
  EtatPublic,
  Etape,
  RaisonCloture,
  ResumeSignalement,
  Signalement,
} from './signalement.ts'

const Texte = personal(z.string().trim().min(1).max(4000))
const Latitude = z.number().min(-90).max(90)
const Longitude = z.number().min(-180).max(180)
const Cible = z.string().min(1).max(40).describe('Référence publique ou identifiant')

// ---- Actions ----

export const ListerCategories = query({
  name: 'signalements.listerCategories',
  summary: 'Ce que l’on peut signaler, et ce que chaque catégorie demande.',
  access: ['public'],
  params: z.strictObject({}),
  returns: z.object({ jeu: z.number().int().describe('Version du jeu'), elements: z.array(Categorie) }),
})

export const ChercherDoublons = query({
  name: 'signalements.chercherDoublons',
  summary: 'Les signalements ouverts de cette catégorie autour de ce lieu, le plus proche d’abord.',
  access: ['public'],
  params: z.strictObject({
    categorie: z.string().max(64),
    latitude: z.coerce.number().min(-90).max(90),
    longitude: z.coerce.number().min(-180).max(180),
  }),
  returns: z.object({ elements: z.array(ResumeSignalement.extend({ distanceMetres: z.number().int() })) }),
  errors: ['donnees-invalides', 'hors-commune'],
})

export const CreerSignalement = command({
  name: 'signalements.creerSignalement',
  summary:
    'Signale un problème dans la rue. Quand il l’est déjà tout près, l’auteur suit le premier signalement, que cette réponse rend. Sans compte, un lien envoyé par courriel le confirme.',
  access: ['public', 'compte'],
  params: z.strictObject({
    id: Id.optional().describe(
      'Tiré par l’application, hors connexion: le même signalement, renvoyé, n’est enregistré qu’une fois; des photos en plus y sont jointes, un autre contenu est refusé',
    ),
    categorie: z
      .string()
      .max(64)
      .meta({ examples: ['nid-de-poule'] }),
    latitude: Latitude.optional().meta({ examples: [48.8179] }),
    longitude: Longitude.optional().meta({ examples: [2.2961] }),
    adresse: personal(z.string().trim().min(3).max(200))
      .optional()
      .describe('À la place des coordonnées, ou pour les préciser'),
    description: Texte.optional(),
    // Which answers are right the category says: the service checks them.
    reponses: personal(z.record(z.string().max(64), z.unknown()))
      .default({})
      .describe(
        'Réponses aux questions de la catégorie, par code: un texte, ou une liste pour un choix multiple',
      ),
    photos: z
      .array(Id)
      .max(5)
      .default([])
      .describe('Images téléversées avant, pour le secteur de la catégorie'),
    constateLe: Instant.optional().describe('Quand l’application l’a pris, hors connexion; 31 jours au plus'),
    contact: Contact.optional().describe('Sans compte: au moins l’adresse électronique'),
    siDoublon: z
      .enum(['rejoindre', 'creer', 'refuser'])
      .default('rejoindre')
      .describe(
        'Quand le même problème est déjà signalé tout près. `rejoindre`: l’auteur suit le premier, qui garde ce qu’il écrit; sans compte, un nouveau est créé. `creer`: c’en est un autre. `refuser`: rien n’est enregistré, et le refus `doublon-probable` donne le premier',
      ),
  }),
  returns: Signalement,
  errors: [
    'donnees-invalides',
    'hors-commune',
    'doublon-probable',
    'identifiant-reutilise',
    'transition-impossible',
    'piece-inconnue',
    'jeton-requis',
    'acces-refuse',
  ],
})

export const ConfirmerSignalement = command({
  name: 'signalements.confirmerSignalement',
  summary: 'Confirme un signalement fait sans compte, par le jeton du lien reçu.',
  access: ['public'],
  params: z.strictObject({ jeton: personal(z.string().min(1).max(200)) }),
  returns: Signalement,
  errors: ['introuvable'],
})

export const LireSignalement = query({
  name: 'signalements.lireSignalement',
  summary: 'Un signalement: sa vie pour tout le monde, le reste pour son auteur et les agents.',
  access: ['public', 'compte'],
  params: z.strictObject({ id: Cible }),
  returns: Signalement,
  errors: ['introuvable'],
})

const Etats = z
  .union([EtatPublic, z.array(EtatPublic).max(6)])
  .optional()
  .describe('Un état, ou plusieurs en répétant le paramètre')

const Filtre = {
  bbox: z
    .string()
    .max(100)
    .optional()
    .describe('Ouest,sud,est,nord en degrés (RFC 7946, section 5)')
    .meta({ examples: ['2.28,48.81,2.31,48.82'] }),
  categorie: z.string().max(64).optional(),
  etat: Etats,
  du: Instant.optional().describe('Créés à partir de cet instant'),
  au: Instant.optional().describe('Créés avant cet instant'),
}

export const ListerSignalements = query({
  name: 'signalements.listerSignalements',
  summary: 'Les signalements, du plus récent au plus ancien.',
  access: ['public'],
  params: z.strictObject({ ...Pagination, ...Filtre }),
  returns: page(ResumeSignalement),
  errors: ['donnees-invalides'],
})

/** RFC 7946; `suivant` is a foreign member of it (section 6.1). */
export const CarteSignalements = z.object({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.object({
      type: z.literal('Feature'),
      id: Id,
      geometry: z.object({ type: z.literal('Point'), coordinates: z.array(z.number()) }).nullable(),
      properties: ResumeSignalement.omit({ id: true, latitude: true, longitude: true }),
    }),
  ),
  suivant: z.string().nullable(),
})

export const CartographierSignalements = query({
  name: 'signalements.cartographierSignalements',
  summary: 'Les mêmes en GeoJSON, pour une carte.',
  access: ['public'],
  params: ListerSignalements.params,
  returns: CarteSignalements,
  errors: ['donnees-invalides'],
})

export const ListerSignalementsAgent = query({
  name: 'signalements.listerSignalementsAgent',
  summary: 'Les signalements des secteurs de l’agent, l’échéance la plus proche d’abord.',
  access: ['agent'],
  params: z.strictObject({
    ...Pagination,
    etat: Etats,
    categorie: z.string().max(64).optional(),
    service: z.string().max(64).optional(),
    echeanceAvant: Jour.optional(),
  }),
  returns: page(ResumeSignalement),
  errors: ['donnees-invalides'],
})

export const ListerMesSignalements = query({
  name: 'signalements.listerMesSignalements',
  summary: 'Mes signalements et ceux que je suis, du plus récent au plus ancien.',
  access: ['compte'],
  params: z.strictObject({ ...Pagination, etat: Etats }),
  returns: page(ResumeSignalement.extend({ role: z.enum(['auteur', 'suiveur']) })),
})

const surUnSignalement = ['introuvable', 'transition-impossible', 'modifie-entre-temps'] as const

export const SuivreSignalement = command({
  name: 'signalements.suivreSignalement',
  summary: 'Suit un signalement: chacune de ses étapes vient dans mon fil.',
  access: ['compte'],
  params: z.strictObject({ id: Cible }),
  returns: Signalement,
  errors: ['introuvable', 'transition-impossible'],
})

export const CesserDeSuivre = command({
  name: 'signalements.cesserDeSuivre',
  summary: 'Ne suit plus ce signalement.',
  access: ['compte'],
  params: z.strictObject({ id: Cible }),
  returns: z.null(),
  errors: ['introuvable'],
})

export const AjouterPhotos = command({
  name: 'signalements.ajouterPhotos',
  summary:
    'Ajoute des photos à son signalement, ou à ce que l’on a écrit de celui que l’on a rejoint, par exemple quand leur envoi avait été coupé.',
  access: ['proprietaire'],
  params: z.strictObject({ id: Cible, ...SiVersion, photos: z.array(Id).min(1).max(5) }),
  returns: Signalement,
  errors: [...surUnSignalement, 'donnees-invalides', 'piece-inconnue'],
})

export const RepondreQuestion = command({
  name: 'signalements.repondreQuestion',
  summary: 'L’auteur répond à la question d’un agent.',
  access: ['proprietaire'],
  params: z.strictObject({ id: Cible, ...SiVersion, texte: Texte }),
  returns: Signalement,
  errors: surUnSignalement,
})

export const RouvrirSignalement = command({
  name: 'signalements.rouvrirSignalement',
  summary: 'L’auteur demande la réouverture, 60 jours au plus après la clôture: un nouveau délai commence.',
  access: ['proprietaire'],
  params: z.strictObject({ id: Cible, ...SiVersion, texte: Texte }),
  returns: Signalement,
  errors: surUnSignalement,
})

export const PoserQuestion = command({
  name: 'signalements.poserQuestion',
  summary: 'L’agent demande une précision à l’auteur.',
  access: ['agent'],
  params: z.strictObject({ id: Cible, ...SiVersion, texte: Texte }),
  returns: Signalement,
  errors: surUnSignalement,
})

export const AvancerSignalement = command({
  name: 'signalements.avancerSignalement',
  summary: 'L’agent mène le signalement à sa prochaine étape; ceux qui le suivent en sont avertis.',
  access: ['agent'],
  params: z.strictObject({
    id: Cible,
    ...SiVersion,
    etape: Etape,
    prevuLe: Jour.optional().describe('Avec `planifie`: jour de l’intervention'),
    raison: RaisonCloture.optional().describe('Avec `clos_sans_suite`'),
    doublonDe: Cible.optional().describe('Avec la raison `doublon`: le signalement qui reste'),
    message: Texte.optional().describe('Pour le public: ni nom ni coordonnées'),
    note: Texte.optional().describe('Pour les agents seulement'),
  }),
  returns: Signalement,
  errors: [...surUnSignalement, 'donnees-invalides'],
})

export const PublierSignalement = command({
  name: 'signalements.publierSignalement',
  summary: 'L’agent choisit, après relecture, le texte et les photos que tout le monde peut voir.',
  access: ['agent'],
  params: z.strictObject({
    id: Cible,
    ...SiVersion,
    description: Texte.describe('Le texte de l’auteur sans ce qui est personnel; null le retire').nullable(),
    photos: z.array(Id).max(20).describe('Parmi les photos du signalement; les autres sont retirées'),
  }),
  returns: Signalement,
  errors: [...surUnSignalement, 'donnees-invalides'],
})
