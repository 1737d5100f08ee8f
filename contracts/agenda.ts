import { z } from 'zod'
import { command, Id, Instant, Jour, page, Pagination, query, SiVersion } from './define.ts'
import { Secteur } from './principal.ts'

/** How a rendez-vous takes place: at a counter, by telephone, at the person's home, by video. */
export const ModeRendezVous = z.enum(['guichet', 'telephone', 'domicile', 'visio'])
export type ModeRendezVous = z.infer<typeof ModeRendezVous>

/** Who may book: agents of the sector only; officers and aidants for somebody; persons an agent invited; everybody. Agents always may. */
export const ReservablePar = z.enum(['agents', 'prescripteurs', 'invites', 'tous'])
export type ReservablePar = z.infer<typeof ReservablePar>
export const Motif = z.object({
  id: Id,
  secteur: Secteur,
  titre: z.string(),
  instructions: z.string().nullable().describe('Ce qu’il faut savoir ou apporter'),
  mode: ModeRendezVous,
  duree: z.number().int().describe('Minutes'),
  reservablePar: ReservablePar,
  delaiMin: z.number().int().describe('Minutes entre la réservation et le rendez-vous, au moins'),
  delaiMax: z.number().int().describe('Jours entre la réservation et le rendez-vous, au plus'),
  capacite: z.number().int().describe('Personnes par créneau: plus d’une, le rendez-vous est collectif'),
  actif: z.boolean(),
  version: z.number().int().min(1),
})
export type Motif = z.infer<typeof Motif>

export const Lieu = z.object({
  id: Id,
  secteur: Secteur,
  libelle: z.string(),
  situation: z.string().nullable().describe('Adresse postale du lieu'),
  actif: z.boolean(),
  version: z.number().int().min(1),
})
export type Lieu = z.infer<typeof Lieu>

/** A time of day in Paris, `24:00` being the end of the day. */
export const Heure = z
  .string()
  .regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/)
  .describe('Heure de Paris, HH:MM; 24:00 est la fin du jour')
  .meta({ examples: ['09:30'] })

/** The part of RFC 5545 that openings need: whole days, no hour. What it means is checked when an opening is made. */
export const Recurrence = z
  .string()
  .max(200)
  .regex(
    /^FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?:;(?:(?:INTERVAL|COUNT)=[1-9][0-9]{0,2}|UNTIL=[0-9]{8}|BYDAY=(?:[+-]?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:[+-]?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)){0,6}|(?:BYMONTHDAY|BYMONTH|BYSETPOS)=-?[1-9][0-9]?(?:,-?[1-9][0-9]?){0,11}|WKST=(?:MO|SU))){0,5}$/,
  )
  .describe('RRULE (RFC 5545) par jours entiers')
  .meta({ examples: ['FREQ=WEEKLY;BYDAY=MO,TU'] })

/** An opening: from `debut` to `fin` in Paris on its first day, and on the days of its recurrence that are no public holiday. */
export const Plage = z.object({
  id: Id,
  secteur: Secteur,
  agentId: Id.describe('L’agent qui reçoit'),
  lieu: Id,
  motifs: z.array(Id),
  premierJour: Jour,
  debut: Heure,
  fin: Heure,
  recurrence: Recurrence.nullable().describe('null: ce jour seulement'),
  version: z.number().int().min(1),
})
export type Plage = z.infer<typeof Plage>

export const Absence = z.object({
  id: Id,
  secteur: Secteur,
  agentId: Id,
  du: Instant,
  au: Instant,
  rendezVousTouches: z
    .array(Id)
    .describe('Rendez-vous déjà pris pendant cette absence: à déplacer ou annuler'),
  version: z.number().int().min(1),
})
export type Absence = z.infer<typeof Absence>

const Ligne = z.string().trim().min(1).max(200)

const introuvable = ['introuvable'] as const
const gestion = ['introuvable', 'acces-refuse', 'donnees-invalides', 'modifie-entre-temps'] as const

export const ListerMotifs = query({
  name: 'agenda.listerMotifs',
  summary: 'Les motifs pour lesquels on prend rendez-vous.',
  access: ['public'],
  params: z.strictObject({ secteur: Secteur.optional() }),
  returns: z.object({ elements: z.array(Motif) }),
})

export const LireMotif = query({
  name: 'agenda.lireMotif',
  summary: 'Un motif de rendez-vous.',
  access: ['public'],
  params: z.strictObject({ id: Id }),
  returns: Motif,
  errors: introuvable,
})

const champsMotif = {
  titre: Ligne,
  instructions: z.string().trim().min(1).max(2000).nullable(),
  mode: ModeRendezVous,
  duree: z.number().int().min(5).max(480),
  reservablePar: ReservablePar,
  delaiMin: z.number().int().min(0).max(43_200),
  delaiMax: z.number().int().min(1).max(366),
  capacite: z.number().int().min(1).max(500),
}

