import type { AsyncApi } from '../../asyncapi.ts'
import { html, type Html } from '../../../infra/issuer/html.ts'
import { page, pageHeaders } from '../layout.ts'
import { demandOf, type Demand } from './demand.ts'
import type { OpenApi } from './document.ts'
import { eventList } from './events.ts'
import { exampleOf } from './example.ts'
import { fieldList, typeOf } from './fields.ts'
import { operationArticle } from './operation.ts'
import { inline, prose } from './prose.ts'

/** How the reference page signs people in, and where it may talk to. */
export interface ReferenceOptions {
  readonly publicUrl: string
  readonly issuer: string
}

/**
 * The API reference, made from the OpenAPI document alone: it reads whole without script. With the page's own
 * script (`script.js`), people sign in and send each call from its form.
 */
export function referencePage(
  openApi: object,
  asyncApi: AsyncApi,
  { publicUrl, issuer }: ReferenceOptions,
): string {
  const document = openApi as OpenApi
  const demands = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => demandOf(method, path, operation, document)),
  )
  const groups = document.tags.map((tag) => ({
    ...tag,
    demands: demands.filter(({ operation }) => operation.tags[0] === tag.name),
  }))
  return page(
    'Référence de l’API',
    html`<h1>Référence de l’API</h1>
<p>Chaque appel, avec ses champs, ses réponses et ses refus. La même description pour les outils&nbsp;:
<a href="/v1/openapi.json">le document OpenAPI 3.1</a> et, pour les événements,
<a href="/v1/asyncapi.json">le document AsyncAPI 3.0</a>.</p>
<section aria-labelledby="regles">
<h2 id="regles" tabindex="-1">Ce qui vaut pour tous les appels</h2>
${prose(document.info.description)}
</section>
${signIn({ publicUrl, issuer })}
${groups.map(
  ({ name, description, demands }) => html`<section aria-labelledby="${name}">
<h2 id="${name}" tabindex="-1">${titles[name] ?? name}</h2>
${description ? html`<p>${inline(description)}</p>` : undefined}
${demands.map((demand) => operationArticle(demand, document, publicUrl))}</section>\n`,
)}
${eventList(asyncApi)}
${objects(document)}`,
    { beside: contents(groups), stylesheet: '/docs/reference.css', script: '/docs/reference.js' },
  )
}

const titles: Readonly<Record<string, string>> = {
  identity: 'Mon compte',
  gateway: 'Mon fil, en direct',
  demarches: 'Démarches et dossiers',
  documents: 'Documents',
  signalements: 'Signalements',
  agenda: 'Agenda',
  hub: 'Événements et administration',
}

interface Group {
  readonly name: string
  readonly demands: readonly Demand[]
}

function contents(groups: readonly Group[]): Html {
  return html`<nav class="sommaire" aria-labelledby="sommaire">
<h2 id="sommaire">Sommaire</h2>
<ul>
<li><a href="#regles">Ce qui vaut pour tous les appels</a></li>
<li><a href="#essayer">Essayer dans cette page</a></li>
${groups.map(
  ({ name, demands }) => html`<li><a href="#${name}">${titles[name] ?? name}</a>
<ul>
${demands.map(({ id, operation }) => html`<li><a href="#${id}">${inline(short(operation.summary))}</a></li>\n`)}</ul>
</li>\n`,
)}<li><a href="#evenements">Types d’événements</a></li>
<li><a href="#objets">Objets</a></li>
</ul>
</nav>`
}

/** The first sentence, without its full stop: enough to find one's way. */
function short(summary: string): string {
  return summary
    .split(/(?<=[a-zé»)])[.,:(] ?/)[0]!
    .replace(/\.$/, '')
    .trim()
}

function signIn({ publicUrl, issuer }: ReferenceOptions): Html {
  return html`<section class="carte" aria-labelledby="essayer" id="connexion" data-origine="${publicUrl}"
 data-emetteur="${issuer}" data-client="portail" data-portees="openid profile email">
<h2 id="essayer" tabindex="-1">Essayer dans cette page</h2>
<noscript><p class="note">Sans JavaScript, cette page se lit en entier, mais les appels ne s’envoient pas d’ici&nbsp;:
copiez la ligne <code>curl</code> de chacun.</p></noscript>
<div class="avec-script" hidden>
<p>Connectez-vous, puis ouvrez un appel et envoyez-le. Les appels partent pour de bon&nbsp;: ce qu’ils changent
reste changé.</p>
<p class="note" id="autre-adresse" hidden>Pour vous connecter, ouvrez cette page à l’adresse publique du
guichet&nbsp;: <a href="${publicUrl}/docs">${publicUrl}/docs</a></p>
<p id="qui" role="status">Vous n’êtes pas connecté.</p>
<div class="actions"><button type="button" id="se-connecter">Se connecter</button>
<button type="button" id="se-deconnecter" class="second" hidden>Se déconnecter</button></div>
<details>
<summary>Utiliser un jeton que vous avez déjà</summary>
<form id="jeton">
<label for="jeton.acces">Jeton d’accès</label>
<input id="jeton.acces" name="jeton" autocomplete="off" spellcheck="false" aria-describedby="jeton.aide" required>
<p class="aide" id="jeton.aide">Celui d’un système municipal, par exemple&nbsp;: <a href="/#relier">comment l’obtenir</a>.
Son secret n’a pas sa place dans un navigateur.</p>
<div class="actions"><button type="submit">Utiliser ce jeton</button></div>
</form>
</details>
</div>
</section>`
}

function objects(document: OpenApi): Html {
  return html`<section aria-labelledby="objets">
<h2 id="objets" tabindex="-1">Objets</h2>
<p>Ce que les appels reçoivent et rendent.</p>
${Object.entries(document.components.schemas).map(
  ([name, schema]) => html`<article class="carte objet" aria-labelledby="objet.${name}">
<h3 id="objet.${name}" tabindex="-1">${name}</h3>
${schema.description ? html`<p>${inline(schema.description)}</p>` : undefined}
${
  schema.properties
    ? html`<details>
<summary>Champs et exemple<span class="pour-lecteur"> : ${name}</span></summary>
${fieldList(schema)}<p>Par exemple&nbsp;:</p>
<pre><code>${JSON.stringify(exampleOf(schema, document, 'answer'), null, 2)}</code></pre>
</details>`
    : html`<p>${typeOf(schema)}${schema.enum ? html`&nbsp;: ${schema.enum.map((v, i) => html`${i > 0 ? ', ' : ''}<code>${v}</code>`)}` : undefined}</p>`
}
</article>\n`,
)}</section>`
}

/** The page runs its own script, and talks to the hub and to the issuer. */
export function referenceHeaders({ publicUrl, issuer }: ReferenceOptions): Readonly<Record<string, string>> {
  const issuerOrigin = new URL(issuer).origin
  const connect = ["'self'", ...(issuerOrigin === new URL(publicUrl).origin ? [] : [issuerOrigin])].join(' ')
  return {
    ...pageHeaders,
    'content-security-policy': `${pageHeaders['content-security-policy']!.replace("style-src '", "style-src 'self' '")}; script-src 'self'; connect-src ${connect}`,
  }
}
