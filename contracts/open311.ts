import { z } from 'zod'
import { command, Id, Instant, personal, query } from './define.ts'

/**
 * Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2), in its own words: another way to the same reports. Fields that
 * it has and the city has no use for are taken and forgotten.
 */
const Commun = {
  format: z.enum(['json', 'xml']),
  jurisdiction_id: z.string().max(100).optional().describe('Facultatif: il n’y en a qu’une'),
}

/** What this city is called among others. */
export const juridiction = 'malakoff.fr'

const Date = z.string().describe('RFC 3339 avec fuseau')

export const DecouvrirOpen311 = query({
  name: 'signalements.decouvrirOpen311',
  summary: 'Open311: où est ce point d’accès, et dans quels formats.',
  access: ['public'],
  params: z.strictObject({ format: Commun.format }),
  returns: z.object({
    changeset: Date,
    contact: z.string(),
    key_service: z.string(),
    endpoints: z.array(
      z.object({
        specification: z.string(),
        url: z.string(),
        changeset: Date,
        type: z.string(),
        formats: z.array(z.string()),
      }),
    ),
  }),
})

export const ListerServicesOpen311 = query({
  name: 'signalements.listerServicesOpen311',
  summary: 'Open311: les catégories.',
  access: ['public'],
  params: z.strictObject(Commun),
  returns: z.array(
    z.object({
      service_code: z.string(),
      service_name: z.string(),
      description: z.string(),
      metadata: z.boolean().describe('A-t-elle des questions?'),
      type: z.literal('realtime'),
      keywords: z.string(),
      group: z.string(),
    }),
  ),
  errors: ['introuvable'],
})

export const LireServiceOpen311 = query({
  name: 'signalements.lireServiceOpen311',
  summary: 'Open311: les questions d’une catégorie.',
  access: ['public'],
  params: z.strictObject({ id: z.string().max(64).describe('service_code'), ...Commun }),
  returns: z.object({
    service_code: z.string(),
    attributes: z.array(
      z.object({
        variable: z.boolean(),
        code: z.string(),
        datatype: z.enum(['string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist']),
        required: z.boolean(),
        datatype_description: z.string(),
        order: z.number().int(),
        description: z.string(),
        values: z.array(z.object({ key: z.string(), name: z.string() })).optional(),
      }),
    ),
  }),
  errors: ['introuvable'],
})

export const DeposerRequeteOpen311 = command({
  name: 'signalements.deposerRequeteOpen311',
  summary:
    'Open311: signale, avec la clé d’un système; un problème déjà signalé rend son premier signalement.',
  access: ['public'],
  params: z.strictObject({
    ...Commun,
    api_key: personal(z.string().max(200)).optional(),
    service_code: z.string().max(64),
    lat: z.coerce.number().min(-90).max(90).optional(),
    long: z.coerce.number().min(-180).max(180).optional(),
    address_string: personal(z.string().trim().min(3).max(200)).optional(),
    address_id: z
      .string()
      .regex(/^\d[\dAB]\d{3}_[a-z\d_]{1,40}$/)
      .optional()
      .describe('Identifiant de la Base adresse nationale')
      .meta({ examples: ['92046_3760_00012'] }),
    attribute: personal(z.record(z.string().max(64), z.unknown()))
      .default({})
      .describe('En formulaire: attribute[code]=valeur, ou attribute[code][]=clé pour plusieurs'),
    email: personal(z.email().max(254)).optional(),
    first_name: personal(z.string().trim().min(1).max(100)).optional(),
    last_name: personal(z.string().trim().min(1).max(100)).optional(),
    phone: personal(z.string().max(40)).optional(),
    description: personal(z.string().trim().min(1).max(4000)).optional(),
    media_url: personal(z.url({ protocol: /^https?$/ }).max(1000))
      .optional()
      .describe('Pour les agents: rien n’est lu à cette adresse, et rien n’en est publié'),
    device_id: z.string().max(200).optional().describe('N’est pas conservé'),
    account_id: z.string().max(200).optional().describe('N’est pas conservé'),
  }),
  returns: z.array(
    z.object({ service_request_id: z.string(), service_notice: z.string(), account_id: z.null() }),
  ),
  errors: ['acces-refuse', 'introuvable', 'donnees-invalides', 'hors-commune'],
})

