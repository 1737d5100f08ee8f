import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { DeciderDossier, DossierDecide, LireDossier } from '../../contracts/demarches.ts'
import { LireDocument } from '../../contracts/documents.ts'
import { type LettreMorte, LireTrace, ListerLettresMortes, RelancerLettreMorte } from '../../contracts/hub.ts'
import { pdf } from '../documents/fixtures.ts'
import { refusal } from '../support/api.ts'
import { inInstruction } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { person, stranger } from '../support/people.ts'

const admin = person('admin')
const amina = stranger()
const claire = stranger(['usager', 'agent:etat-civil'])
type Lettre = z.output<typeof LettreMorte>

/** The dead letter about this object, when there is one; every page is read. */
async function letterAbout(objet: string): Promise<Lettre | undefined> {
  for (let apres: string | null | undefined; apres !== null; ) {
    const page: z.output<typeof ListerLettresMortes.returns> = await admin.ok(ListerLettresMortes, {
      limite: 5,
      ...(apres && { apres }),
    })
    const found = page.elements.find((lettre) => lettre.objet === objet)
    if (found) return found
    apres = page.suivant
  }
  return undefined
}

async function stoppedLetter(objet: string): Promise<Lettre> {
  return await eventually(async () => {
    const letter = await letterAbout(objet)
    expect(letter).toBeDefined()
    return letter!
  })
}

/**
 * A decision whose document is not there: the one uploaded bears another id until `mend` is called. The event is
 * put into the log by hand, for the hub itself does not let this happen.
 */
