import { z } from 'zod'
import { command, Id, Instant, Jour, page, Pagination, query, SiVersion } from './define.ts'
import { TypeDocument } from './documents.ts'
import { Secteur } from './principal.ts'

/** What the city tells everybody: its public events, and its council with the papers of its sessions. */

const Ligne = z.string().trim().min(1).max(200)
const Texte = z.string().trim().min(1).max(4000)

export const EvenementPublic = z.object({
  id: Id,
  secteur: Secteur,
  titre: z.string(),
  description: z.string().nullable(),
  lieu: z.string(),
  situation: z.string().nullable().describe('Adresse postale du lieu'),
  debut: Instant,
  fin: Instant,
  gratuit: z.boolean(),
  annule: z.boolean(),
  version: z.number().int().min(1),
  modifieLe: Instant,
})
export type EvenementPublic = z.infer<typeof EvenementPublic>

const champsEvenement = {
  titre: Ligne,
  description: Texte.nullable(),
  lieu: Ligne,
  situation: Ligne.nullable(),
  debut: Instant,
  fin: Instant,
  gratuit: z.boolean(),
}

const gestion = ['introuvable', 'acces-refuse', 'donnees-invalides', 'modifie-entre-temps'] as const

export const ListerEvenementsPublics = query({
  name: 'agenda.listerEvenementsPublics',
  summary: 'Les événements de la ville, le plus proche d’abord; sans `du`, ceux qui ne sont pas finis.',
  access: ['public'],
  params: z.strictObject({ ...Pagination, du: Jour.optional(), au: Jour.optional() }),
  returns: page(EvenementPublic),
  errors: ['donnees-invalides'],
})

export const LireEvenementPublic = query({
  name: 'agenda.lireEvenementPublic',
  summary: 'Un événement de la ville.',
  access: ['public'],
  params: z.strictObject({ id: Id }),
  returns: EvenementPublic,
  errors: ['introuvable'],
})

export const ExporterEvenement = query({
  name: 'agenda.exporterEvenement',
  summary: 'Un événement de la ville pour l’agenda de la personne, au format iCalendar.',
  access: ['public'],
  params: z.strictObject({ id: Id }),
  returns: z.string().describe('iCalendar (RFC 5545)'),
  errors: ['introuvable'],
})

export const ExporterEvenements = query({
  name: 'agenda.exporterEvenements',
  summary: 'Les événements à venir et ceux des 30 derniers jours, au format iCalendar: une adresse à suivre.',
  access: ['public'],
  params: z.strictObject({}),
  returns: z.string().describe('iCalendar (RFC 5545)'),
})

export const DecrireEvenements = query({
  name: 'agenda.decrireEvenements',
  summary: 'Les mêmes événements en JSON-LD de schema.org, pour les moteurs de recherche.',
  access: ['public'],
  params: z.strictObject({}),
  returns: z.object({ '@context': z.string(), '@graph': z.array(z.record(z.string(), z.unknown())) }),
})

export const PublierEvenement = command({
  name: 'agenda.publierEvenement',
  summary: 'Annonce un événement de la ville.',
  access: ['agent'],
  params: z.strictObject({
    secteur: Secteur,
    ...champsEvenement,
    description: champsEvenement.description.default(null),
    situation: champsEvenement.situation.default(null),
    gratuit: z.boolean().default(true),
  }),
  returns: EvenementPublic,
  errors: gestion,
})

export const ModifierEvenement = command({
  name: 'agenda.modifierEvenement',
  summary: 'Change un événement annoncé, ou l’annule (`annule`).',
  access: ['agent'],
  params: z.strictObject({
    id: Id,
    ...SiVersion,
    ...z.object({ ...champsEvenement, annule: z.boolean() }).partial().shape,
  }),
  returns: EvenementPublic,
  errors: gestion,
})

// ---- Council ----

export const PointOrdreDuJour = z.object({
  id: Id,
  numero: z.string(),
  titre: z.string(),
  resultat: z.string().nullable().describe('Par exemple: adopté à l’unanimité'),
})
export type PointOrdreDuJour = z.infer<typeof PointOrdreDuJour>

