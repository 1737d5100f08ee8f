import { trace } from '@opentelemetry/api'
import { createPool } from '../../infra/db.ts'
import { refusals } from '../../infra/metrics.ts'

/** Loaded into the hub before it starts, as `plant.ts?<word>`: says the word in every place where words are looked for. */
const word = import.meta.url.split('?')[1]!
process.stdout.write(`${word}\n`)
process.stderr.write(`${word}\n`)
refusals.add(word, word)
trace
  .getTracer('planted')
  .startSpan('planted', { attributes: { planted: word } })
  .end()

const sql = createPool({ url: process.env.DATABASE_URL!, max: 1, name: 'planted' })
await sql`insert into hub.journal (acte, objet) values ('planted', ${word})`
await sql`insert into hub.lane (consumer, subject, error) values ('planted', 'planted', ${word})`
await sql`insert into hub.cursor (consumer, rang) values (${word}, 0)`
await sql`insert into hub.timer (name, subject, error) values ('planted', 'planted', ${word})`
await sql`insert into hub.request (key, body) values (${Buffer.from(word)}, ${Buffer.from(word)})`
await sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, data)
  values ('planted', 'planted', ${word}, 1, now(), 'systeme', '{}')`
await sql.end()
