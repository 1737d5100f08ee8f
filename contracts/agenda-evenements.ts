import { z } from 'zod'
import { event, Id, Instant } from './define.ts'
import { Secteur } from './principal.ts'
import { StatutRendezVous } from './rendez-vous.ts'

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
