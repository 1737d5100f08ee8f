import { z } from 'zod'
import { command, event, Id, Instant, Jour, page, Pagination, personal, query, SiVersion } from './define.ts'
import { Secteur } from './principal.ts'

/** How a rendez-vous takes place: at a counter, by telephone, at the person's home, by video. */
export const ModeRendezVous = z.enum(['guichet', 'telephone', 'domicile', 'visio'])
export type ModeRendezVous = z.infer<typeof ModeRendezVous>

/** Who may book: agents of the sector only; officers and aidants for somebody; persons an agent invited; everybody. Agents always may. */
export const ReservablePar = z.enum(['agents', 'prescripteurs', 'invites', 'tous'])
export type ReservablePar = z.infer<typeof ReservablePar>

/**
 * `reserve` holds a slot for 5 minutes, `expire` is a hold that ended; `inconnu` is booked; `vu` and `absent` say
 * whether the person came; `excuse` was given up by the person, `annule` by the city.
 */
export const StatutRendezVous = z.enum(['reserve', 'expire', 'inconnu', 'vu', 'absent', 'excuse', 'annule'])
export type StatutRendezVous = z.infer<typeof StatutRendezVous>

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

export const Creneau = z.object({
  debut: Instant,
  fin: Instant,
  libres: z.number().int().min(1).describe('Personnes qui peuvent encore le prendre'),
})
export type Creneau = z.infer<typeof Creneau>

const Telephone = personal(z.string().regex(/^\+?[0-9 .]{6,20}$/)).meta({ examples: ['01 46 55 00 00'] })
const Ligne = z.string().trim().min(1).max(200)

/** For whom it is, when that is not the account that books: a person at the counter, or whom a prescripteur helps. */
export const Beneficiaire = z.strictObject({
  prenom: personal(z.string().trim().min(1).max(100)),
  nom: personal(z.string().trim().min(1).max(100)),
  telephone: Telephone.optional(),
})
export type Beneficiaire = z.infer<typeof Beneficiaire>

/** What only a rendez-vous of its kind needs. */
const details = {
  telephone: Telephone.optional().describe('Où appeler; requis quand le rendez-vous est par téléphone'),
  adresse: personal(Ligne).optional().describe('Où venir; requis quand le rendez-vous est à domicile'),
  precisions: personal(z.string().trim().min(1).max(1000)).optional(),
  beneficiaire: Beneficiaire.optional(),
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
  beneficiaire: Beneficiaire.nullable(),
  attendPlusTot: z.boolean().describe('Prévenir si un créneau plus tôt se libère'),
  actionsPermises: z.array(ActionRendezVous).describe('Ce que l’appelant peut faire maintenant'),
  version: z.number().int().min(1),
  creeLe: Instant,
  modifieLe: Instant,
})
export type RendezVous = z.infer<typeof RendezVous>

// ---- What the city offers ----

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
  summary: 'Les lieux où l’on est reçu.',
  access: ['public'],
  params: z.strictObject({ secteur: Secteur.optional() }),
  returns: z.object({ elements: z.array(Lieu) }),
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

// ---- Rendez-vous ----

/** Days that one question about free slots may cover. */
export const joursParQuestion = 62

export const ListerCreneaux = query({
  name: 'agenda.listerCreneaux',
  summary: `Les créneaux libres d’un motif dans un lieu, du premier au dernier jour compris (${joursParQuestion} jours au plus).`,
  access: ['public'],
  params: z.strictObject({ motif: Id, lieu: Id, du: Jour, au: Jour }),
  returns: z.object({ elements: z.array(Creneau) }),
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
    'Prend rendez-vous: confirme une réservation, ou prend directement un créneau (`motif`, `lieu`, `debut`). Un agent ou un prescripteur dit pour qui.',
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
  params: z.strictObject({ ...Pagination, statut: StatutRendezVous.optional() }),
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
    statut: StatutRendezVous.optional(),
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

// ---- Events ----

const quand = new Intl.DateTimeFormat('fr-FR', {
  timeZone: 'Europe/Paris',
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
})

/** `mardi 5 janvier 2027 à 9 h 30`, in Paris. */
export function momentEnFrancais(instant: string): string {
  const part = Object.fromEntries(
    quand.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]),
  )
  const jour = part.day === '1' ? '1er' : part.day
  const minutes = part.minute === '00' ? '' : ` ${part.minute}`
  return `${part.weekday} ${jour} ${part.month} ${part.year} à ${Number(part.hour)} h${minutes}`
}

const surRendezVous = {
  secteur: Secteur,
  motifId: Id,
  lieuId: Id,
  debut: Instant,
  statut: StatutRendezVous,
  dossierId: Id.nullable(),
}

export const CreneauReserve = event({
  aggregate: 'rendez-vous',
  name: 'reserve',
  version: 1,
  summary: 'Un usager retient un créneau pour 5 minutes.',
  data: z.object({ ...surRendezVous, reserveJusqua: Instant }),
  prive: { statut: 'reserve' },
})

export const ReservationTerminee = event({
  aggregate: 'rendez-vous',
  name: 'reservation-terminee',
  version: 1,
  summary: 'Une réservation n’a pas été confirmée: le créneau est rendu.',
  data: z.object(surRendezVous),
  prive: { statut: 'expire' },
})

