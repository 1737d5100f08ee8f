import { z } from 'zod'
import { Lieu, Motif } from './agenda.ts'
import { command, Id, Instant, Jour, page, Pagination, personal, query, SiVersion } from './define.ts'
import { Secteur } from './principal.ts'

const introuvable = ['introuvable'] as const

/** Where a hold or a rendez-vous stands. */
export const StatutRendezVous = z
  .enum(['reserve', 'expire', 'inconnu', 'vu', 'absent', 'excuse', 'annule'])
  .describe(
    '`reserve`: créneau retenu 5 minutes; `expire`: réservation finie sans confirmation; `inconnu`: rendez-vous pris, on ne sait pas encore si la personne viendra; `vu`: elle est venue; `absent`: elle n’est pas venue; `excuse`: l’usager a annulé ou prévenu; `annule`: la ville a annulé, ou le dossier est terminé',
  )
export type StatutRendezVous = z.infer<typeof StatutRendezVous>

export const Creneau = z.object({
  debut: Instant,
  fin: Instant,
  libres: z.number().int().min(1).describe('Personnes qui peuvent encore le prendre'),
})
export type Creneau = z.infer<typeof Creneau>

const Telephone = personal(z.string().regex(/^\+?[0-9 .]{6,20}$/)).meta({ examples: ['01 46 55 00 00'] })

/** Who comes: the person of the account, somebody they book for, or a person at the counter. Accounts show no name to agents. */
export const Beneficiaire = z.strictObject({
  prenom: personal(z.string().trim().min(1).max(100)),
  nom: personal(z.string().trim().min(1).max(100)),
  telephone: Telephone.optional(),
})
export type Beneficiaire = z.infer<typeof Beneficiaire>

/** What only a rendez-vous of its kind needs. */
const details = {
  telephone: Telephone.optional().describe('Où appeler; requis quand le rendez-vous est par téléphone'),
  adresse: personal(z.string().trim().min(1).max(200))
    .optional()
    .describe('Où venir; requis quand le rendez-vous est à domicile'),
  precisions: personal(z.string().trim().min(1).max(1000)).optional(),
  beneficiaire: Beneficiaire.optional().describe(
    'Qui vient: soi-même, ou la personne pour qui l’on prend rendez-vous. L’agent qui reçoit ne connaît que ce nom et ce téléphone: préremplissez-les avec ceux du compte',
  ),
}
export const DetailsRendezVous = z.strictObject(details)
export type DetailsRendezVous = z.infer<typeof DetailsRendezVous>

export const ActionRendezVous = z.enum([
  'confirmer',
  'annuler',
  'deplacer',
  'constater',
  'attendre_plus_tot',
  'ne_plus_attendre',
])
export type ActionRendezVous = z.infer<typeof ActionRendezVous>

export const RendezVous = z.object({
  id: Id,
  secteur: Secteur,
  motif: Motif.pick({ id: true, titre: true, mode: true, instructions: true }),
  lieu: Lieu.pick({ id: true, libelle: true, situation: true }),
  debut: Instant,
  fin: Instant,
  statut: StatutRendezVous,
  reserveJusqua: Instant.nullable().describe(
    'Fin de la réservation d’un créneau; null une fois le rendez-vous pris',
  ),
  agentId: Id.nullable().describe('Pour les agents seulement'),
  dossierId: Id.nullable(),
  telephone: personal(z.string()).nullable(),
  adresse: personal(z.string()).nullable(),
  precisions: personal(z.string()).nullable(),
  beneficiaire: Beneficiaire.nullable().describe('Qui vient, comme cela a été dit en prenant rendez-vous'),
  attendPlusTot: z.boolean().describe('Prévenir si un créneau plus tôt se libère'),
  actionsPermises: z.array(ActionRendezVous).describe('Ce que l’appelant peut faire maintenant'),
  version: z.number().int().min(1),
  creeLe: Instant,
  modifieLe: Instant,
})
export type RendezVous = z.infer<typeof RendezVous>

/** Days that one question about free slots may cover. */
export const joursParQuestion = 62

export const ListerCreneaux = query({
  name: 'agenda.listerCreneaux',
  summary: `Les créneaux libres d’un motif dans un lieu, du premier au dernier jour compris (${joursParQuestion} jours au plus).`,
  access: ['public'],
  params: z.strictObject({ motif: Id, lieu: Id, du: Jour, au: Jour }),
  returns: z.object({
    elements: z.array(Creneau),
    jusquau: Jour.describe('Le dernier jour pour lequel l’appelant peut prendre ce rendez-vous aujourd’hui'),
  }),
  errors: ['introuvable', 'donnees-invalides'],
})

const priseDeCreneau = ['introuvable', 'acces-refuse', 'donnees-invalides', 'creneau-indisponible'] as const
const changement = [
  'introuvable',
  'transition-impossible',
  'modifie-entre-temps',
  'donnees-invalides',
] as const

export const ReserverCreneau = command({
  name: 'agenda.reserverCreneau',
  summary: 'Retient un créneau 5 minutes, le temps de remplir le reste.',
  access: ['compte'],
  params: z.strictObject({ motif: Id, lieu: Id, debut: Instant }),
  returns: RendezVous,
  errors: priseDeCreneau,
})

export const LireReservation = query({
  name: 'agenda.lireReservation',
  summary: 'Une réservation; une fois confirmée, le rendez-vous qu’elle est devenue.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: RendezVous,
  errors: introuvable,
})

export const LibererReservation = command({
  name: 'agenda.libererReservation',
  summary: 'Rend un créneau retenu avant la fin de ses 5 minutes.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: z.null(),
  errors: ['introuvable', 'transition-impossible'],
})