async function brokenDecision() {
  const sql = hubDatabase()
  const { id: documentId } = await claire.uploaded('etat-civil', pdf(), 'acte.pdf', 'agent')
  const dossier = await inInstruction(amina, claire)
  const hidden = randomUUID()
  await sql`update documents.document set id = ${hidden} where id = ${documentId}`
  const data = DossierDecide.data.parse({
    reference: dossier.reference,
    demarche: dossier.demarche.id,
    secteur: 'etat-civil',
    etat: 'accepte',
    sens: 'accepte',
    implicite: false,
    documentId,
  })
  const traceId = randomBytes(16).toString('hex')
  await sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, usager_id, traceparent, data)
    select ${DossierDecide.type}, 'demarches', ${`dossier/${dossier.id}`}, version + 1, now(), 'systeme', usager_id,
      ${`00-${traceId}-${traceId.slice(16)}-01`}, ${sql.json(data)}
    from demarches.dossier where id = ${dossier.id}`
  return {
    id: dossier.id,
    traceId,
    documentId,
    mend: async () => void (await sql`update documents.document set id = ${documentId} where id = ${hidden}`),
  }
}

test('an event that fails stops its own object, shows as a dead letter, and after the repair a relance does it', async () => {
  const { id, documentId, traceId, mend } = await brokenDecision()
  const letter = await stoppedLetter(`dossier/${id}`)
  const [event] = await hubDatabase()<{ rang: number }[]>`
    select rang from hub.event where subject = ${`dossier/${id}`} and type = ${DossierDecide.type}`
  expect(letter).toMatchObject({
    consommateur: 'documents.on-dossier-decide',
    objet: `dossier/${id}`,
    rang: event!.rang,
    type: DossierDecide.type,
    tentatives: 1,
    erreur: 'Refusal',
    traceId,
  })
  // It leads to the trace in which it failed.
  await eventually(async () => {
    const { segments } = await admin.ok(LireTrace, { id: traceId })
    expect(segments).toContainEqual(
      expect.objectContaining({ nom: `process ${DossierDecide.type}`, erreur: 'piece-inconnue' }),
    )
  })

  // The others go on.
  const other = await claire.uploaded('etat-civil', pdf(), 'acte.pdf', 'agent')
  const decided = await inInstruction(amina, claire)
  await claire.ok(DeciderDossier, { id: decided.id, sens: 'accepte', documentId: other.id })
  await eventually(async () =>
    expect((await amina.ok(LireDocument, { id: other.id })).statut).toBe('decision'),
  )
  expect((await claire.ok(LireDossier, { id })).etat).toBe('en_instruction')

  // Too early: it stops again.
  await admin.ok(RelancerLettreMorte, { id: letter.id })
  const again = await stoppedLetter(`dossier/${id}`)
  expect([again.id, again.rang, again.tentatives]).toEqual([letter.id, letter.rang, 1])
  refusal(await amina.send('GET', `/v1/documents/${documentId}`), 'introuvable')

  await mend()
  await admin.ok(RelancerLettreMorte, { id: letter.id })
  await eventually(async () => {
    expect((await amina.ok(LireDocument, { id: documentId })).dossierId).toBe(id)
    expect(await letterAbout(`dossier/${id}`)).toBeUndefined()
  })
  const handedOver = await hubDatabase()`select from hub.event
    where subject = ${`document/${documentId}`} and type = 'guichet.document.decision-remise.v1'`
  expect(handedOver).toHaveLength(1)

  const acts = await hubDatabase()<{ acte: string; acteurId: string }[]>`
    select acte, acteur_id from hub.journal where objet = ${`documents.on-dossier-decide dossier/${id}`} order by id`
  const [alix] = await hubDatabase()<
    { acteurId: string }[]
  >`select acteur_id from identity.compte where courriel = 'admin@example.org'`
  expect(acts).toEqual(Array.from({ length: 2 }, () => ({ acte: 'relance', acteurId: alix!.acteurId })))

  // What is done cannot be tried again.
  refusal(await admin.send('POST', `/v1/admin/lettres-mortes/${letter.id}/relance`), 'introuvable')
})

test('what comes after the event that fails waits for it, in order', async () => {
  const { id, mend } = await brokenDecision()
  const letter = await stoppedLetter(`dossier/${id}`)
  const sql = hubDatabase()
  await sql`insert into hub.event (type, source, subject, sequence, time, actor_kind, usager_id, data)
    select type, source, subject, sequence + 1, now(), actor_kind, usager_id, data || '{"documentId": null}'
    from hub.event where subject = ${`dossier/${id}`} and type = ${DossierDecide.type}`
  await eventually(async () => {
    const waiting = await sql`select from hub.event where subject = ${`dossier/${id}`} and rang is null`
    expect(waiting).toHaveLength(0)
  })
  const done = async () => {
    const [lane] = await sql<
      { lastSequence: number }[]
    >`select last_sequence from hub.lane where id = ${letter.id}`
    return lane!.lastSequence
  }
  // A later event of another dossier is done meanwhile: this one had its turn and did not take it.
  const witness = await brokenDecision()
  await stoppedLetter(`dossier/${witness.id}`)
  expect(await done()).toBe(0)
  for (const one of [{ id, mend }, witness]) {
    await one.mend()
    await admin.ok(RelancerLettreMorte, { id: (await stoppedLetter(`dossier/${one.id}`)).id })
  }
  await eventually(async () => expect(await done()).toBe(5))
  await eventually(async () => expect(await letterAbout(`dossier/${witness.id}`)).toBeUndefined())
})

test('the list says nothing of what the events hold', async () => {
  const { id, documentId, mend } = await brokenDecision()
  const letter = await stoppedLetter(`dossier/${id}`)
  const { reference } = await amina.ok(LireDossier, { id })
  for (const word of [documentId, reference]) expect(JSON.stringify(letter)).not.toContain(word)
  await mend()
  await admin.ok(RelancerLettreMorte, { id: letter.id })
  await eventually(async () => expect(await letterAbout(`dossier/${id}`)).toBeUndefined())
})

test('a letter that does not exist is not found, and no act is journalled', async () => {
  const sub = randomUUID()
  const alix = stranger(['usager', 'administrateur'], { sub })
  refusal(await alix.send('POST', `/v1/admin/lettres-mortes/${randomUUID()}/relance`), 'introuvable')
  refusal(await alix.send('POST', '/v1/admin/lettres-mortes/tout/relance'), 'donnees-invalides')
  const acts =
    await hubDatabase()`select from hub.journal j join identity.compte c using (acteur_id) where c.sujet = ${sub}`
  expect(acts).toHaveLength(0)
})

test('the letters are listed page by page, each once', async () => {
  const subjects = Array.from({ length: 7 }, () => `dossier/${randomUUID()}`)
  await hubDatabase()`insert into hub.lane (consumer, subject, attempts, failing_since, error, stopped)
    select 'essai.liste', s, 10, now(), 'Error', true from unnest(${subjects}::text[]) s`
  const seen: string[] = []
  for (let apres: string | null | undefined; apres !== null; ) {
    const page: z.output<typeof ListerLettresMortes.returns> = await admin.ok(ListerLettresMortes, {
      limite: 2,
      ...(apres && { apres }),
    })
    seen.push(...page.elements.filter((one) => one.consommateur === 'essai.liste').map((one) => one.objet))
    apres = page.suivant
  }
  expect(seen.toSorted()).toEqual(subjects.toSorted())
  await hubDatabase()`delete from hub.lane where consumer = 'essai.liste'`
})
