import { z } from 'zod'
import { Actor } from './principal.ts'

/**
 * CloudEvents 1.0, structured JSON. Extensions (lower case, as the specification wants): `sequence` counts
 * the events of one aggregate from 1 without gaps; `rang` counts all events of the hub without gaps and is
 * what every cursor holds; `usager` is the sector identifier of the citizen concerned.
 */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string().describe('/<service>'),
  type: z.string(),
  subject: z.string().describe('<aggregate>/<id>'),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  sequence: z.number().int().min(1),
  rang: z.number().int().min(1),
  traceparent: z.string().optional(),
  actor: Actor,
  onbehalfof: z.uuid().optional().describe('Usager pour qui l’acteur agit (mandat)'),
  usager: z.uuid().nullable(),
  data: z.record(z.string(), z.unknown()),
})
export type Envelope = z.infer<typeof Envelope>
