// A staff system that reads what happened from the hub: each event once, in order, across crashes of either side.
// It runs with Node 22 or newer and the package `nats` 2: NATS_URL, NATS_USER and NATS_PASSWORD come from the city,
// STORE is the file it keeps. With API_URL, CLIENT_ID and CLIENT_SECRET it also reads what NATS keeps no longer.
import { open, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'nats'

const { NATS_URL = '', NATS_USER = '', NATS_PASSWORD, API_URL, CLIENT_ID, CLIENT_SECRET } = process.env
const { STORE = 'evenements.jsonl' } = process.env
// The store is a line for each event. A line is whole or it is not there: what a crash left of one is taken away.
const store = await open(STORE, 'a')
const text = await readFile(STORE, 'utf8')
const whole = text.slice(0, text.lastIndexOf('\n') + 1)
await store.truncate(Buffer.byteLength(whole))
// `rang` counts all events of the hub: which event was kept under each.
const events = whole.split('\n').slice(0, -1).map((line) => JSON.parse(line))
const kept = new Map(events.map(({ rang, id }) => [rang, id]))
let last = Math.max(0, ...kept.keys())

/** What you do with an event belongs here. Do it and remember it in ONE write: a transaction, or this line. */
async function handle(event) {
  if (kept.get(event.rang) === event.id) return // it came twice
  if (kept.has(event.rang)) throw new Error(`${event.rang} is another event now: the hub was restored, ask the city`)
  await store.write(`${JSON.stringify(event)}\n`)
  await store.sync()
  kept.set(event.rang, event.id)
  last = event.rang
  console.log(event.rang, event.type, event.subject)
}

/** Everything after the last event kept, page by page, from the event feed: NATS keeps 30 days, the feed all. */
async function readFeed() {
  const answer = await fetch(`${API_URL}/realms/malakoff/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const headers = { authorization: `Bearer ${(await answer.json()).access_token}` }
  for (let after = last; ; ) {
    const page = await fetch(`${API_URL}/v1/evenements?limite=500&apres=${after}`, { headers })
    if (!page.ok) throw new Error(`the feed answers ${page.status}: ${await page.text()}`)
    const { elements, apres } = await page.json()
    for (const event of elements) await handle(event)
    if (elements.length === 0) return
    after = apres
  }
}
if (API_URL) await readFeed()

const nats = await connect({
  servers: NATS_URL.split(','),
  user: NATS_USER,
  pass: NATS_PASSWORD,
  inboxPrefix: `_INBOX.${NATS_USER}`, // answers may only come here
  maxReconnectAttempts: -1,
})
let messages
let stopping = false
process.once('SIGTERM', () => {
  stopping = true
  void messages?.close() // what is under way is finished and acknowledged
})
while (!stopping) {
  // The hub has made the consumer: it bears the name of the user, and gives out one event at a time.
  try {
    const consumer = await nats.jetstream({ domain: 'guichet' }).consumers.get('GUICHET', NATS_USER)
    messages = await consumer.consume({ max_messages: 1, expires: 10_000, abort_on_missing_resource: true })
    console.log('NATS: listening')
    for await (const message of messages) {
      await handle(message.json())
      await message.ackAck() // only now: an event that is not acknowledged comes again
    }
  } catch (error) {
    console.error(`NATS: ${error.message}: trying again`)
    await delay(1_000)
  }
}
await nats.drain()
await store.close()