export const CreerMotif = command({
  name: 'agenda.creerMotif',
  summary: 'Propose un motif de rendez-vous dans un secteur de l’agent.',
  access: ['agent'],
  params: z.strictObject({
    secteur: Secteur,
    ...champsMotif,
    instructions: champsMotif.instructions.default(null),
    reservablePar: ReservablePar.default('tous'),
    delaiMin: champsMotif.delaiMin.default(30),
    delaiMax: champsMotif.delaiMax.default(90),
    capacite: champsMotif.capacite.default(1),
  }),
  returns: Motif,
  errors: gestion,
})

export const ModifierMotif = command({
  name: 'agenda.modifierMotif',
  summary: 'Change un motif, ou le retire de l’offre (`actif`). Les rendez-vous déjà pris restent.',
  access: ['agent'],
  params: z.strictObject({
    id: Id,
    ...SiVersion,
    ...z.object({ ...champsMotif, actif: z.boolean() }).partial().shape,
  }),
  returns: Motif,
  errors: gestion,
})

export const ListerLieux = query({
  name: 'agenda.listerLieux',
  summary: 'Les lieux où l’on est reçu; avec `motif`, ceux qui ont une plage ouverte pour lui.',
  access: ['public'],
  params: z.strictObject({ secteur: Secteur.optional(), motif: Id.optional() }),
  returns: z.object({ elements: z.array(Lieu) }),
  errors: introuvable,
})

export const LireLieu = query({
  name: 'agenda.lireLieu',
  summary: 'Un lieu.',
  access: ['public'],
  params: z.strictObject({ id: Id }),
  returns: Lieu,
  errors: introuvable,
})

const champsLieu = { libelle: Ligne, situation: Ligne.nullable() }

export const CreerLieu = command({
  name: 'agenda.creerLieu',
  summary: 'Ajoute un lieu dans un secteur de l’agent.',
  access: ['agent'],
  params: z.strictObject({ secteur: Secteur, ...champsLieu, situation: champsLieu.situation.default(null) }),
  returns: Lieu,
  errors: gestion,
})

export const ModifierLieu = command({
  name: 'agenda.modifierLieu',
  summary: 'Change un lieu, ou le ferme (`actif`).',
  access: ['agent'],
  params: z.strictObject({
    id: Id,
    ...SiVersion,
    ...z.object({ ...champsLieu, actif: z.boolean() }).partial().shape,
  }),
  returns: Lieu,
  errors: gestion,
})

export const ListerPlages = query({
  name: 'agenda.listerPlages',
  summary: 'Les plages d’ouverture des secteurs de l’agent.',
  access: ['agent'],
  params: z.strictObject({ ...Pagination }),
  returns: page(Plage),
})

export const LirePlage = query({
  name: 'agenda.lirePlage',
  summary: 'Une plage d’ouverture.',
  access: ['agent'],
  params: z.strictObject({ id: Id }),
  returns: Plage,
  errors: introuvable,
})

export const OuvrirPlage = command({
  name: 'agenda.ouvrirPlage',
  summary:
    'Ouvre une plage, pour soi ou pour un collègue qui reçoit déjà dans le secteur. Les jours fériés restent fermés.',
  access: ['agent'],
  params: z.strictObject({
    secteur: Secteur,
    agentId: Id.optional().describe('Par défaut l’appelant'),
    lieu: Id,
    motifs: z.array(Id).min(1).max(50),
    premierJour: Jour,
    debut: Heure,
    fin: Heure,
    recurrence: Recurrence.nullable().default(null),
  }),
  returns: Plage,
  errors: gestion,
})

export const FermerPlage = command({
  name: 'agenda.fermerPlage',
  summary: 'Ferme une plage: elle n’offre plus de créneaux; les rendez-vous pris restent.',
  access: ['agent'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: z.null(),
  errors: gestion,
})

export const ListerAbsences = query({
  name: 'agenda.listerAbsences',
  summary: 'Les absences à venir dans les secteurs de l’agent.',
  access: ['agent'],
  params: z.strictObject({ ...Pagination }),
  returns: page(Absence),
})

export const LireAbsence = query({
  name: 'agenda.lireAbsence',
  summary: 'Une absence.',
  access: ['agent'],
  params: z.strictObject({ id: Id }),
  returns: Absence,
  errors: introuvable,
})

export const DeclarerAbsence = command({
  name: 'agenda.declarerAbsence',
  summary: 'Déclare une absence: ses créneaux ne sont plus offerts. Les rendez-vous touchés sont rendus.',
  access: ['agent'],
  params: z.strictObject({ secteur: Secteur, agentId: Id.optional(), du: Instant, au: Instant }),
  returns: Absence,
  errors: gestion,
})

export const LeverAbsence = command({
  name: 'agenda.leverAbsence',
  summary: 'Retire une absence.',
  access: ['agent'],
  params: z.strictObject({ id: Id, ...SiVersion }),
  returns: z.null(),
  errors: gestion,
})
