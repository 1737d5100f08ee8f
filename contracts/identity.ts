import { z } from 'zod'
import { command, event, Id, Instant, page, Pagination, personal, query } from './define.ts'
import { UsagerIds } from './principal.ts'

export const Langue = z.enum(['fr', 'en', 'pt', 'ar'])

export const Moi = z.object({
  prenom: personal(z.string()).nullable(),
  nom: personal(z.string()).nullable(),
  courriel: personal(z.string()).nullable(),
  telephone: personal(z.string()).nullable(),
  langue: Langue,
  roles: z.array(z.string()).describe('usager, agent:<secteur>, aidant, administrateur'),
  version: z.number().int().min(1),
})

export const ElementSuivi = z.object({
  rang: z.number().int().describe('Ordre de tous les événements du guichet; Last-Event-ID du flux'),
  type: z.string(),
  objet: z.string().describe('<dossier|document>/<id>'),
  le: Instant,
  texte: z.string().describe('Phrase à afficher'),
  donnees: z.record(z.string(), z.unknown()),
})
export type ElementSuivi = z.infer<typeof ElementSuivi>

/** Between the gateway and identity: which person is this? Made on first sight, the same ever after. */
export const ResoudreCompte = command({
  name: 'identity.resoudreCompte',
  summary: 'Rend les identifiants sectoriels du compte de cet émetteur et de ce sujet.',
  access: ['public'],
  params: z.strictObject({
    emetteur: z.string().max(500),
    sujet: personal(z.string().max(255)),
    prenom: personal(z.string().max(200)).optional(),
    nom: personal(z.string().max(200)).optional(),
    courriel: personal(z.string().max(320)).optional(),
  }),
  returns: z.object({ acteurId: Id, usagers: UsagerIds }),
})

export const LireMoi = query({
  name: 'identity.lireMoi',
  summary: 'Mon compte.',
  access: ['compte'],
  params: z.strictObject({}),
  returns: Moi,
})

export const ModifierMoi = command({
  name: 'identity.modifierMoi',
  summary: 'Change mes coordonnées.',
  access: ['compte'],
  params: z.strictObject({
    siVersion: z.number().int().min(1).optional(),
    prenom: personal(z.string().trim().min(1).max(100)).nullable().optional(),
    nom: personal(z.string().trim().min(1).max(100)).nullable().optional(),
    courriel: personal(z.email().max(254)).nullable().optional(),
    telephone: personal(z.string().regex(/^\+?[0-9 .]{6,20}$/))
      .nullable()
      .optional()
      .meta({ examples: ['01 46 55 00 00'] }),
    langue: Langue.optional(),
  }),
  returns: Moi,
  errors: ['modifie-entre-temps'],
})

export const LireSuivi = query({
  name: 'identity.lireSuivi',
  summary: 'Tout ce qui m’arrive, dans un seul fil, du plus récent au plus ancien.',
  access: ['compte'],
  params: z.strictObject({ ...Pagination }),
  returns: page(ElementSuivi),
})

export const CompteCree = event({
  aggregate: 'compte',
  name: 'cree',
  version: 1,
  summary: 'Une personne est venue pour la première fois.',
  data: z.object({}),
})

export const CompteModifie = event({
  aggregate: 'compte',
  name: 'modifie',
  version: 1,
  summary: 'La personne a changé son profil: les noms des champs, jamais leur contenu.',
  data: z.object({ champs: z.array(z.enum(['prenom', 'nom', 'courriel', 'telephone', 'langue'])) }),
})

/** Answered by the gateway itself, from the end of the event log. */
export const SuivreSuivi = query({
  name: 'gateway.suivreSuivi',
  summary:
    'Mon fil en direct (server-sent events). Reprend après Last-Event-ID; se ferme quand le jeton expire: rouvrez avec un jeton neuf.',
  access: ['compte'],
  params: z.strictObject({}),
  returns: ElementSuivi,
})