export const PrendreRendezVous = command({
  name: 'agenda.prendreRendezVous',
  summary:
    'Prend rendez-vous: confirme une réservation, ou prend directement un créneau (`motif`, `lieu`, `debut`). `beneficiaire` dit qui vient.',
  access: ['compte'],
  params: z.strictObject({
    reservation: Id.optional(),
    motif: Id.optional(),
    lieu: Id.optional(),
    debut: Instant.optional(),
    dossierId: Id.optional().describe('Le dossier dont ce rendez-vous est une étape'),
    ...details,
  }),
  returns: RendezVous,
  errors: [...priseDeCreneau, 'transition-impossible'],
})

export const LireRendezVous = query({
  name: 'agenda.lireRendezVous',
  summary: 'Un rendez-vous, pour son usager ou pour un agent de son secteur.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: RendezVous,
  errors: introuvable,
})

export const ListerRendezVous = query({
  name: 'agenda.listerRendezVous',
  summary: 'Mes rendez-vous, du plus lointain au plus ancien.',
  access: ['compte'],
  params: z.strictObject({
    ...Pagination,
    statut: StatutRendezVous.optional(),
    dossierId: Id.optional().describe('Ceux de ce dossier'),
  }),
  returns: page(RendezVous),
})

export const ListerRendezVousAgent = query({
  name: 'agenda.listerRendezVousAgent',
  summary: 'Les rendez-vous des secteurs de l’agent, dans l’ordre du jour.',
  access: ['agent'],
  params: z.strictObject({
    ...Pagination,
    du: Jour.optional(),
    au: Jour.optional(),
    agentId: Id.optional(),
    statut: StatutRendezVous.optional().describe(
      'Par défaut ceux qui ne sont ni annulés ni finis sans confirmation',
    ),
    dossierId: Id.optional().describe('Ceux de ce dossier'),
  }),
  returns: page(RendezVous),
})

export const AnnulerRendezVous = command({
  name: 'agenda.annulerRendezVous',
  summary: 'Annule un rendez-vous: l’usager jusqu’à 4 heures avant, l’agent jusqu’à son début.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: RendezVous,
  errors: changement,
})

export const DeplacerRendezVous = command({
  name: 'agenda.deplacerRendezVous',
  summary:
    'Déplace un rendez-vous vers un autre créneau libre du même motif; l’ancien n’est rendu que si le nouveau est pris.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id, ...SiVersion, debut: Instant, lieu: Id.optional() }),
  returns: RendezVous,
  errors: [...changement, 'creneau-indisponible', 'acces-refuse'],
})

export const ConstaterRendezVous = command({
  name: 'agenda.constaterRendezVous',
  summary:
    'L’agent dit si la personne est venue (`vu`), n’est pas venue (`absent`) ou avait prévenu (`excuse`).',
  access: ['agent'],
  params: z.strictObject({
    id: Id,
    ...SiVersion,
    statut: StatutRendezVous.extract(['vu', 'absent', 'excuse']),
  }),
  returns: RendezVous,
  errors: changement,
})

export const AttendrePlusTot = command({
  name: 'agenda.attendrePlusTot',
  summary:
    'Inscrit sur la liste d’attente: l’usager est prévenu si un créneau se libère au moins 2 jours plus tôt.',
  access: ['proprietaire'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: RendezVous,
  errors: changement,
})

export const NePlusAttendre = command({
  name: 'agenda.nePlusAttendre',
  summary: 'Quitte la liste d’attente.',
  access: ['proprietaire'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: z.null(),
  errors: changement,
})

export const InviterUsager = command({
  name: 'agenda.inviterUsager',
  summary: 'Invite l’usager d’un dossier à prendre rendez-vous pour ce motif.',
  access: ['agent'],
  params: z.strictObject({ id: Id, dossierId: Id }),
  returns: z.object({ id: Id, motif: Id, dossierId: Id, version: z.number().int().min(1) }),
  errors: ['introuvable', 'acces-refuse', 'donnees-invalides'],
})

/** iCalendar text (RFC 5545). */
const Calendrier = z.string().describe('iCalendar (RFC 5545)')

export const ExporterRendezVous = query({
  name: 'agenda.exporterRendezVous',
  summary: 'Un rendez-vous pour l’agenda de la personne, au format iCalendar.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: Calendrier,
  errors: introuvable,
})

/** The id is the secret: calendar programs cannot sign in. It opens one officer's hours, and no citizen's name. */
const CleCalendrier = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

export const OuvrirCalendrier = command({
  name: 'agenda.ouvrirCalendrier',
  summary:
    'Donne une adresse secrète où le logiciel d’agenda de l’agent lit ses rendez-vous, sans nom d’usager; l’ancienne cesse de fonctionner.',
  access: ['agent'],
  params: z.strictObject({ secteur: Secteur }),
  returns: z.object({ id: CleCalendrier, secteur: Secteur }),
  errors: ['acces-refuse'],
})

export const LireCalendrier = query({
  name: 'agenda.lireCalendrier',
  summary: 'Le calendrier d’un agent, par son adresse secrète: 30 jours passés, 180 à venir.',
  access: ['public'],
  params: z.strictObject({ id: z.string().max(64) }),
  returns: Calendrier,
  errors: introuvable,
})

export const FermerCalendrier = command({
  name: 'agenda.fermerCalendrier',
  summary: 'Retire une adresse secrète de calendrier.',
  access: ['agent'],
  params: z.strictObject({ id: z.string().max(64) }),
  returns: z.null(),
  errors: introuvable,
})
