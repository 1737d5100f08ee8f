import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../infra/config.ts'
import { asyncApiDocument } from './asyncapi.ts'
import { openApiDocument } from './openapi.ts'
import { preferred } from './pages/accept.ts'
import { addAsset } from './pages/asset.ts'
import { confirmationHeaders, confirmationPage } from './pages/confirmation.ts'
import { pageHeaders } from './pages/layout.ts'
import { referenceHeaders, type ReferenceOptions, referencePage } from './pages/reference/page.ts'
import { links, welcomePage } from './pages/welcome.ts'

const htmlType = 'text/html; charset=utf-8'
const scriptType = 'text/javascript; charset=utf-8'
const styleType = 'text/css; charset=utf-8'
const svgType = 'image/svg+xml'

/** The pages that people open: the first page, the API reference, and what browsers ask for beside them. */
export async function addPages(app: FastifyInstance, config: Config): Promise<void> {
  const { publicUrl } = config
  const issuer = `${config.keycloakUrl ?? publicUrl}/realms/malakoff`

  addWelcome(app, config, issuer)
  const openApi = openApiDocument(publicUrl, issuer)
  const asyncApi = asyncApiDocument(publicUrl, config.natsUrl)
  addAsset(app, '/v1/openapi.json', forAnyPage(openApi))
  addAsset(app, '/v1/asyncapi.json', forAnyPage(asyncApi))
  await addReference(app, referencePage(openApi, asyncApi, { publicUrl, issuer }), { publicUrl, issuer })

  addAsset(app, '/signalements/confirmation', {
    type: htmlType,
    body: confirmationPage,
    headers: confirmationHeaders,
  })
  addAsset(app, '/signalements/confirmation.js', { type: scriptType, body: await readOwn('confirmation.js') })

  const icon = await readOwn('favicon.svg')
  addAsset(app, '/favicon.svg', { type: svgType, body: icon })
  addAsset(app, '/favicon.ico', { type: svgType, body: icon })
  addAsset(app, '/robots.txt', { type: 'text/plain; charset=utf-8', body: 'User-agent: *\nDisallow: /\n' })
}

function addWelcome(app: FastifyInstance, config: Config, issuer: string): void {
  const forPeople = welcomePage(config, issuer)
  const forPrograms = links(config, issuer)
  app.get('/', async (request, reply) => {
    void reply.headers({ vary: 'Accept', 'cache-control': 'no-cache' })
    if (preferred(request.headers.accept, ['text/html', 'application/json']) === 'application/json')
      return forPrograms
    return await reply.headers(pageHeaders).type(htmlType).send(forPeople)
  })
}

function forAnyPage(document: object) {
  const headers = { 'access-control-allow-origin': '*' }
  return { type: 'application/json; charset=utf-8', body: JSON.stringify(document), headers }
}

async function addReference(app: FastifyInstance, body: string, options: ReferenceOptions): Promise<void> {
  addAsset(app, '/docs', { type: htmlType, body, headers: referenceHeaders(options) })
  app.get('/docs/', async (_request, reply) => await reply.redirect('/docs', 308))
  addAsset(app, '/docs/reference.js', { type: scriptType, body: await readOwn('reference/script.js') })
  addAsset(app, '/docs/sign-in.js', { type: scriptType, body: await readOwn('reference/sign-in.js') })
  addAsset(app, '/docs/reference.css', { type: styleType, body: await readOwn('reference/style.css') })
}

async function readOwn(name: string): Promise<Buffer> {
  return await readFile(join(import.meta.dirname, 'pages', name))
}
