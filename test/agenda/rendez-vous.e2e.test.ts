import { OuvrirPlage, DeclarerAbsence } from '../../contracts/agenda.ts'
import {
  AnnulerRendezVous,
  AttendrePlusTot,
  ConstaterRendezVous,
  DeplacerRendezVous,
  FermerCalendrier,
  InviterUsager,
  LireRendezVous,
  ListerRendezVous,
  OuvrirCalendrier,
  PrendreRendezVous,
  ReserverCreneau,
} from '../../contracts/rendez-vous.ts'
import { DeciderDossier, LireDossier } from '../../contracts/demarches.ts'
import { LireSuivi } from '../../contracts/identity.ts'
import { booked, dayIn, freeSlot, held, openOffice } from '../support/agenda.ts'
import { refusal } from '../support/api.ts'
import { deposited, inInstruction } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { eventsOf, hubDatabase } from '../support/hub-database.ts'
import { anonyme, stranger } from '../support/people.ts'

const agent = () => stranger(['usager', 'agent:etat-civil'])
const types = async (id: string) =>
  (await eventsOf(`rendez-vous/${id}`)).map(({ type }) => type.split('.')[2])

test('a slot is held, then booked, moved and given up; nobody else can have it meanwhile, and then they can', async () => {
  const office = await openOffice(agent())
  const [usager, other] = [stranger(), stranger()]
  const { motif, lieu } = office
  const hold = await held(usager, office)
  expect(hold).toMatchObject({ statut: 'reserve', actionsPermises: ['confirmer'], agentId: null })
  const { debut } = hold
  const refused = refusal(
    await other.send('POST', '/v1/agenda/reservations', { body: { motif, lieu, debut } }),
    'creneau-indisponible',
  )
  expect(refused.creneaux).toHaveLength(5)
  expect(refused.creneaux!.map((slot) => slot.debut)).not.toContain(debut)

  const rendezVous = await usager.ok(PrendreRendezVous, {
    reservation: hold.id,
    precisions: 'Avec une poussette.',
  })
  expect(rendezVous).toMatchObject({
    id: hold.id,
    statut: 'inconnu',
    precisions: 'Avec une poussette.',
    reserveJusqua: null,
  })
  const later = (await office.free(usager)).find((slot) => slot > debut)!
  const moved = await usager.ok(DeplacerRendezVous, { id: hold.id, debut: later })
  expect(moved.debut).toBe(later)
  expect(await office.free(other)).toContain(debut)
  expect((await other.ok(PrendreRendezVous, { motif, lieu, debut })).debut).toBe(debut)
  const given = await usager.ok(AnnulerRendezVous, { id: hold.id, siVersion: moved.version })
  expect(given).toMatchObject({ statut: 'excuse', actionsPermises: [] })
  expect(await office.free(other)).toContain(later)
  expect(await types(hold.id)).toEqual(['reserve', 'pris', 'deplace', 'annule'])
  expect((await usager.ok(ListerRendezVous, {})).elements.map(({ id }) => id)).toEqual([hold.id])
  await eventually(async () =>
    expect((await usager.ok(LireSuivi, {})).elements.map(({ texte }) => texte)).toEqual([
      expect.stringMatching(/^Vous avez annulé votre rendez-vous du \p{L}+ \d/u),
      expect.stringMatching(/ est déplacé\s: vous êtes attendu \p{L}+ \d/u),
      expect.stringMatching(/^Vous avez rendez-vous \p{L}+ \d.* à \d+ h/u),
    ]),
  )
})

test('a request sent again is answered again; the same key for another slot is refused', async () => {
  const office = await openOffice(agent())
  const usager = stranger()
  const { motif, lieu } = office
  const body = { motif, lieu, debut: await freeSlot(usager, office) }
  const [one, two] = await Promise.all(
    [1, 2].map(() => usager.send('POST', '/v1/agenda/rendez-vous', { body, key: 'k' })),
  )
  expect([one!.status, two!.status]).toEqual([201, 201])
  expect(two!.body).toEqual(one!.body)
  const other = await usager.send('POST', '/v1/agenda/rendez-vous', {
    body: { ...body, debut: await freeSlot(usager, office) },
    key: 'k',
  })
  refusal(other, 'cle-idempotence-reutilisee')
})