export const TypePapier = z.enum(['convocation', 'rapport', 'deliberation', 'compte_rendu', 'autre'])
export type TypePapier = z.infer<typeof TypePapier>

/** A paper of a session; anybody may read it once the documents service has published its file. */
export const Papier = z.object({
  id: Id,
  seance: Id,
  point: Id.nullable(),
  type: TypePapier,
  titre: z.string(),
  numero: z.string().nullable().describe('Numéro de la délibération'),
  documentId: Id,
  format: TypeDocument,
  taille: z.number().int().describe('Octets'),
  sha256: z.string(),
  publieLe: Instant,
})
export type Papier = z.infer<typeof Papier>

export const Seance = z.object({
  id: Id,
  titre: z.string(),
  lieu: z.string(),
  debut: Instant,
  fin: Instant.nullable(),
  annulee: z.boolean(),
  points: z.array(PointOrdreDuJour),
  papiers: z.array(Papier),
  version: z.number().int().min(1),
  creeLe: Instant,
  modifieLe: Instant,
})
export type Seance = z.infer<typeof Seance>

/** The sector whose agents keep the council's papers. */
export const secteurDuConseil = 'vie-municipale' satisfies Secteur

const Points = z
  .array(
    z.strictObject({
      id: Id.optional().describe('D’un point qui est déjà là: garde son identité'),
      numero: z.string().trim().min(1).max(20),
      titre: Ligne,
      resultat: Ligne.nullable().default(null),
    }),
  )
  .max(200)
const champsSeance = { titre: Ligne, lieu: Ligne, debut: Instant, fin: Instant.nullable() }

export const ListerConseils = query({
  name: 'agenda.listerConseils',
  summary: 'Les séances du conseil municipal, la plus récente d’abord.',
  access: ['public'],
  params: z.strictObject({ ...Pagination }),
  returns: page(Seance),
})

export const LireConseil = query({
  name: 'agenda.lireConseil',
  summary: 'Une séance: son ordre du jour et ses documents publiés.',
  access: ['public'],
  params: z.strictObject({ id: Id }),
  returns: Seance,
  errors: ['introuvable'],
})

export const AnnoncerConseil = command({
  name: 'agenda.annoncerConseil',
  summary: 'Annonce une séance du conseil municipal.',
  access: ['agent'],
  params: z.strictObject({
    ...champsSeance,
    fin: champsSeance.fin.default(null),
    points: Points.default([]),
  }),
  returns: Seance,
  errors: gestion,
})

export const ModifierConseil = command({
  name: 'agenda.modifierConseil',
  summary:
    'Change une séance ou son ordre du jour, ou l’annule (`annulee`). Un point qui a des documents reste.',
  access: ['agent'],
  params: z.strictObject({
    id: Id,
    ...SiVersion,
    ...z.object({ ...champsSeance, points: Points, annulee: z.boolean() }).partial().shape,
  }),
  returns: Seance,
  errors: gestion,
})

export const RetirerConseil = command({
  name: 'agenda.retirerConseil',
  summary:
    'Retire une séance annoncée par erreur; celle qui a des documents s’annule, elle ne se retire pas.',
  access: ['agent'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: z.null(),
  errors: [...gestion, 'transition-impossible'],
})

export const PublierPapier = command({
  name: 'agenda.publierPapier',
  summary:
    'Publie un document émis par le service (convocation, délibération, compte rendu) avec une séance. Il paraît dès que son fichier est public.',
  access: ['agent'],
  params: z.strictObject({
    id: Id,
    documentId: Id,
    type: TypePapier,
    titre: Ligne,
    numero: z.string().trim().min(1).max(40).nullable().default(null),
    point: Id.nullable().default(null),
  }),
  returns: Seance,
  errors: [...gestion, 'piece-inconnue'],
})

export const RetirerPapier = command({
  name: 'agenda.retirerPapier',
  summary:
    'Retire un document publié par erreur avec une séance: plus personne ne peut le lire. Pour le publier plus tard, téléversez-le à nouveau.',
  access: ['agent'],
  params: z.strictObject({ id: Id }),
  returns: z.null(),
  errors: ['introuvable', 'acces-refuse'],
})
