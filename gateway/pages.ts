import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../infra/config.ts'
import { openApiDocument } from './openapi.ts'
import { preferred } from './pages/accept.ts'
import { addAsset } from './pages/asset.ts'
import { pageHeaders } from './pages/layout.ts'
import { redirectPage, referenceHeaders, referencePage } from './pages/reference.ts'
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
  addAsset(app, '/v1/openapi.json', {
    type: 'application/json; charset=utf-8',
    body: JSON.stringify(openApiDocument(publicUrl, issuer)),
    headers: { 'access-control-allow-origin': '*' },
  })
  await addReference(app, { publicUrl, issuer })

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

async function addReference(
  app: FastifyInstance,
  options: { publicUrl: string; issuer: string },
): Promise<void> {
  const headers = referenceHeaders(options)
  addAsset(app, '/docs', { type: htmlType, body: referencePage(options), headers })
  app.get('/docs/', async (_request, reply) => await reply.redirect('/docs', 308))
  addAsset(app, '/docs/oauth2-redirect.html', { type: htmlType, body: redirectPage, headers })
  addAsset(app, '/docs/oauth2-redirect.js', {
    type: scriptType,
    body: await readSwaggerUi('oauth2-redirect.js'),
  })
  addAsset(app, '/docs/swagger-ui-bundle.js', {
    type: scriptType,
    body: await readSwaggerUi('swagger-ui-bundle.js'),
  })
  addAsset(app, '/docs/swagger-ui.css', { type: styleType, body: await readSwaggerUi('swagger-ui.css') })
  addAsset(app, '/docs/reference.js', { type: scriptType, body: await readOwn('reference.js') })
  addAsset(app, '/docs/reference.css', { type: styleType, body: await readOwn('reference.css') })
}

async function readSwaggerUi(name: string): Promise<Buffer> {
  return await readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`))
}

async function readOwn(name: string): Promise<Buffer> {
  return await readFile(join(import.meta.dirname, 'pages', name))
}
