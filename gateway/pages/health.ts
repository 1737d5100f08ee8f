import type { FastifyReply, FastifyRequest } from 'fastify'
import { html } from '../../infra/issuer/html.ts'
import { preferred } from './accept.ts'
import { page, pageHeaders } from './layout.ts'

const pages = {
  pret: page(
    'Le guichet est prêt',
    html`<h1>Le guichet est prêt</h1>
<p>Il peut servir&nbsp;: sa base de données répond.</p>
<p><a href="/">Revenir à l’accueil</a></p>`,
  ),
  vivant: page(
    'Le guichet est en vie',
    html`<h1>Le guichet est en vie</h1>
<p>Son processus répond. Pour savoir s’il peut servir&nbsp;: <a href="/health/ready">est-il prêt&nbsp;?</a></p>
<p><a href="/">Revenir à l’accueil</a></p>`,
  ),
}

/** Tells a probe in JSON and a person in words that all is well; when it is not, a refusal does. */
export async function sendHealth(
  statut: keyof typeof pages,
  body: object,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  void reply.header('vary', 'Accept')
  if (preferred(request.headers.accept, ['application/json', 'text/html']) === 'application/json')
    return await reply.send(body)
  return await reply.headers(pageHeaders).type('text/html; charset=utf-8').send(pages[statut])
}