test('a collective slot takes as many as it has room for, and its agent nothing else', async () => {
  const anAgent = agent()
  const office = await openOffice(anAgent, { capacite: 7 })
  const { motif, lieu } = office
  const debut = await freeSlot(anAgent, office)
  const replies = await Promise.all(
    Array.from({ length: 25 }, () =>
      stranger().send('POST', '/v1/agenda/rendez-vous', { body: { motif, lieu, debut } }),
    ),
  )
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(7)
  for (const reply of replies.filter(({ status }) => status !== 201)) refusal(reply, 'creneau-indisponible')
  const places = await hubDatabase()<{ place: number }[]>`
    select place from agenda.rendez_vous where motif_id = ${motif} order by place`
  expect(places.map(({ place }) => place)).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('several agents at one place: a slot is free until the last of them is taken', async () => {
  const [one, two] = [agent(), agent()]
  const office = await openOffice(one)
  await two.ok(OuvrirPlage, {
    secteur: 'etat-civil',
    lieu: office.lieu,
    motifs: [office.motif],
    premierJour: dayIn(1),
    debut: '00:00',
    fin: '24:00',
    recurrence: 'FREQ=DAILY',
  })
  const debut = await freeSlot(one, office)
  const { motif, lieu } = office
  const replies = await Promise.all(
    Array.from({ length: 6 }, () =>
      stranger().send('POST', '/v1/agenda/reservations', { body: { motif, lieu, debut } }),
    ),
  )
  expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    201, 201, 409, 409, 409, 409,
  ])
})

test('an absence closes its slots and names the rendez-vous that it meets', async () => {
  const anAgent = agent()
  const office = await openOffice(anAgent)
  const rendezVous = await booked(stranger(), office)
  const absence = await anAgent.ok(DeclarerAbsence, {
    secteur: 'etat-civil',
    du: `${dayIn(0)}T00:00:00Z`,
    au: `${dayIn(20)}T00:00:00Z`,
  })
  expect(absence.rendezVousTouches).toEqual([rendezVous.id])
  expect(await office.free(anonyme)).toEqual([])
})

test('who may book is the motif’s to say', async () => {
  const anAgent = agent()
  const usager = stranger()
  const dossier = await deposited(usager)
  const invites = await openOffice(anAgent, { reservablePar: 'invites' })
  const body = async (office: typeof invites) => ({
    motif: office.motif,
    lieu: office.lieu,
    debut: await freeSlot(anAgent, office),
  })
  refusal(await usager.send('POST', '/v1/agenda/rendez-vous', { body: await body(invites) }), 'acces-refuse')
  await anAgent.ok(InviterUsager, { id: invites.motif, dossierId: dossier.id })
  await usager.ok(PrendreRendezVous, await body(invites))

  const prescripteurs = await openOffice(anAgent, { reservablePar: 'prescripteurs' })
  refusal(
    await usager.send('POST', '/v1/agenda/rendez-vous', { body: await body(prescripteurs) }),
    'acces-refuse',
  )
  const helper = stranger(['usager', 'aidant'])
  const beneficiaire = { prenom: 'Rosa', nom: 'Lemaire' }
  expect(await helper.ok(PrendreRendezVous, { ...(await body(prescripteurs)), beneficiaire })).toMatchObject({
    beneficiaire,
  })

  const agents = await openOffice(anAgent, { reservablePar: 'agents' })
  refusal(
    await usager.send(
      'GET',
      `/v1/agenda/creneaux?motif=${agents.motif}&lieu=${agents.lieu}&du=${dayIn(1)}&au=${dayIn(2)}`,
    ),
    'introuvable',
  )
  refusal(await usager.send('POST', '/v1/agenda/rendez-vous', { body: await body(agents) }), 'acces-refuse')
  const forUsager = await anAgent.ok(PrendreRendezVous, { ...(await body(agents)), dossierId: dossier.id })
  expect(await usager.ok(LireRendezVous, { id: forUsager.id })).toMatchObject({
    dossierId: dossier.id,
    statut: 'inconnu',
  })
})

test('when the dossier is decided its rendez-vous is given back', async () => {
  const anAgent = agent()
  const usager = stranger()
  const office = await openOffice(anAgent)
  const dossier = await inInstruction(usager, anAgent)
  const rendezVous = await booked(usager, office, { dossierId: dossier.id })
  await anAgent.ok(DeciderDossier, { id: dossier.id, sens: 'accepte' })
  await eventually(async () =>
    expect(await usager.ok(LireRendezVous, { id: rendezVous.id })).toMatchObject({ statut: 'annule' }),
  )
  expect(await office.free(usager)).toContain(rendezVous.debut)
  expect((await eventsOf(`rendez-vous/${rendezVous.id}`)).at(-1)!.data).toMatchObject({
    raison: 'dossier_termine',
  })
})

