import { z } from 'zod'
import { command, Id, Instant, page, Pagination, query } from './define.ts'
import { Envelope } from './envelope.ts'

/** The doors of the hub itself: its events for staff systems, its dead letters for administrators. */
export const ListerEvenements = query({
  name: 'hub.listerEvenements',
  summary:
    'Les événements du guichet après un rang, dans l’ordre; seuls les types permis au client sont rendus.',
  access: ['systeme:evenements'],
  params: z.strictObject({
    apres: z.coerce.number().int().min(0).default(0).describe('Dernier rang déjà lu'),
    types: z.string().max(1000).optional().describe('Types voulus, séparés par des virgules'),
    limite: z.coerce.number().int().min(1).max(500).default(100),
  }),
  returns: z.object({ elements: z.array(Envelope), apres: z.number().int().describe('À redonner tel quel') }),
  errors: ['acces-refuse', 'curseur-invalide'],
})

export const TraceId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .describe('Identifiant de trace (en-tête X-Trace-Id, champ traceId)')

export const LettreMorte = z.object({
  id: Id,
  consommateur: z.string().describe('La réaction ou la minuterie arrêtée'),
  objet: z.string().describe('<aggregate>/<id>'),
  rang: z.number().int().nullable().describe('Événement qui échoue'),
  type: z.string().nullable(),
  tentatives: z.number().int(),
  erreur: z.string().nullable().describe('Nom de l’erreur; jamais son contenu'),
  depuis: Instant,
  traceId: TraceId.nullable().describe(
    'Trace de la requête qui l’a causée, ou du dernier essai de la minuterie',
  ),
})

export const ListerLettresMortes = query({
  name: 'hub.listerLettresMortes',
  summary: 'Les événements dont une réaction échoue et attend qu’on la relance.',
  access: ['administrateur'],
  params: z.strictObject({ ...Pagination }),
  returns: page(LettreMorte),
})

export const RelancerLettreMorte = command({
  name: 'hub.relancerLettreMorte',
  summary: 'Relance une réaction arrêtée, après réparation. L’acte est journalisé.',
  access: ['administrateur'],
  params: z.strictObject({ id: Id }),
  returns: LettreMorte,
  errors: ['introuvable'],
})

export const LireSante = query({
  name: 'hub.lireSante',
  summary: 'Le guichet peut-il servir?',
  access: ['public'],
  params: z.strictObject({}),
  returns: z.object({
    statut: z
      .enum(['pret', 'degrade', 'indisponible'])
      .describe('`degrade`: il sert, mais une partie dont il peut se passer ne répond pas'),
    parties: z.record(z.string(), z.boolean()),
  }),
})

export const ResumeTrace = z.object({
  traceId: TraceId,
  le: Instant,
  methode: z.string(),
  route: z.string(),
  statut: z.number().int().nullable(),
  dureeMs: z.number(),
  erreur: z.string().nullable().describe('Nom de la première erreur de la trace'),
})

export const ListerTraces = query({
  name: 'hub.listerTraces',
  summary: 'Les requêtes des 7 derniers jours, la plus récente d’abord.',
  access: ['administrateur'],
  params: z.strictObject({
    ...Pagination,
    reference: z.string().max(20).optional().describe('Référence publique d’un dossier'),
    route: z.string().max(200).optional().describe('Par exemple /v1/dossiers/:id/depot'),
    erreur: z
      .enum(['true', 'false'])
      .optional()
      .describe('true: seulement les traces où quelque chose a échoué'),
    dureeMin: z.coerce.number().min(0).max(3_600_000).optional().describe('Millisecondes'),
    du: Instant.optional(),
    au: Instant.optional(),
  }),
  returns: page(ResumeTrace),
})

export const Segment = z.object({
  id: z.string(),
  parent: z.string().nullable().describe('Le segment dans lequel celui-ci a eu lieu'),
  nom: z.string(),
  genre: z.string().describe('server, client, internal, producer, consumer'),
  le: Instant,
  debutMs: z.number().describe('Depuis le début de la trace'),
  dureeMs: z.number(),
  erreur: z.string().nullable(),
  attributs: z.record(z.string(), z.unknown()),
})

export const LireTrace = query({
  name: 'hub.lireTrace',
  summary: 'Une trace entière: de la requête aux réactions qu’elle a causées.',
  access: ['administrateur'],
  params: z.strictObject({ id: TraceId }),
  returns: z.object({ traceId: TraceId, segments: z.array(Segment) }),
  errors: ['introuvable'],
})