export const RendezVousPris = event({
  aggregate: 'rendez-vous',
  name: 'pris',
  version: 1,
  summary: 'Un rendez-vous est pris.',
  data: z.object(surRendezVous),
  suivi: (d) => `Vous avez rendez-vous ${momentEnFrancais(d.debut)}.`,
})

export const RendezVousDeplace = event({
  aggregate: 'rendez-vous',
  name: 'deplace',
  version: 1,
  summary: 'Un rendez-vous est déplacé; `ancienDebut` et `ancienLieuId` disent le créneau rendu.',
  data: z.object({ ...surRendezVous, ancienDebut: Instant, ancienLieuId: Id }),
  suivi: (d) =>
    `Votre rendez-vous du ${momentEnFrancais(d.ancienDebut)} est déplacé: vous êtes attendu ${momentEnFrancais(d.debut)}.`,
})

/** Why a rendez-vous does not take place: who gave it up, or that the dossier it served is decided. */
export const RaisonAnnulation = z.enum(['usager', 'agent', 'dossier_termine'])
export type RaisonAnnulation = z.infer<typeof RaisonAnnulation>

const phraseAnnulation: Record<RaisonAnnulation, string> = {
  usager: 'Vous avez annulé votre rendez-vous du',
  agent: 'La ville a annulé votre rendez-vous du',
  dossier_termine: 'Votre dossier est terminé; vous n’avez plus besoin de votre rendez-vous du',
}

export const RendezVousAnnule = event({
  aggregate: 'rendez-vous',
  name: 'annule',
  version: 1,
  summary: 'Un rendez-vous n’aura pas lieu: le créneau est rendu.',
  data: z.object({ ...surRendezVous, raison: RaisonAnnulation }),
  suivi: (d) => `${phraseAnnulation[d.raison]} ${momentEnFrancais(d.debut)}.`,
})

const phraseConstat = {
  vu: 'Vous êtes venu à votre rendez-vous du',
  absent: 'Vous n’êtes pas venu à votre rendez-vous du',
  excuse: 'Vous aviez prévenu que vous ne viendriez pas à votre rendez-vous du',
}

export const RendezVousConstate = event({
  aggregate: 'rendez-vous',
  name: 'constate',
  version: 1,
  summary: 'Un agent a dit si la personne est venue. `vu` fait l’étape du dossier.',
  data: z.object({ ...surRendezVous, statut: StatutRendezVous.extract(['vu', 'absent', 'excuse']) }),
  suivi: (d) => `${phraseConstat[d.statut]} ${momentEnFrancais(d.debut)}.`,
})

export const RendezVousRappele = event({
  aggregate: 'rendez-vous',
  name: 'rappele',
  version: 1,
  summary: 'Un rendez-vous est dans 48 heures.',
  data: z.object(surRendezVous),
  suivi: (d) => `Votre rendez-vous approche: vous êtes attendu ${momentEnFrancais(d.debut)}.`,
})

export const ListeAttenteChangee = event({
  aggregate: 'rendez-vous',
  name: 'liste-attente-changee',
  version: 1,
  summary: 'L’usager attend un créneau plus tôt, ou ne l’attend plus.',
  data: z.object({ ...surRendezVous, attendPlusTot: z.boolean() }),
  suivi: (d) =>
    d.attendPlusTot
      ? 'Vous serez prévenu si un créneau plus tôt se libère.'
      : 'Vous n’attendez plus de créneau plus tôt.',
})

export const CreneauPlusTotPropose = event({
  aggregate: 'rendez-vous',
  name: 'plus-tot-propose',
  version: 1,
  summary:
    'Un créneau au moins 2 jours plus tôt s’est libéré; il est au premier qui déplace son rendez-vous.',
  data: z.object({ ...surRendezVous, propose: Instant, lieuPropose: Id }),
  suivi: (d) =>
    `Vous pouvez venir plus tôt, ${momentEnFrancais(d.propose)}: déplacez votre rendez-vous si cela vous convient.`,
})

export const UsagerInvite = event({
  aggregate: 'agenda',
  name: 'usager-invite',
  version: 1,
  summary: 'Un agent invite l’usager d’un dossier à prendre rendez-vous.',
  data: z.object({ secteur: Secteur, motifId: Id, dossierId: Id }),
  suivi: () => 'Vous êtes invité à prendre rendez-vous au sujet de votre dossier.',
})

/** Motifs, places, openings, absences and calendars: the offer of a sector, changed by its agents. */
const surOffre = { secteur: Secteur, objet: z.enum(['motif', 'lieu', 'plage', 'absence', 'calendrier']) }

export const OffreCreee = event({
  aggregate: 'agenda',
  name: 'offre-creee',
  version: 1,
  summary: 'Un motif, un lieu, une plage, une absence ou un calendrier est créé.',
  data: z.object(surOffre),
})

export const OffreModifiee = event({
  aggregate: 'agenda',
  name: 'offre-modifiee',
  version: 1,
  summary: 'Un motif ou un lieu est changé.',
  data: z.object(surOffre),
})

export const OffreRetiree = event({
  aggregate: 'agenda',
  name: 'offre-retiree',
  version: 1,
  summary: 'Une plage, une absence ou un calendrier est retiré.',
  data: z.object(surOffre),
})