test('who waits for an earlier slot is told of one that is freed 2 days earlier', async () => {
  const office = await openOffice(agent())
  const [early, waiting] = [stranger(), stranger()]
  const first = await booked(early, office)
  const later = (await office.free(waiting)).findLast((slot) => slot > first.debut)!
  const { motif, lieu } = office
  const theirs = await waiting.ok(PrendreRendezVous, { motif, lieu, debut: later })
  await waiting.ok(AttendrePlusTot, { id: theirs.id })
  await early.ok(AnnulerRendezVous, { id: first.id })
  await eventually(async () =>
    expect((await eventsOf(`rendez-vous/${theirs.id}`)).at(-1)).toMatchObject({
      type: 'guichet.rendez-vous.plus-tot-propose.v1',
      data: { propose: first.debut },
    }),
  )
  expect((await waiting.ok(DeplacerRendezVous, { id: theirs.id, debut: first.debut })).debut).toBe(
    first.debut,
  )
})

test('agents say who came, once the day has come', async () => {
  const anAgent = agent()
  const office = await openOffice(anAgent)
  const rendezVous = await booked(stranger(), office)
  refusal(
    await anAgent.send('POST', `/v1/agenda/rendez-vous/${rendezVous.id}/constat`, { body: { statut: 'vu' } }),
    'transition-impossible',
  )
  await hubDatabase()`update agenda.rendez_vous set debut = date_trunc('minute', now()) - interval '1 hour', fin = date_trunc('minute', now())
    where id = ${rendezVous.id}`
  expect(await anAgent.ok(ConstaterRendezVous, { id: rendezVous.id, statut: 'absent' })).toMatchObject({
    statut: 'absent',
  })
  expect(await anAgent.ok(ConstaterRendezVous, { id: rendezVous.id, statut: 'vu' })).toMatchObject({
    statut: 'vu',
  })
})

test('a calendar program reads one rendez-vous, and an agent’s without a name, by an address that can be withdrawn', async () => {
  const anAgent = agent()
  const office = await openOffice(anAgent)
  const usager = stranger()
  const rendezVous = await booked(usager, office, { precisions: 'Confidentiel.' })
  const stamp = rendezVous.debut.replaceAll(/[-:]|\.000/g, '')
  const own = await usager.send('GET', `/v1/agenda/rendez-vous/${rendezVous.id}/ics`)
  expect(own.text).toContain(`DTSTART:${stamp}\r\n`)
  const { id: cle } = await anAgent.ok(OuvrirCalendrier, { secteur: 'etat-civil' })
  const feed = await anonyme.send('GET', `/v1/agenda/calendriers/${cle}`)
  expect(feed.text).toContain(`UID:rendez-vous-${rendezVous.id}`)
  expect(feed.text).not.toContain('Confidentiel')
  const second = await anAgent.ok(OuvrirCalendrier, { secteur: 'etat-civil' })
  refusal(await anonyme.send('GET', `/v1/agenda/calendriers/${cle}`), 'introuvable')
  refusal(await agent().send('DELETE', `/v1/agenda/calendriers/${second.id}`), 'introuvable')
  await anAgent.ok(FermerCalendrier, { id: second.id })
  refusal(await anonyme.send('GET', `/v1/agenda/calendriers/${second.id}`), 'introuvable')
})

test('a hold that is over cannot be booked any more, and its slot is free again', async () => {
  const office = await openOffice(agent())
  const usager = stranger()
  const hold = await held(usager, office)
  await hubDatabase()`update agenda.rendez_vous set reserve_jusqua = now() - interval '1 second' where id = ${hold.id}`
  refusal(
    await usager.send('POST', '/v1/agenda/rendez-vous', { body: { reservation: hold.id } }),
    'transition-impossible',
  )
  await hubDatabase()`update hub.timer set due_at = now() where subject = ${`rendez-vous/${hold.id}`}`
  await eventually(async () => expect(await office.free(usager)).toContain(hold.debut))
  const { motif, lieu } = office
  await stranger().ok(ReserverCreneau, { motif, lieu, debut: hold.debut })
})

test('a rendez-vous to which the usager came is a step of the dossier, and no longer when the agent corrects it', async () => {
  const anAgent = agent()
  const usager = stranger()
  const dossier = await deposited(usager)
  const office = await openOffice(anAgent)
  const { id } = await booked(usager, office, { dossierId: dossier.id })
  await hubDatabase()`update agenda.rendez_vous set debut = date_trunc('minute', now()) - interval '1 hour', fin = date_trunc('minute', now())
    where id = ${id}`
  const { debut } = await anAgent.ok(ConstaterRendezVous, { id, statut: 'vu' })
  const seen = async () => (await usager.ok(LireDossier, { id: dossier.id })).etapes
  await eventually(async () => expect(await seen()).toEqual([{ rendezVousId: id, faiteLe: debut }]))
  await eventually(async () =>
    expect((await usager.ok(LireSuivi, {})).elements[0]!.texte).toBe(
      `Votre rendez-vous est noté dans votre dossier ${dossier.reference}.`,
    ),
  )
  await anAgent.ok(ConstaterRendezVous, { id, statut: 'absent' })
  await eventually(async () => expect(await seen()).toEqual([]))
})
