import { hash } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { type ErrorCode, errorCatalog, Refusal } from '../../contracts/errors.ts'
import { addPages } from '../../gateway/pages.ts'
import { sendNotFound } from '../../gateway/not-found.ts'
import { sendProblem } from '../../gateway/problem.ts'
import { readConfig } from '../../infra/config.ts'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { demoSystem } from '../../infra/issuer/clients.ts'

const publicUrl = 'http://localhost:3000'
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

async function serve(environment: Record<string, string> = {}): Promise<FastifyInstance> {
  const app = Fastify()
  app.decorateRequest('refusal', null)
  app.setNotFoundHandler(sendNotFound)
  await addPages(app, readConfig(environment))
  return app
}

let app: FastifyInstance
beforeAll(async () => {
  app = await serve()
})
afterAll(() => app.close())

async function get(url: string, headers: Record<string, string> = {}, from = app) {
  return await from.inject({ url, headers })
}

/** Every address that a browser would follow or fetch from this page or style sheet. */
function addresses(text: string): string[] {
  const attributes = [...text.matchAll(/\s(?:src|href|action|srcset|poster|data)="([^"]*)"/g)].map(
    ([, url]) => url!,
  )
  const styles = [...text.matchAll(/url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)/g)].map(
    ([, url, imported]) => url ?? imported!,
  )
  return [...attributes, ...styles]
}

const htmlPages = ['/', '/docs', '/nulle-part', '/signalements/confirmation']

describe('the pages', () => {
  test.each(htmlPages)('%s is French HTML that fetches nothing from another host', async (url) => {
    const response = await get(url, { accept: browser })
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(response.body).toMatch(/^<!doctype html>\n<html lang="fr">/)
    expect(response.body).toMatch(/<title>.+ — Guichet de Malakoff<\/title>/)
    const outside = addresses(response.body).filter(
      (address) => new URL(address, publicUrl).origin !== publicUrl,
    )
    expect(outside).toEqual([])
  })

  test.each(htmlPages)('%s runs no inline script and stays out of frames', async (url) => {
    const { headers, body } = await get(url, { accept: browser })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
    for (const [, attributes, code] of body.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)) {
      expect(attributes).toMatch(/src="\//)
      expect(code).toBe('')
    }
    expect(body).not.toMatch(/\son[a-z]+=|\sstyle=|javascript:/)
  })

  test.each(htmlPages)('%s has a style that its policy allows', async (url) => {
    const { headers, body } = await get(url, { accept: browser })
    const style = /<style>([^<]*)<\/style>/.exec(body)?.[1] ?? ''
    expect(headers['content-security-policy']).toContain(`'sha256-${hash('sha256', style, 'base64')}';`)
    expect(addresses(style)).toEqual([])
  })

  test.each(htmlPages)('%s has its landmarks, one first heading and a way past the header', async (url) => {
    const { body } = await get(url, { accept: browser })
    for (const landmark of ['<header role="banner">', '<main id="contenu"', '<footer role="contentinfo">'])
      expect(body.split(landmark)).toHaveLength(2)
    expect(body.match(/<h1[ >]/g)).toHaveLength(1)
    expect(body).toContain('<a class="evitement" href="#contenu">')
  })
})

