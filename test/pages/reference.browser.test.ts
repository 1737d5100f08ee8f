import { routes } from '../../gateway/routes.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { demoSystem } from '../../infra/issuer/clients.ts'
import { signInSystem } from '../demo/sign-in.ts'
import { pdf } from '../documents/fixtures.ts'
import { hubUrl } from '../support/api.ts'
import { type View, views, Visit } from '../support/visit.ts'

/** Every operation of the hub stands on this page: axe looks at each of its elements, which takes half a minute. */
const patienceMs = 120_000
const openAll = 'for (const one of document.querySelectorAll("details")) one.open = true'

describe.each(Object.keys(views) as View[])('the API reference seen on %s', (view) => {
  test(
    'has no fault',
    async () => {
      const visit = await Visit.open('/docs#documents.ouvrirTeleversement', view)
      expect(await visit.axe()).toEqual([])
      expect(await visit.walk()).toEqual([])
      expect(await visit.faults()).toEqual([])
      expect(visit.complaints).toEqual([])
    },
    patienceMs,
  )
})

// Light and dark, wide and narrow, are each seen once with all that the page holds.
describe.each(['desktop', 'phone, dark'] as const)('the API reference seen on %s', (view) => {
  test(
    'has no fault with every operation and every object open',
    async () => {
      const visit = await Visit.open('/docs', view)
      await visit.page.evaluate(openAll)
      expect(await visit.axe()).toEqual([])
      expect(await visit.faults()).toEqual([])
      expect(visit.complaints).toEqual([])
    },
    patienceMs,
  )
})

