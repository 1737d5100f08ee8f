import { randomUUID } from 'node:crypto'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { hubUrl } from '../support/api.ts'
import { type View, views, Visit } from '../support/visit.ts'

const realm = '/realms/malakoff'
const endpoint = `${realm}/protocol/openid-connect`

/** A sign-in that the reference page could have begun; it ends there with a code. */
function demand(changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: 'portail',
    redirect_uri: `${hubUrl}/docs`,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...changes,
  })
  return `${endpoint}/auth?${query.toString()}`
}

async function signIn({ page }: Visit, identifiant: string, motDePasse = demoPassword): Promise<void> {
  await page.getByLabel('Identifiant ou adresse électronique').fill(identifiant)
  await page.getByLabel('Mot de passe').fill(motDePasse)
  await page.keyboard.press('Enter')
}

/** One account that nobody has is tried until it is locked, once: the address may only fail so often. */
async function lockOut(visit: Visit): Promise<void> {
  for (let i = 0; i < 6; i++) {
    await signIn(visit, 'quelquun', 'faux')
    await visit.page.getByRole('alert').waitFor()
    if (await visit.page.getByText('Trop d’essais infructueux').isVisible()) return
  }
}

const pages: [string, (visit: Visit) => Promise<unknown>][] = [
  ['the form', ({ page }) => page.goto(demand())],
  [
    'a wrong password',
    async (visit) => {
      await visit.page.goto(demand())
      await signIn(visit, randomUUID(), 'faux')
      await visit.page.getByText('L’identifiant ou le mot de passe est incorrect.').waitFor()
    },
  ],
  [
    'too many tries',
    async (visit) => {
      await visit.page.goto(demand())
      await lockOut(visit)
    },
  ],
  ['an unknown application', ({ page }) => page.goto(demand({ client_id: 'inconnue' }))],
  ['a demand that makes no sense', ({ page }) => page.goto(demand({ redirect_uri: `${hubUrl}/ailleurs` }))],
  ['a sign-in that is over', ({ page }) => page.goto(`${realm}/login/depuis-longtemps`)],
  ['an address that the issuer does not know', ({ page }) => page.goto(`${realm}/nulle-part`)],
  ['the question before signing out', ({ page }) => page.goto(`${endpoint}/logout`)],
  ['the end of a session', ({ page }) => page.goto(`${endpoint}/logout/success`)],
  [
    'the close of another person’s session',
    async (visit) => {
      await visit.page.goto(demand())
      await signIn(visit, 'claire')
      await visit.page.waitForURL(/\/docs#/)
      await visit.page.goto(demand({ prompt: 'login' }))
      await signIn(visit, 'david')
      await visit.page.getByRole('heading', { name: 'Continuer' }).waitFor()
    },
  ],
  [
    'the way back by a form',
    async (visit) => {
      await visit.page.goto(demand({ response_mode: 'form_post' }))
      await signIn(visit, 'claire')
      await visit.page.getByRole('heading', { name: 'Revenir à l’application' }).waitFor()
    },
  ],
]

describe.each(Object.keys(views) as View[])('signing in, seen on %s', (view) => {
  // All pages of the issuer have one style: two ways to look cover wide and narrow, light and dark.
  const all = view === 'desktop' || view === 'phone, dark'
  test.each(all ? pages : pages.slice(0, 2))('%s: has no fault', async (_, goTo) => {
    const visit = await Visit.open('/favicon.svg', view)
    await goTo(visit)
    expect(await visit.axe()).toEqual([])
    expect(await visit.faults()).toEqual([])
    expect(await visit.walk()).toEqual([])
    expect(visit.complaints).toEqual([])
  })
})

describe.each([true, false])('signing in, with JavaScript: %s', (javaScriptEnabled) => {
  let visit: Visit
  beforeEach(async () => {
    visit = await Visit.open(demand({ state: 'essai' }), 'phone', { javaScriptEnabled })
  })
  afterEach(async () => {
    expect(visit.complaints).toEqual([])
  })

  test('takes the keyboard from the first field to the application', async () => {
    await visit.page.keyboard.press('Tab')
    await visit.page.keyboard.type('bastien@example.org')
    await visit.page.keyboard.press('Tab')
    await visit.page.keyboard.type(demoPassword)
    await visit.page.keyboard.press('Tab')
    await visit.page.keyboard.press('Space')
    await visit.page.waitForURL((url) => url.pathname === '/docs')
  })

  test('after a mistake begins on the message, which leads back to the field', async () => {
    await signIn(visit, 'bastien', 'faux')
    const alert = visit.page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true)
    expect(await visit.page.title()).toMatch(/^Erreur/)
    await visit.page.keyboard.press('Tab')
    await visit.page.keyboard.press('Tab')
    await visit.page.keyboard.press('Enter')
    await visit.page.keyboard.type(demoPassword)
    await visit.page.keyboard.press('Enter')
    await visit.page.waitForURL((url) => url.pathname === '/docs')
  })

  test('ends a session when the person says so', async () => {
    await signIn(visit, 'bastien')
    await visit.page.waitForURL((url) => url.pathname === '/docs')
    await visit.page.goto(`${endpoint}/logout`)
    await visit.page.getByRole('button', { name: 'Se déconnecter' }).press('Enter')
    await visit.page.getByRole('heading', { name: 'Vous êtes déconnecté' }).waitFor()
    await visit.page.goto(demand())
    await visit.page.getByLabel('Mot de passe').waitFor()
  })
})
