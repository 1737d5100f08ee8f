import { z } from 'zod'
import { command, Id, Instant, page, Pagination, query } from './define.ts'
import { Envelope } from './envelope.ts'

/** The doors of the hub itself: its events for staff systems, its dead letters for administrators. */
export const ListerEvenements = query({
  name: 'hub.listerEvenements',
  summary: 'Les événements du guichet après un rang, dans l’ordre; seuls les types permis au client sont rendus.',
  access: ['systeme:evenements'],
  params: z.strictObject({
    apres: z.coerce.number().int().min(0).default(0).describe('Dernier rang déjà lu'),
    types: z.string().max(1000).optional().describe('Types voulus, séparés par des virgules'),
    limite: z.coerce.number().int().min(1).max(500).default(100),
  }),
  returns: z.object({ elements: z.array(Envelope), apres: z.number().int().describe('À redonner tel quel') }),
  errors: ['acces-refuse'],
})

export const LettreMorte = z.object({
  id: Id,
  consommateur: z.string().describe('La réaction ou la minuterie arrêtée'),
  objet: z.string().describe('<aggregate>/<id>'),
  rang: z.number().int().nullable().describe('Événement qui échoue'),
  type: z.string().nullable(),
  tentatives: z.number().int(),
  erreur: z.string().nullable().describe('Nom de l’erreur; jamais son contenu'),
  depuis: Instant,
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
  returns: z.object({ statut: z.enum(['pret', 'indisponible']), parties: z.record(z.string(), z.boolean()) }),
})
