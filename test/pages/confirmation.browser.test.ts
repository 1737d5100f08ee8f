import { LireSignalement } from '../../contracts/signalements.ts'
import { jetonDe } from '../../services/signalements/jeton.ts'
import { hubDatabase } from '../support/hub-database.ts'
import { anonyme } from '../support/people.ts'
import { unconfirmed } from '../support/signalements.ts'
import { Visit } from '../support/visit.ts'

const address = '/signalements/confirmation'

test('the link of a mail leads to a button that confirms the report; the page has no fault', async () => {
  const { id, reference } = await unconfirmed(anonyme, 'page@example.org')
  const [row] = await hubDatabase()<{ cle: Buffer }[]>`select cle from signalements.secret`
  const visit = await Visit.open(`${address}#${jetonDe(row!.cle, id)}`, 'phone')
  expect(await visit.axe()).toEqual([])
  // Opening it is not confirming.
  expect((await anonyme.send('GET', `/v1/signalements/${id}`)).status).toBe(404)
  await visit.page.getByRole('button', { name: 'Confirmer mon signalement' }).click()
  await visit.page.getByText(`votre signalement ${reference} est enregistré`).waitFor()
  expect((await anonyme.ok(LireSignalement, { id })).etat).toBe('nouveau')
  expect(visit.complaints).toEqual([])
})

test('a link that is none is told, and can be tried again', async () => {
  const visit = await Visit.open(`${address}#x`, 'desktop')
  const button = visit.page.getByRole('button', { name: 'Confirmer mon signalement' })
  await button.click()
  await visit.page.getByText('Ce lien n’est pas, ou plus, valable').waitFor()
  expect(await button.isEnabled()).toBe(true)
})

test('a link without token offers nothing to click', async () => {
  const visit = await Visit.open(address, 'desktop')
  await visit.page.getByText('Ce lien est incomplet').waitFor()
  expect(await visit.page.getByRole('button').count()).toBe(0)
})
