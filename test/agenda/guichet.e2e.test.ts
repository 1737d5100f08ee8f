import { FermerPlage, ListerLieux } from '../../contracts/agenda.ts'
import {
  AttendrePlusTot,
  DeplacerRendezVous,
  ListerCreneaux,
  ListerRendezVous,
  ListerRendezVousAgent,
  PrendreRendezVous,
} from '../../contracts/rendez-vous.ts'
import { ajouterJours, jourDeParis } from '../../infra/calendrier.ts'
import { booked, dayIn, held, openOffice } from '../support/agenda.ts'
import { refusal } from '../support/api.ts'
import { deposited } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { eventsOf, hubDatabase } from '../support/hub-database.ts'
import { anonyme, stranger } from '../support/people.ts'

/** What people at both sides of the counter need to see, and to be told. */

const agent = () => stranger(['usager', 'agent:etat-civil'])
const types = async (id: string) =>
  (await eventsOf(`rendez-vous/${id}`)).map(({ type }) => type.split('.')[2])

test('who waits for an earlier slot is not offered the one they just left, and the next who waits is', async () => {
  const office = await openOffice(agent())
  const [leaving, next] = [stranger(), stranger()]
  const theirs = await booked(leaving, office)
  const [later, last] = (await office.free(leaving)).slice(-2) as [string, string]
  const { motif, lieu } = office
  const nexts = await next.ok(PrendreRendezVous, { motif, lieu, debut: last })
  await leaving.ok(AttendrePlusTot, { id: theirs.id })
  await next.ok(AttendrePlusTot, { id: nexts.id })
  await leaving.ok(DeplacerRendezVous, { id: theirs.id, debut: later })
  await eventually(async () => expect((await types(nexts.id)).at(-1)).toBe('plus-tot-propose'))
  expect(await types(theirs.id)).toEqual(['pris', 'liste-attente-changee', 'deplace'])
})

test('the agent at the counter reads the name and telephone that the person gave, and no event has them', async () => {
  const anAgent = agent()
  const usager = stranger()
  const office = await openOffice(anAgent)
  const beneficiaire = { prenom: 'Rosa', nom: 'Lemaire', telephone: '01 46 55 00 01' }
  const direct = await booked(usager, office, { beneficiaire })
  const hold = await held(usager, office)
  await usager.ok(PrendreRendezVous, { reservation: hold.id, beneficiaire })
  const { elements } = await anAgent.ok(ListerRendezVousAgent, { agentId: office.agentId })
  expect(elements.map((one) => [one.id, one.beneficiaire])).toEqual([
    [direct.id, beneficiaire],
    [hold.id, beneficiaire],
  ])
  expect((await usager.ok(ListerRendezVous, {})).elements).toHaveLength(2)
  for (const { id } of elements)
    expect(JSON.stringify(await eventsOf(`rendez-vous/${id}`))).not.toMatch(/Lemaire|46 55 00 01/)
})

test('the page of a dossier finds its rendez-vous, for its usager and for the agents', async () => {
  const anAgent = agent()
  const usager = stranger()
  const office = await openOffice(anAgent)
  const { id: dossierId } = await deposited(usager)
  await booked(usager, office)
  const { id } = await booked(usager, office, { dossierId })
  const found = { elements: [expect.objectContaining({ id, dossierId })], suivant: null }
  expect(await usager.ok(ListerRendezVous, { dossierId })).toEqual(found)
  expect(await anAgent.ok(ListerRendezVousAgent, { dossierId })).toEqual(found)
  expect((await stranger().ok(ListerRendezVous, { dossierId })).elements).toEqual([])
})

test('the places of a motif are those with an opening for it', async () => {
  const anAgent = agent()
  const [office] = [await openOffice(anAgent), await openOffice(agent())]
  const { motif } = office
  const places = async () => (await anonyme.ok(ListerLieux, { motif })).elements.map(({ id }) => id)
  expect(await places()).toEqual([office.lieu])
  await anAgent.ok(FermerPlage, { id: office.plage })
  expect(await places()).toEqual([])
  const ofAgents = await openOffice(anAgent, { reservablePar: 'agents' })
  refusal(await anonyme.send('GET', `/v1/agenda/lieux?motif=${ofAgents.motif}`), 'introuvable')
})

test('an order that came before is told from one that comes too late', async () => {
  const office = await openOffice(agent())
  const usager = stranger()
  const { id } = await held(usager, office)
  await usager.ok(PrendreRendezVous, { reservation: id })
  const again = (body: object) => usager.send('POST', '/v1/agenda/rendez-vous', { body })
  expect(refusal(await again({ reservation: id }), 'transition-impossible').detail).toBe(
    'Ce rendez-vous est déjà pris.',
  )
  const wait = () => usager.send('POST', `/v1/agenda/rendez-vous/${id}/liste-attente`, { body: {} })
  expect((await wait()).status).toBe(200)
  expect(refusal(await wait(), 'transition-impossible').detail).toBe(
    'Vous attendez déjà un créneau plus tôt.',
  )
})

test('a slot that cannot be had says why: taken, no slot at all, past, too near, too far', async () => {
  const office = await openOffice(agent(), { delaiMin: 2 * 1_440, delaiMax: 10 })
  const usager = stranger()
  const { motif, lieu } = office
  const why = async (debut: string) =>
    refusal(
      await usager.send('POST', '/v1/agenda/reservations', { body: { motif, lieu, debut } }),
      'creneau-indisponible',
    ).detail
  const { debut } = await held(stranger(), office)
  expect(await why(debut)).toBeUndefined()
  expect(await why(debut.replace(/:[03]0:00/, ':07:00'))).toBe(
    'Ce lieu ne propose pas de créneau à cette heure.',
  )
  expect(await why('2026-01-05T09:00:00Z')).toBe('Cette heure est passée.')
  expect(await why(`${dayIn(1)}T12:00:00Z`)).toBe('Ce rendez-vous se prend au plus tard 2 jours avant.')
  expect(await why(`${dayIn(12)}T12:00:00Z`)).toMatch(
    /^Ce rendez-vous se prend aujourd’hui jusqu’au \d+(er)? \p{L}+ \d{4}\.$/u,
  )
  const { elements, jusquau } = await anonyme.ok(ListerCreneaux, {
    motif,
    lieu,
    du: dayIn(20),
    au: dayIn(30),
  })
  expect([elements, jusquau]).toEqual([[], ajouterJours(jourDeParis(new Date()), 10)])
})

test('an account has 10 holds at most, also when it asks for 30 at once', async () => {
  const office = await openOffice(agent(), { capacite: 3 })
  const usager = stranger()
  const { motif, lieu } = office
  const slots = (await office.free(usager)).slice(-30)
  const replies = await Promise.all(
    slots.map((debut) => usager.send('POST', '/v1/agenda/reservations', { body: { motif, lieu, debut } })),
  )
  const refused = replies.filter(({ status }) => status !== 201)
  expect(refused).toHaveLength(20)
  for (const reply of refused)
    expect(refusal(reply, 'acces-refuse').detail).toMatch(/^Vous retenez déjà 10 créneaux/)
  const [{ holds }] = await hubDatabase()<[{ holds: number }]>`
    select count(*)::int as holds from agenda.rendez_vous where motif_id = ${motif}`
  expect(holds).toBe(10)
})
