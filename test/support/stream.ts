import type { IncomingMessage } from 'node:http'
import { ElementSuivi } from '../../contracts/identity.ts'
import type { Api } from './api.ts'
import { checkStrictly } from './conformity.ts'
import { eventually } from './eventually.ts'
import { openRequest } from './raw-http.ts'

/** A live timeline as its reader has it. */
export interface Stream {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** What has come so far. */
  readonly events: { id: number; data: ElementSuivi }[]
  /** Resolves when the hub has ended the stream. */
  readonly ended: Promise<void>
  /** Leaves. */
  close(): void
}

const open = new Set<Stream>()

/** Opens the live timeline; every event is checked against its contract. A refusal is a stream that has ended. */
export async function openStream(api: Api, lastEventId?: string | number): Promise<Stream> {
  const more: Record<string, string> =
    lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }
  const outgoing = openRequest('GET', '/v1/moi/suivi/flux', await api.headers('GET', { headers: more }))
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject).end()
  })
  const events: Stream['events'] = []
  let text = ''
  response
    .setEncoding('utf8')
    .on('error', () => {})
    .on('data', (chunk: string) => {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) if (block.startsWith('id:')) events.push(parse(block))
    })
  outgoing.on('error', () => {})
  const stream: Stream = {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    ended: new Promise((resolve) => response.once('close', resolve)),
    close: () => outgoing.destroy(),
  }
  open.add(stream)
  return stream
}

function parse(block: string): Stream['events'][number] {
  const [, id, data] = /^id: (\d+)\nevent: suivi\ndata: (.*)$/.exec(block) ?? []
  const wrong = (what: string): never => {
    throw new Error(`an event of the stream is wrong: ${what}\n${block}`)
  }
  const element = checkStrictly(ElementSuivi, JSON.parse(data ?? 'null'), wrong)
  return element.rang === Number(id) ? { id: element.rang, data: element } : wrong('its id is not its rang')
}

/** Waits until that many events have come, and no other. */
export async function received(stream: Stream, count: number): Promise<ElementSuivi[]> {
  return await eventually(() => {
    if (stream.events.length !== count) throw new Error(`${stream.events.length} events instead of ${count}`)
    return stream.events.map((event) => event.data)
  })
}

afterEach(() => {
  for (const stream of open) stream.close()
  open.clear()
})
