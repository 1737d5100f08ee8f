import { z } from 'zod'
import { event, Id, Jour } from './define.ts'
import { Secteur } from './principal.ts'
import { Etape, EtatSignalement, RaisonCloture } from './signalement.ts'

/**
 * What happens to a report. Without its place and without a word of its reporter: readers fetch what they may see.
 * `abonnement` is one person's following of one report; its events are for that person.
 */
const surSignalement = {
  reference: z.string(),
  categorie: z.string(),
  secteur: Secteur,
  service: z.string(),
  etat: EtatSignalement,
}

export const SignalementRecu = event({
  aggregate: 'signalement',
  name: 'recu',
  version: 1,
  summary: 'Un signalement fait sans compte attend que son auteur suive le lien qui lui est envoyé.',
  data: z.object(surSignalement),
  prive: { etat: 'a_confirmer' },
})

export const SignalementAbandonne = event({
  aggregate: 'signalement',
  name: 'abandonne',
  version: 1,
  summary: 'Personne n’a suivi le lien: le signalement est effacé.',
  data: z.object({ reference: z.string(), etat: EtatSignalement }),
  prive: { etat: 'a_confirmer' },
})

export const SignalementCree = event({
  aggregate: 'signalement',
  name: 'cree',
  version: 1,
  summary: 'Un problème est signalé dans l’espace public.',
  data: z.object({ ...surSignalement, echeanceLe: Jour, photos: z.array(Id) }),
  suivi: (d) => `Votre signalement ${d.reference} est enregistré.`,
})

export const SignalementPhotosAjoutees = event({
  aggregate: 'signalement',
  name: 'photos-ajoutees',
  version: 1,
  summary: 'L’auteur a ajouté des photos, ou signalé de nouveau; `photos` les compte toutes.',
  data: z.object({ ...surSignalement, photos: z.array(Id) }),
})

const phraseEtape: Record<Etape, string> = {
  pris_en_charge: 'est pris en charge',
  planifie: 'est planifié',
  en_cours: 'est en cours de traitement',
  resolu: 'est résolu',
  clos_sans_suite: 'est clos sans suite',
}

export const SignalementAvance = event({
  aggregate: 'signalement',
  name: 'avance',
  version: 1,
  summary:
    'Un agent a mené le signalement à une étape: pris en charge, planifié, en cours, résolu, clos sans suite.',
  data: z.object({
    ...surSignalement,
    etape: Etape,
    prevuLe: Jour.nullable(),
    raison: RaisonCloture.nullable(),
    doublonDe: z.string().nullable().describe('Référence du signalement qui reste'),
  }),
  suivi: (d) => `Votre signalement ${d.reference} ${phraseEtape[d.etape]}.`,
})

export const SignalementQuestionPosee = event({
  aggregate: 'signalement',
  name: 'question-posee',
  version: 1,
  summary: 'Un agent demande une précision à l’auteur.',
  data: z.object({ ...surSignalement, questionId: Id }),
  suivi: (d) => `Un agent vous pose une question au sujet du signalement ${d.reference}.`,
})

export const SignalementReponseRecue = event({
  aggregate: 'signalement',
  name: 'reponse-recue',
  version: 1,
  summary: 'L’auteur a répondu à la question d’un agent.',
  data: z.object({ ...surSignalement, questionId: Id }),
  suivi: (d) => `Vous avez répondu au sujet du signalement ${d.reference}.`,
})

export const SignalementRouvert = event({
  aggregate: 'signalement',
  name: 'rouvert',
  version: 1,
  summary: 'L’auteur a demandé la réouverture d’un signalement clos; un nouveau délai court.',
  data: z.object({ ...surSignalement, echeanceLe: Jour }),
  suivi: (d) => `Votre signalement ${d.reference} est rouvert.`,
})

export const SignalementPublie = event({
  aggregate: 'signalement',
  name: 'publie',
  version: 1,
  summary: 'Un agent a choisi le texte et les photos du signalement que tout le monde peut voir.',
  data: z.object({ ...surSignalement, photos: z.array(Id), avecTexte: z.boolean() }),
})

export const SignalementEcheanceDepassee = event({
  aggregate: 'signalement',
  name: 'echeance-depassee',
  version: 1,
  summary: 'Le délai visé est passé et le signalement n’est pas clos.',
  data: z.object({ ...surSignalement, echeanceLe: Jour }),
})

const surAbonnement = { signalementId: Id, reference: z.string() }

export const AbonnementPris = event({
  aggregate: 'abonnement',
  name: 'pris',
  version: 1,
  summary:
    'Une personne suit un signalement, parce qu’elle le veut ou parce qu’elle a signalé le même problème.',
  data: z.object({
    ...surAbonnement,
    origine: z.enum(['choix', 'doublon']),
    photos: z.array(Id).describe('Photos qu’elle y joint'),
  }),
  suivi: (d) =>
    d.origine === 'choix'
      ? `Vous suivez le signalement ${d.reference}.`
      : `Vous avez signalé un problème déjà connu: vous suivez le signalement ${d.reference}.`,
})

export const AbonnementPhotosAjoutees = event({
  aggregate: 'abonnement',
  name: 'photos-ajoutees',
  version: 1,
  summary: 'Une personne qui a signalé le même problème y ajoute des photos; `photos` compte les siennes.',
  data: z.object({ ...surAbonnement, photos: z.array(Id) }),
})

export const AbonnementAverti = event({
  aggregate: 'abonnement',
  name: 'averti',
  version: 1,
  summary: 'Une étape du signalement suivi est annoncée à la personne.',
  data: z.object({ ...surAbonnement, etape: Etape.or(z.literal('rouvert')) }),
  suivi: (d) =>
    `Vous suivez le signalement ${d.reference}: il ${d.etape === 'rouvert' ? 'est rouvert' : phraseEtape[d.etape]}.`,
})

export const AbonnementRendu = event({
  aggregate: 'abonnement',
  name: 'rendu',
  version: 1,
  summary: 'La personne ne suit plus ce signalement.',
  data: z.object(surAbonnement),
  suivi: (d) => `Vous ne suivez plus le signalement ${d.reference}.`,
})