describe('the first page', () => {
  test('answers programs that prefer JSON with links', async () => {
    const response = await get('/', { accept: 'application/json' })
    expect(response.headers.vary).toBe('Accept')
    expect(response.json()).toMatchObject({
      documentation: `${publicUrl}/docs`,
      openapi: `${publicUrl}/v1/openapi.json`,
      asyncapi: `${publicUrl}/v1/asyncapi.json`,
    })
  })

  test('leads to pages that exist', async () => {
    const { body } = await get('/', { accept: browser })
    const own = addresses(body).filter((address) => /^\/(?!health|realms)/.test(address))
    expect(own).toEqual(
      expect.arrayContaining(['/docs', '/v1/openapi.json', '/docs#hub.listerLettresMortes']),
    )
    for (const address of own) expect((await get(address.split('#')[0]!)).statusCode).toBe(200)
    for (const address of addresses(body).filter((one) => one.startsWith('#')))
      expect(body).toContain(`id="${address.slice(1)}"`)
  })

  test('names operations of the reference that exist', async () => {
    const { body } = await get('/', { accept: browser })
    const { paths } = (await get('/v1/openapi.json')).json<{
      paths: Record<string, Record<string, { operationId: string }>>
    }>()
    const ids = Object.values(paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    )
    const linked = addresses(body).flatMap((address) => /^\/docs#(.+)$/.exec(address)?.[1] ?? [])
    expect(linked).not.toEqual([])
    expect([...ids, 'evenements']).toEqual(expect.arrayContaining(linked))
  })

  test('shows the demonstration accounts, and none beside a real Keycloak', async () => {
    expect((await get('/', { accept: browser })).body).toContain(demoPassword)
    const real = await serve({ KEYCLOAK_URL: 'https://connexion.example' })
    const { body } = await get('/', { accept: browser }, real)
    await real.close()
    expect(body).not.toContain(demoPassword)
    expect(body).not.toContain(demoSystem.secret)
    expect(body).toContain('https://connexion.example/realms/malakoff/protocol/openid-connect/token')
  })
})

describe('the API reference', () => {
  test('is made of files that are all there, revalidated by their ETag', async () => {
    const { body } = await get('/docs')
    const files = addresses(body).filter((address) => address.startsWith('/docs/'))
    expect(files.toSorted()).toEqual(['/docs/reference.css', '/docs/reference.js'])
    for (const url of [...files, '/docs/sign-in.js']) {
      const first = await get(url)
      expect({ url, status: first.statusCode, type: first.headers['content-type'] }).toEqual({
        url,
        status: 200,
        type: expect.stringMatching(/^text\/(javascript|css|html); charset=utf-8$/),
      })
      const again = await get(url, { 'if-none-match': `"autre", W/${first.headers.etag as string}` })
      expect({ status: again.statusCode, body: again.body }).toEqual({ status: 304, body: '' })
      expect((await get(url, { 'if-none-match': '"autre"' })).statusCode).toBe(200)
    }
  })

  test('has a style sheet that fetches nothing', async () => {
    expect(addresses((await get('/docs/reference.css')).body)).toEqual([])
  })

  test.each([
    '/docs/../package.json',
    '/docs/..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/docs/..%5c..%5cpackage.json',
    '/docs//etc/passwd',
    '/docs/package.json',
    '/docs/reference/script.js',
    '/docs/page.ts',
  ])('serves nothing else: %s', async (url) => {
    expect((await get(url)).statusCode).toBe(404)
  })

  test('may talk to the hub, and to Keycloak only where there is one', async () => {
    expect((await get('/docs')).headers['content-security-policy']).toMatch(/connect-src 'self'$/)
    const real = await serve({ KEYCLOAK_URL: 'https://connexion.example/auth' })
    const { headers } = await get('/docs', {}, real)
    await real.close()
    expect(headers['content-security-policy']).toMatch(/connect-src 'self' https:\/\/connexion\.example$/)
  })

  test('knows where sign-ins come back to', async () => {
    const moved = await serve({ PUBLIC_URL: 'https://guichet.example' })
    expect((await get('/docs', {}, moved)).body).toContain('data-origine="https://guichet.example"')
    await moved.close()
  })

  test('has one address', async () => {
    const response = await get('/docs/')
    expect({ status: response.statusCode, location: response.headers.location }).toEqual({
      status: 308,
      location: '/docs',
    })
  })
})

describe.each(['/v1/openapi.json', '/v1/asyncapi.json'])('%s', (address) => {
  test('is readable from any page, and cached by its ETag', async () => {
    const { headers, statusCode } = await get(address)
    expect({ statusCode, type: headers['content-type'] }).toEqual({
      statusCode: 200,
      type: 'application/json; charset=utf-8',
    })
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'public, no-cache' })
    const again = await get(address, { 'if-none-match': headers.etag as string })
    expect(again.statusCode).toBe(304)
    expect(again.headers).toMatchObject({ etag: headers.etag, 'access-control-allow-origin': '*' })
  })
})

describe('an unknown address', () => {
  test('is a page for a browser', async () => {
    const response = await get('/nulle-part?x=1', { accept: browser })
    expect(response.statusCode).toBe(404)
    expect(response.headers.vary).toBe('Accept')
    expect(response.body).toContain('<h1>Page introuvable</h1>')
  })

  test.each([
    ['/nulle-part', 'application/json'],
    ['/nulle-part', '*/*'],
    ['/nulle-part', 'application/json, text/plain, */*'],
    ['/v1/nulle-part', browser],
    ['/v1', browser],
    ['/v1?x=1', browser],
  ])('is a problem: %s asked with %s', async (url, accept) => {
    const response = await get(url, { accept })
    expect(response.statusCode).toBe(404)
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(response.json()).toMatchObject({ code: 'introuvable', status: 404 })
  })

  test.each(['/v1x', '/health/nulle-part'])(
    'that is not of the API is a page all the same: %s',
    async (url) => {
      expect((await get(url, { accept: browser })).headers['content-type']).toBe('text/html; charset=utf-8')
    },
  )
})

describe('a page that is sent something', () => {
  test('says which methods it takes, in words to a person and in a problem to a program', async () => {
    const page = await app.inject({ method: 'POST', url: '/docs?x=1', headers: { accept: browser } })
    expect({ status: page.statusCode, allow: page.headers.allow }).toEqual({
      status: 405,
      allow: 'GET, HEAD',
    })
    expect(page.body).toContain('<h1>Demande impossible ici</h1>')
    const problem = await app.inject({ method: 'DELETE', url: '/' })
    expect(problem.statusCode).toBe(405)
    expect(problem.json()).toMatchObject({ code: 'methode-non-permise' })
  })
})

describe('a refusal outside the API', () => {
  const codes = Object.keys(errorCatalog) as ErrorCode[]

  test.each(codes)('%s is a page of its status for a person, with a way on', async (code) => {
    const one = Fastify()
    one.decorateRequest('refusal', null)
    one.setErrorHandler(sendProblem)
    one.get('/refus', () => {
      throw new Refusal(code)
    })
    const page = await one.inject({ url: '/refus', headers: { accept: browser } })
    const problem = await one.inject({ url: '/refus' })
    await one.close()
    expect(page.statusCode).toBe(errorCatalog[code][0])
    expect(page.headers).toMatchObject({ vary: 'Accept', 'content-type': 'text/html; charset=utf-8' })
    expect('retry-after' in page.headers).toBe('retry-after' in problem.headers)
    expect(page.body.match(/<h1>[^<]+<\/h1>/g)).toHaveLength(1)
    expect(page.body).toContain('<a href="/">')
    expect(problem.json()).toMatchObject({ code })
  })
})

test('robots are kept out, and browsers get an icon', async () => {
  expect((await get('/robots.txt')).body).toBe('User-agent: *\nDisallow: /\n')
  for (const url of ['/favicon.svg', '/favicon.ico']) {
    const { headers, body } = await get(url)
    expect(headers['content-type']).toBe('image/svg+xml')
    expect(body).toMatch(/^<svg /)
  }
})
