import type { Config } from '../../infra/config.ts'
import { demoAccounts, demoPassword } from '../../infra/issuer/accounts.ts'
import { demoClients, demoSystem } from '../../infra/issuer/clients.ts'
import { html, type Html } from '../../infra/issuer/html.ts'
import { page } from './layout.ts'

/** Where to go, for a program. */
export function links({ publicUrl }: Config, issuer: string): Readonly<Record<string, string>> {
  return {
    nom: 'Guichet de Malakoff',
    documentation: `${publicUrl}/docs`,
    openapi: `${publicUrl}/v1/openapi.json`,
    asyncapi: `${publicUrl}/v1/asyncapi.json`,
    connexion: `${issuer}/.well-known/openid-configuration`,
    demarches: `${publicUrl}/v1/demarches`,
    evenements: `${publicUrl}/v1/evenements`,
    vivant: `${publicUrl}/health/live`,
    pret: `${publicUrl}/health/ready`,
  }
}

/** The first page: what this is, and where each kind of visitor goes. Demonstration accounts only when there are some. */
export function welcomePage(config: Config, issuer: string): string {
  const isDemo = config.keycloakUrl === undefined
  return page(
    'Bienvenue',
    html`<h1>Le guichet des démarches</h1>
<p>Guichet reçoit les démarches des habitants et les suit jusqu’à la décision&nbsp;: un seul compte, un seul fil,
la même réponse partout. Le portail, l’application, la borne d’accueil et le bureau des agents s’appuient tous
sur lui.</p>
<p>Cette page s’adresse à celles et ceux qui les construisent et les font fonctionner. Pour faire une démarche,
passez par le site de la ville ou par l’accueil de la mairie.</p>
<nav aria-label="Sur cette page">
<ul>
<li><a href="#developper">Je développe un site ou une application</a></li>
<li><a href="#relier">Je relie un logiciel de la ville</a></li>
<li><a href="#administrer">J’administre le guichet</a></li>
</ul>
</nav>
${forDevelopers(config, issuer, isDemo)}
${forSystems(config, issuer, isDemo)}
${forAdministrators(isDemo)}`,
  )
}

function forDevelopers({ publicUrl }: Config, issuer: string, isDemo: boolean): Html {
  const clients = demoClients(publicUrl).filter((client) => client.token_endpoint_auth_method === 'none')
  return html`<section class="carte" aria-labelledby="developper">
<h2 id="developper" tabindex="-1">Je développe un site ou une application</h2>
<ul>
<li><a href="/docs">Référence de l’API</a>&nbsp;: lire chaque appel et l’essayer dans la page</li>
<li><a href="/v1/openapi.json">Description OpenAPI 3.1</a>&nbsp;: pour produire un client ou des tests (JSON)</li>
</ul>
<h3>Un premier appel, sans connexion</h3>
<pre><code>curl ${publicUrl}/v1/demarches</code></pre>
<h3>Connecter une personne</h3>
<p>OpenID Connect, code d’autorisation avec PKCE, sans secret. Adresse de l’émetteur&nbsp;:
<code>${issuer}</code> (<a href="${discoveryPath(publicUrl, issuer)}">sa configuration</a>).</p>
<p>Identifiants de client&nbsp;:</p>
<ul>
${clients.map((client) => html`<li><code>${client.client_id}</code>, pour ${client.client_name}</li>\n`)}</ul>
<pre><code>curl -H "Authorization: Bearer $JETON" \\
  ${publicUrl}/v1/moi</code></pre>
${
  isDemo
    ? html`<div class="note"><p>Démonstration&nbsp;: les comptes ${list(demoAccounts.map(({ identifiant }) => identifiant))}
sont inventés et ont tous le mot de passe <code>${demoPassword}</code>. Sur votre propre machine, le retour de
connexion peut être <code>http://localhost:…/callback</code> ou <code>/retour</code>, sur le port que vous voulez.</p></div>`
    : undefined
}
</section>`
}

function forSystems({ publicUrl }: Config, issuer: string, isDemo: boolean): Html {
  const client = isDemo ? `${demoSystem.clientId}:${demoSystem.secret}` : '$CLIENT:$SECRET'
  return html`<section class="carte" aria-labelledby="relier">
<h2 id="relier" tabindex="-1">Je relie un logiciel de la ville</h2>
<p>Tout ce qui se passe dans le guichet se lit dans un flux d’événements (CloudEvents), dans l’ordre et sans
perte. Chaque réponse donne <code>apres</code>&nbsp;: redonnez-le tel quel pour lire la suite. Les événements ne
contiennent aucune donnée personnelle.</p>
<h3>Obtenir un jeton</h3>
<pre><code>JETON=$(curl -s -u ${client} \\
  -d grant_type=client_credentials \\
  ${issuer}/protocol/openid-connect/token \\
  | sed 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/')</code></pre>
<h3>Lire les événements</h3>
<pre><code>curl -H "Authorization: Bearer $JETON" \\
  "${publicUrl}/v1/evenements?apres=0"</code></pre>
<ul>
<li><a href="/docs#hub.listerEvenements">Tout sur ce flux</a> et <a href="/docs#evenements">chaque type
d’événement</a>, dans la référence de l’API</li>
<li><a href="/v1/asyncapi.json">Description AsyncAPI 3.0</a>&nbsp;: pour produire les types d’un lecteur (JSON)</li>
</ul>
</section>`
}

function forAdministrators(isDemo: boolean): Html {
  return html`<section class="carte" aria-labelledby="administrer">
<h2 id="administrer" tabindex="-1">J’administre le guichet</h2>
<ul>
<li><a href="/health/ready">Le guichet est-il prêt&nbsp;?</a> (<code>/health/ready</code>&nbsp;: il peut servir)</li>
<li><a href="/health/live">Le guichet est-il en vie&nbsp;?</a> (<code>/health/live</code>&nbsp;: son processus répond)</li>
<li><a href="/docs#hub.listerLettresMortes">Lettres mortes</a>&nbsp;: les événements dont une réaction échoue,
et <a href="/docs#hub.relancerLettreMorte">comment les relancer</a> après réparation</li>
</ul>
<p>Chaque réponse porte un en-tête <code>X-Trace-Id</code>, que l’on retrouve dans les journaux et dans les traces.</p>
${
  isDemo
    ? html`<div class="note"><p>Démonstration&nbsp;: ces deux appels demandent le compte <code>admin</code>.</p></div>`
    : undefined
}
</section>`
}

/** On our own host without its name, so that the link follows whatever address the page was opened at. */
function discoveryPath(publicUrl: string, issuer: string): string {
  const url = `${issuer}/.well-known/openid-configuration`
  return url.startsWith(publicUrl) ? url.slice(publicUrl.length) : url
}

function list(names: readonly string[]): Html[] {
  return names.map(
    (name, i) => html`${i === 0 ? '' : i === names.length - 1 ? ' et ' : ', '}<code>${name}</code>`,
  )
}