describe('the API reference', () => {
  let visit: Visit
  beforeEach(async () => {
    visit = await Visit.open('/docs', 'desktop')
  })
  afterEach(async () => {
    expect(visit.complaints).toEqual([])
  })

  const operation = (id: string) => visit.page.locator(`[id="${id}"]`)

  async function open(id: string): Promise<void> {
    await operation(id).locator('summary').first().focus()
    await visit.page.keyboard.press('Enter')
  }

  /** On the sign-in page, by the keyboard alone: the focus goes from field to field and Enter sends. */
  async function typeCredentials(identifiant: string): Promise<void> {
    await visit.page.getByLabel('Identifiant ou adresse électronique').focus()
    await visit.page.keyboard.type(identifiant)
    await visit.page.keyboard.press('Tab')
    await visit.page.keyboard.type(demoPassword)
    await visit.page.keyboard.press('Enter')
    await visit.page.waitForURL(/\/docs#/)
  }

  async function send(id: string): Promise<string> {
    await operation(id).getByRole('button', { name: 'Envoyer' }).focus()
    await visit.page.keyboard.press('Enter')
    const status = operation(id).getByRole('status')
    await status.filter({ hasText: /^(\d|La demande)/ }).waitFor()
    return (await status.textContent()) ?? ''
  }

  test('opened and walked by the keyboard, an operation has no fault', async () => {
    await open('demarches.creerDossier')
    await open('documents.ouvrirTeleversement')
    expect(await visit.walk()).toEqual([])
  })

  test('signs a person in from the form of a call, comes back to it and sends it', async () => {
    await open('identity.lireMoi')
    await operation('identity.lireMoi').getByRole('button', { name: 'Se connecter' }).focus()
    await visit.page.keyboard.press('Enter')
    await typeCredentials('amina')
    expect(visit.page.url()).toMatch(/\/docs#identity\.lireMoi$/)
    await visit.page.getByText('Vous êtes connecté : Amina Ferrand.').waitFor()
    expect(await send('identity.lireMoi')).toMatch(/^200 OK, en \d+ ms$/)
    const answer = await operation('identity.lireMoi').locator('.reponse').innerText()
    expect(answer).toContain('"prenom": "Amina"')
    expect(await visit.axe()).toEqual([])

    await open('demarches.creerDossier')
    expect(await send('demarches.creerDossier')).toMatch(/^201 Created/)
    const created = await operation('demarches.creerDossier').locator('.reponse').innerText()
    const id = /"id": "([0-9a-f-]{36})"/.exec(created)?.[1] ?? ''
    await open('demarches.lireDossier')
    await operation('demarches.lireDossier').getByLabel('id').fill(id)
    expect(await send('demarches.lireDossier')).toMatch(/^200 OK/)

    await open('gateway.suivreSuivi')
    expect(await send('gateway.suivreSuivi')).toMatch(/^200 OK/)
    await operation('gateway.suivreSuivi').getByRole('button', { name: 'Arrêter' }).click()
    await operation('gateway.suivreSuivi').getByText('Arrêté.').waitFor()
  })

  test('sends a file and takes it back', async () => {
    await visit.page.getByRole('button', { name: 'Se connecter', exact: true }).first().click()
    await typeCredentials('bastien')
    await visit.page.getByText('Vous êtes connecté : Bastien Lormel.').waitFor()
    await open('documents.ouvrirTeleversement')
    const file = { name: 'piece.pdf', mimeType: 'application/pdf', buffer: pdf() }
    await operation('documents.ouvrirTeleversement').locator('input[type=file]').setInputFiles(file)
    expect(await send('documents.ouvrirTeleversement')).toMatch(/^201 Created/)
    const created = await operation('documents.ouvrirTeleversement').locator('.reponse').innerText()
    await open('documents.ouvrirLecture')
    await operation('documents.ouvrirLecture')
      .getByLabel('id')
      .fill(/"id": "([0-9a-f-]{36})"/.exec(created)?.[1] ?? '')
    expect(await send('documents.ouvrirLecture')).toMatch(/^200 OK/)
    await operation('documents.ouvrirLecture')
      .getByRole('link', { name: /^Enregistrer le fichier/ })
      .waitFor()
  })

  test('takes the token of a staff system', async () => {
    const session = await signInSystem(hubUrl, demoSystem.clientId, demoSystem.secret)
    await visit.page.getByText('Utiliser un jeton que vous avez déjà').click()
    await visit.page.getByLabel('Jeton d’accès').fill('faux')
    await visit.page.keyboard.press('Enter')
    await visit.page.getByText('Ce n’est pas un jeton d’accès.').waitFor()
    await visit.page.getByLabel('Jeton d’accès').fill(await session.token())
    await visit.page.keyboard.press('Enter')
    await visit.page.getByText(`Vous êtes connecté : ${demoSystem.clientId}.`).waitFor()
    await open('hub.listerEvenements')
    expect(await send('hub.listerEvenements')).toMatch(/^200 OK/)
  })

  test('says what went wrong: a refused call, a sign-in given up, an answer that it did not ask for', async () => {
    await open('identity.lireMoi')
    expect(await send('identity.lireMoi')).toMatch(/^401 Unauthorized/)
    expect(await operation('identity.lireMoi').locator('.reponse').innerText()).toContain('jeton-requis')

    await operation('identity.lireMoi').getByRole('button', { name: 'Se connecter' }).click()
    await visit.page.getByRole('button', { name: 'Annuler' }).click()
    await visit.page.getByText('La connexion a été annulée.').waitFor()

    await visit.page.goto('/docs?code=vole&state=inconnu')
    await visit.page.getByText('Cette connexion n’a pas commencé ici. Recommencez.').waitFor()
    expect(new URL(visit.page.url()).search).toBe('')
  })

  test('opens the operation that a link names', async () => {
    await visit.page.goto('/')
    await visit.page.getByRole('link', { name: 'Lettres mortes' }).click()
    await operation('hub.listerLettresMortes').getByRole('button', { name: 'Envoyer' }).waitFor()
  })

  test('reads whole without JavaScript, and offers nothing that needs it', async () => {
    const plain = await Visit.open('/docs', 'phone', { javaScriptEnabled: false })
    expect(await plain.page.locator('article.operation').count()).toBe(routes.length)
    expect(await plain.page.locator('noscript').innerText()).toContain(
      'Sans JavaScript, cette page se lit en entier',
    )
    await plain.page.locator('[id="demarches.creerDossier"] summary').first().click()
    await plain.page.locator('[id="demarches.creerDossier"]').getByText('curl -X POST').waitFor()
    expect(await plain.page.locator('button:visible').count()).toBe(0)
  })
})
