import { z } from 'zod'
import { events } from '../contracts/catalog.ts'
import type { EventContract } from '../contracts/define.ts'
import { Envelope } from '../contracts/envelope.ts'
import type { Schema } from './pages/reference/document.ts'
import { staffDomain } from '../infra/nats/permissions.ts'
import { ackWaitMs, keptDays, streamName } from '../infra/stream.ts'
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
 * @param natsUrl that of the hub, when staff systems can read from NATS, too; it is not told
 */
export function asyncApiDocument(publicUrl: string, natsUrl?: string): AsyncApi {
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
    servers: {
      guichet: { host, protocol: protocol.replace(':', '') },
      ...(natsUrl && { nats: natsServer(natsUrl) }),
    },
    channels: {
      evenements: {
        address: '/v1/evenements',
        description:
          'Lu page par page (`GET`, `apres`). Un système ne reçoit que les types que ses rôles ouvrent.',
        servers: [{ $ref: '#/servers/guichet' }],
        messages: references,
      },
      ...(natsUrl && { evenementsNats: { ...natsChannel(), messages: references } }),
    },
    operations: {
      raconter: { action: 'send', channel: { $ref: '#/channels/evenements' } },
      ...(natsUrl && { raconterParNats: { action: 'send', channel: { $ref: '#/channels/evenementsNats' } } }),
    },
    components: { messages },
  }
}

/** Where it is, the city says with user and password: who reads this document need not know the house's addresses. */
function natsServer(natsUrl: string): object {
  return {
    host: '{serveurs}',
    protocol: natsUrl.startsWith('tls') ? 'tls' : 'nats',
    description:
      'NATS JetStream. La ville donne à chaque système les adresses, un utilisateur et un mot de passe.',
    variables: { serveurs: { description: 'Nom et port', examples: ['nats.exemple.fr:4222'] } },
  }
}

/** What a staff system needs to know to pull its messages, beside its user and password. */
function natsChannel(): object {
  const aggregates = [...new Set([...events.values()].map(({ aggregate }) => aggregate))]
  return {
    address: 'guichet.evt.{objet}.{participe}.{version}.{id}',
    description:
      'Lu par un consommateur durable que le guichet tient pour chaque système: il porte le nom de son utilisateur et ne rend que les objets que la ville lui ouvre, dans l’ordre, un message à la fois. Acquitter un message appelle le suivant; sans acquit, il revient.',
    servers: [{ $ref: '#/servers/nats' }],
    parameters: {
      objet: { enum: aggregates, description: 'Sur quoi porte l’événement' },
      participe: { description: 'Ce qui s’est passé', examples: ['depose'] },
      version: { description: 'Version du type', examples: ['v1'] },
      id: { description: 'Identifiant de l’objet' },
    },
    'x-jetstream': {
      stream: streamName,
      domain: staffDomain,
      durable: '<utilisateur>',
      inboxPrefix: '_INBOX.<utilisateur>',
      ack: 'explicit',
      ackWaitSeconds: ackWaitMs / 1000,
      maxAckPending: 1,
      keptDays,
    },
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
