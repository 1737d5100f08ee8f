import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorCatalog } from '../../contracts/errors.ts'
import { html, type Html } from '../../infra/issuer/html.ts'
import { preferred } from './accept.ts'
import { page, pageHeaders } from './layout.ts'

interface Words {
  readonly title: string
  readonly text: Html
}

const wait = html`<p>Attendez un instant, puis rechargez cette page.</p>`

/** What a person reads instead of a problem; other codes have their title alone. */
const words: Partial<Record<ErrorCode, Words>> = {
  introuvable: {
    title: 'Page introuvable',
    text: html`<p>Aucune page n’existe à cette adresse. Elle a pu être mal recopiée.</p>`,
  },
  'methode-non-permise': {
    title: 'Demande impossible ici',
    text: html`<p>Cette page se lit, mais on ne peut rien lui envoyer.</p>`,
  },
  'trop-de-requetes': {
    title: 'Trop de demandes à la fois',
    text: html`<p>Trop de demandes sont venues de votre connexion en peu de temps.</p>\n${wait}`,
  },
  'erreur-interne': {
    title: 'Une erreur est survenue',
    text: html`<p>L’erreur vient du guichet, pas de vous. Ce que vous aviez déjà envoyé n’est pas perdu.</p>\n${wait}`,
  },
  'service-indisponible': {
    title: 'Le guichet est momentanément indisponible',
    text: html`<p>Il redémarre, ou il a trop à faire.</p>\n${wait}`,
  },
}

/** Everything under `/v1` is for programs, whatever they say that they accept. */
export function isApi(url: string): boolean {
  return /^\/(?:v1|oparl)(?:[/?]|$)/.test(url)
}

/** Does whoever asks read pages? Programs, which do not ask for HTML, get a problem. */
export function wantsPage({ url, headers }: FastifyRequest): boolean {
  if (isApi(url)) return false
  return (
    preferred(headers.accept, ['application/problem+json', 'application/json', 'text/html']) === 'text/html'
  )
}

/** Answers a refusal with a page that says it in plain words and leads on. */
export async function sendErrorPage(
  code: ErrorCode,
  traceId: string | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [status, sentence] = errorCatalog[code]
  const { title, text } = words[code] ?? { title: 'Demande refusée', text: html`<p>${sentence}</p>` }
  const body = page(
    title,
    html`<h1>${title}</h1>
${text}
<ul>
<li><a href="/">Revenir à l’accueil</a></li>
<li><a href="/docs">Ouvrir la référence de l’API</a></li>
</ul>
${traceId && status >= 500 ? html`<p class="doux">À donner à l’assistance&nbsp;: <code>${traceId}</code></p>` : undefined}`,
  )
  return await reply.code(status).headers(pageHeaders).type('text/html; charset=utf-8').send(body)
}
