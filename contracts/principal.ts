import { z } from 'zod'

/**
 * The sectors of the city: each knows a citizen under an identifier of its own, so that two sectors cannot
 * compare what they hold about a person (design, rule 5; GDPR article 5.1.b and c).
 */
export const Secteur = z.enum(['etat-civil', 'education', 'espace-public', 'solidarites', 'vie-municipale'])
export type Secteur = z.infer<typeof Secteur>

export const UsagerIds = z.record(Secteur, z.uuid())
export type UsagerIds = z.infer<typeof UsagerIds>

/**
 * Who is calling, as the gateway found it in a verified token. It never holds the account, the issuer's
 * subject, a name or an address.
 * - `personne`: `usagers` are the person's identifiers, one per sector; `acteurId` is what they do as an officer or administrator is
 *   journalled under; `agentDe` the sectors they serve as an officer
 * - `systeme`: a staff system and the scopes of its client
 */
export const Principal = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anonyme') }),
  z.object({
    kind: z.literal('personne'),
    client: z.string(),
    acteurId: z.uuid(),
    usagers: UsagerIds,
    agentDe: z.array(Secteur),
    administrateur: z.boolean(),
    aidant: z.boolean(),
  }),
  z.object({
    kind: z.literal('systeme'),
    client: z.string(),
    acteurId: z.uuid(),
    scopes: z.array(z.string()),
  }),
])
export type Principal = z.infer<typeof Principal>
export type Personne = Extract<Principal, { kind: 'personne' }>

/** Who caused an event: the usager and agent ids are sector ids or journal ids, never accounts. */
export const Actor = z.object({
  kind: z.enum(['usager', 'agent', 'administrateur', 'systeme', 'horloge']),
  id: z.string().nullable().describe('null pour l’horloge légale'),
})
export type Actor = z.infer<typeof Actor>
