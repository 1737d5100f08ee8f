import { z } from 'zod'
import { events } from '../contracts/catalog.ts'
import type { EventContract } from '../contracts/define.ts'
import { Envelope } from '../contracts/envelope.ts'
import type { Schema } from './pages/reference/document.ts'
import { override } from './openapi-schemas.ts'

/** What the reference page reads of the document. */
export interface AsyncApi {
  readonly asyncapi: string
  readonly [part: string]: unknown
  readonly components: { readonly messages: Readonly<Record<string, EventMessage>> }
}

export interface EventMessage {
  /** The CloudEvents `type`. */
  readonly name: string
  readonly contentType: string
  readonly title: string
  readonly summary: string
  /** The role that a staff system needs to read it. */
  readonly 'x-role': string
  /** The citizen reads it in the timeline. */
  readonly 'x-suivi': boolean
  readonly payload: { readonly properties?: { readonly data?: Schema } }
}

/**
 * The AsyncAPI 3.0 document of what the hub tells: every event with its data, made from the contracts alone. Each
 * message is the whole CloudEvents envelope, so a reader can generate types from it.
 * @param publicUrl origin under which staff systems reach the event feed
 */
export function asyncApiDocument(publicUrl: string): AsyncApi {
  const { host, protocol } = new URL(publicUrl)
  const messages = Object.fromEntries([...events.values()].map((event) => [event.type, message(event)]))
  const references = Object.fromEntries(
    Object.keys(messages).map((type) => [type, { $ref: `#/components/messages/${type}` }]),
  )
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Événements du guichet de Malakoff',
      version: '1',
      description:
        'Ce qui s’est passé, dans l’ordre et sans perte, pour les systèmes municipaux. Aucune donnée personnelle: relisez l’objet par l’API.',
      license: { name: 'EUPL-1.2' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: { guichet: { host, protocol: protocol.replace(':', '') } },
    channels: {
      evenements: {
        address: '/v1/evenements',
        description:
          'Lu page par page (`GET`, `apres`). Un système ne reçoit que les types que ses rôles ouvrent.',
        servers: [{ $ref: '#/servers/guichet' }],
        messages: references,
      },
    },
    operations: { raconter: { action: 'send', channel: { $ref: '#/channels/evenements' } } },
    components: { messages },
  }
}

function message({ type, summary, aggregate, data, suivi }: EventContract): EventMessage {
  const schema = Envelope.extend({
    type: z.literal(type),
    subject: Envelope.shape.subject.regex(new RegExp(`^${aggregate}/`)),
    data,
  })
  return {
    name: type,
    title: type,
    summary,
    contentType: 'application/cloudevents+json',
    'x-role': `evenements:${aggregate}`,
    'x-suivi': suivi !== undefined,
    // What a reader must bear: an event may gain fields.
    payload: z.toJSONSchema(schema, {
      io: 'input',
      target: 'draft-7',
      override: (context) => override({ ...context, io: 'output' }),
    }) as EventMessage['payload'],
  }
}
