import { randomUUID } from 'node:crypto'
import { hubUrl } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { draft } from '../support/dossiers.ts'
import { person, stranger } from '../support/people.ts'

test('more than a megabyte of missed events ends a stream, not the hub, and is read in several goes', async () => {
  const someone = stranger()
  const first = await draft(someone)
  const [{ usagerId } = { usagerId: '' }] = await hubDatabase()<{ usagerId: string }[]>`
    select usager_id from demarches.dossier where id = ${first.id}`
  const filler = {
    reference: first.reference,
    demarche: 'x'.repeat(5000),
    secteur: 'etat-civil',
    etat: 'brouillon',
  }
  await hubDatabase()`
    insert into hub.event (type, source, subject, sequence, time, actor_kind, usager_id, data)
    select 'guichet.dossier.cree.v1', 'test', 'dossier/' || gen_random_uuid(), 1, now(), 'usager', ${usagerId}::uuid,
      ${hubDatabase().json(filler)} from generate_series(1, 450)`
  await eventually(async () =>
    expect(
      await hubDatabase()`select from hub.event where usager_id = ${usagerId}::uuid and rang is null`,
    ).toHaveLength(0),
  )
  const headers = await someone.headers('GET', {})
  const seen = new Set<string>()
  let last = '0'
  let goes = 0
  while (seen.size < 451) {
    const stop = AbortSignal.timeout(10_000)
    const response = await fetch(`${hubUrl}/v1/moi/suivi/flux`, {
      headers: { ...headers, 'last-event-id': last },
      signal: stop,
    })
    expect(response.status).toBe(200)
    goes++
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      for (const [, id = ''] of text.matchAll(/^id: (\d+)\n.*\ndata: .*\n\n/gm)) {
        seen.add(id)
        last = id
      }
      text = text.slice(text.lastIndexOf('\n\n') + 2)
      if (seen.size >= 451) break
    }
  }
  expect(goes).toBeGreaterThan(1)
  expect((await person('amina').send('GET', `/v1/dossiers/${randomUUID()}`)).status).toBe(404) // the hub lives
}, 60_000)