export const LireJetonOpen311 = query({
  name: 'signalements.lireJetonOpen311',
  summary: 'Open311: la référence derrière un jeton, l’identifiant interne d’un signalement.',
  access: ['public'],
  params: z.strictObject({ id: z.string().max(64).describe('token'), ...Commun }),
  returns: z.array(z.object({ service_request_id: z.string(), token: Id })),
  errors: ['introuvable'],
})

const Requete = z.object({
  service_request_id: z.string(),
  status: z.enum(['open', 'closed']),
  status_notes: z.string().nullable(),
  service_name: z.string(),
  service_code: z.string(),
  description: z.string().nullable().describe('Ce qu’un agent a rendu public'),
  agency_responsible: z.string(),
  service_notice: z.string().nullable(),
  requested_datetime: Date,
  updated_datetime: Date,
  expected_datetime: Date.nullable(),
  address: z.null(),
  address_id: z.null(),
  zipcode: z.string().nullable(),
  lat: z.number().nullable(),
  long: z.number().nullable(),
  media_url: z.string().nullable(),
})

export const ListerRequetesOpen311 = query({
  name: 'signalements.listerRequetesOpen311',
  summary:
    'Open311: les signalements, du plus récent au plus ancien; par défaut, ceux des 90 derniers jours.',
  access: ['public'],
  params: z.strictObject({
    ...Commun,
    service_request_id: z
      .string()
      .max(2000)
      .optional()
      .describe('Liste séparée par des virgules; remplace les autres critères'),
    service_code: z.string().max(2000).optional().describe('Liste séparée par des virgules'),
    start_date: Instant.optional(),
    end_date: Instant.optional().describe('90 jours au plus après start_date'),
    status: z
      .string()
      .regex(/^(?:open|closed)(?:,(?:open|closed))?$/)
      .optional()
      .describe('open, closed, ou les deux'),
    page: z.coerce.number().int().min(1).max(1000).default(1),
    page_size: z.coerce.number().int().min(1).max(1000).default(1000),
  }),
  returns: z.array(Requete),
  errors: ['introuvable', 'donnees-invalides'],
})

export const LireRequeteOpen311 = query({
  name: 'signalements.lireRequeteOpen311',
  summary: 'Open311: un signalement.',
  access: ['public'],
  params: z.strictObject({ id: z.string().max(64).describe('service_request_id'), ...Commun }),
  returns: z.array(Requete),
  errors: ['introuvable'],
})

// ---- Keys of the systems that may report ----

export const CleOpen311 = z.object({
  id: Id,
  client: z.string().describe('Le système municipal à qui elle appartient'),
  cle: personal(z.string())
    .describe('Montrée une seule fois: la ville n’en garde que l’empreinte. null ensuite')
    .nullable(),
  creeLe: Instant,
})
export type CleOpen311 = z.infer<typeof CleOpen311>

export const EmettreCleOpen311 = command({
  name: 'signalements.emettreCleOpen311',
  summary: 'Donne à un système une clé pour signaler par Open311. L’acte est journalisé.',
  access: ['administrateur'],
  params: z.strictObject({
    client: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .meta({ examples: ['systeme-voirie'] }),
  }),
  returns: CleOpen311,
})

export const ListerClesOpen311 = query({
  name: 'signalements.listerClesOpen311',
  summary: 'Les clés Open311 en service.',
  access: ['administrateur'],
  params: z.strictObject({}),
  returns: z.object({ elements: z.array(CleOpen311) }),
})

export const RevoquerCleOpen311 = command({
  name: 'signalements.revoquerCleOpen311',
  summary: 'Retire une clé Open311: elle n’ouvre plus rien. L’acte est journalisé.',
  access: ['administrateur'],
  params: z.strictObject({ id: Id }),
  returns: z.null(),
  errors: ['introuvable'],
})
