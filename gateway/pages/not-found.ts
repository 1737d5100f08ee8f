import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../../contracts/errors.ts'
import { html } from '../../infra/issuer/html.ts'
import { sendProblem } from '../problem.ts'
import { routes } from '../routes.ts'
import { preferred } from './accept.ts'
import { page, pageHeaders } from './layout.ts'

const notFoundPage = page(
  'Page introuvable',
  html`<h1>Page introuvable</h1>
<p>Aucune page n’existe à cette adresse. Elle a pu être mal recopiée.</p>
<ul>
<li><a href="/">Revenir à l’accueil</a></li>
<li><a href="/docs">Ouvrir la référence de l’API</a></li>
</ul>`,
)

const patterns = routes.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
}))

/** The methods that an address of the API knows; none for an address that it does not know. */
function methodsOf(path: string): string[] {
  return patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
}

/** Answers an unknown address: a page to a browser, a problem to anything else and always under `/v1`. */
export async function sendNotFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const allowed = methodsOf(request.url.split('?')[0] ?? '')
  if (allowed.length > 0) {
    void reply.header('allow', allowed.join(', '))
    return await sendProblem(new Refusal('methode-non-permise'), request, reply)
  }
  const underApi = /^\/(?:v1|health)(?:[/?]|$)/.test(request.url)
  const wanted = preferred(request.headers.accept, [
    'application/problem+json',
    'application/json',
    'text/html',
  ])
  if (!underApi) void reply.header('vary', 'Accept')
  if (underApi || wanted !== 'text/html') return await sendProblem(new Refusal('introuvable'), request, reply)
  request.refusal = 'introuvable'
  return await reply.code(404).headers(pageHeaders).type('text/html; charset=utf-8').send(notFoundPage)
}
