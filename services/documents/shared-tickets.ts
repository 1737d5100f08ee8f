import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { Refusal } from '../../contracts/errors.ts'
import { RedisAway, type Redis } from '../../infra/redis.ts'
import { type Issued, lifetimeMs, type OneUse, type Tickets } from './tickets.ts'

/**
 * One-use tickets that every process of the service honours, in Redis: whoever takes one first has it. They lie there
 * under a name and with a content that only the ticket itself opens, so who reads Redis can neither use them nor see
 * what they stand for. While Redis is away a process issues its own, which it honours itself.
 */
export class SharedTickets<T> implements OneUse<T> {
  readonly #redis: Redis
  readonly #room: string
  readonly #own: Tickets<T>

  /** @param room what for: a ticket of one room opens no other */
  constructor(redis: Redis, room: string, own: Tickets<T>) {
    this.#redis = redis
    this.#room = room
    this.#own = own
  }

  async issue(value: T): Promise<Issued> {
    const { ticket, expires } = this.#own.draw()
    const content = seal(ticket, value)
    try {
      await this.#redis.ask('billet', (client, life) =>
        client.set(this.#nameOf(ticket, life), content, 'PX', lifetimeMs),
      )
      return { ticket, expires }
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error
      // Nobody knows whether the first one lies there: it is forgotten, and this is another.
      return this.#own.issue(value)
    }
  }

  /**
   * @throws Refusal `service-indisponible` for a ticket that is not known: Redis may have been emptied since, and who
   * comes again brings another one
   * @throws RedisAway when nobody can tell whether it has been used: then it is not honoured
   */
  async take(ticket: string): Promise<T> {
    const own = this.#own.take(ticket)
    if (own !== undefined) return own
    const content = await this.#redis.ask('billet', (client, life) =>
      client.getdelBuffer(this.#nameOf(ticket, life)),
    )
    if (content === null) throw new Refusal('service-indisponible')
    return open(ticket, content) as T
  }

  /** A server that was started again from an old copy remembers tickets that were used: they were of another life. */
  #nameOf(ticket: string, life: string): string {
    return `guichet:billet:${this.#room}:${life}:${secretOf(ticket, 'nom').toString('base64url')}`
  }
}

/** Two secrets that tell nothing of the ticket, nor of one another. */
function secretOf(ticket: string, use: 'nom' | 'contenu'): Buffer {
  return createHmac('sha256', ticket).update(use).digest()
}

const algorithm = 'aes-256-gcm'
/** Each key seals one content, once: the nonce may be the same. */
const nonce = Buffer.alloc(12)
const tagBytes = 16

function seal(ticket: string, value: unknown): Buffer {
  const cipher = createCipheriv(algorithm, secretOf(ticket, 'contenu'), nonce)
  return Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()])
}

/** @throws Error when it is not what was sealed with this ticket */
function open(ticket: string, content: Buffer): unknown {
  const decipher = createDecipheriv(algorithm, secretOf(ticket, 'contenu'), nonce)
  decipher.setAuthTag(content.subarray(-tagBytes))
  const text = Buffer.concat([decipher.update(content.subarray(0, -tagBytes)), decipher.final()])
  return JSON.parse(text.toString())
}
