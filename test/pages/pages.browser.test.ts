import Fastify, { type FastifyInstance } from 'fastify'
import { Refusal } from '../../contracts/errors.ts'
import { sendProblem } from '../../gateway/problem.ts'
import { type View, views, Visit } from '../support/visit.ts'

async function faultsOf(visit: Visit): Promise<object> {
  return {
    axe: await visit.axe(),
    page: await visit.faults(),
    keyboard: await visit.walk(),
    browser: visit.complaints,
  }
}
const none = { axe: [], page: [], keyboard: [], browser: [] }

test.each(Object.keys(views) as View[])('the first page, seen on %s, has no fault', async (view) => {
  expect(await faultsOf(await Visit.open('/', view))).toEqual(none)
})

// They have the first page's style: one narrow and dark look each.
test.each(['/nulle-part', '/health/ready', '/health/live'])('%s has no fault', async (path) => {
  expect(await faultsOf(await Visit.open(path, 'phone, dark'))).toEqual(none)
})

describe('a refusal outside the API', () => {
  let app: FastifyInstance
  beforeAll(async () => {
    app = Fastify()
    app.decorateRequest('refusal', null)
    app.setErrorHandler(sendProblem)
    app.get('/:code', (request) => {
      throw new Refusal((request.params as { code: Refusal['code'] }).code)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
  })
  afterAll(() => app.close())

  test.each(['methode-non-permise', 'trop-de-requetes', 'erreur-interne', 'service-indisponible'])(
    '%s is a page without fault',
    async (code) => {
      const visit = await Visit.open(`${app.listeningOrigin}/${code}`, 'phone')
      expect(await faultsOf(visit)).toEqual(none)
    },
  )
})

test('the first page reads and leads on without JavaScript', async () => {
  const visit = await Visit.open('/', 'phone', { javaScriptEnabled: false })
  await visit.page.getByRole('link', { name: 'Le guichet est-il prêt' }).click()
  await visit.page.getByRole('heading', { name: 'Le guichet est prêt' }).waitFor()
  expect(visit.complaints).toEqual([])
})

test('the way past the header works: the next Tab is in the content', async () => {
  const visit = await Visit.open('/', 'desktop')
  await visit.page.keyboard.press('Tab')
  await visit.page.keyboard.press('Enter')
  await visit.page.keyboard.press('Tab')
  expect(await visit.page.locator('main :focus').count()).toBe(1)
})
