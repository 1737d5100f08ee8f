import { html } from '../../infra/issuer/html.ts'

/** How the reference page signs people in, and where it may talk to. */
export interface ReferenceOptions {
  readonly publicUrl: string
  readonly issuer: string
}

/**
 * The API reference: our page around Swagger UI, whose files are our own copies and which brings its own
 * `main`. Its settings are data attributes, because the page holds no inline script.
 */
export function referencePage({ publicUrl }: ReferenceOptions): string {
  return html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Référence de l’API — Guichet de Malakoff</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/reference.css">
<script src="/docs/swagger-ui-bundle.js" defer></script>
<script src="/docs/reference.js" defer></script>
</head>
<body>
<a class="evitement" href="#contenu">Aller au contenu</a>
<header role="banner"><p><a href="/">Guichet de Malakoff</a> <span>Référence de l’API</span></p></header>
<div id="contenu" tabindex="-1">
<p class="avis" id="autre-adresse" hidden>Pour vous connecter, ouvrez cette page à l’adresse publique du
guichet&nbsp;: <a href="${publicUrl}/docs">${publicUrl}/docs</a></p>
<noscript><p class="avis">Cette page a besoin de JavaScript. La même description se lit dans
<a href="/v1/openapi.json">le document OpenAPI</a>.</p></noscript>
<div id="reference" data-origin="${publicUrl}" data-client="portail" data-scopes="openid profile email"></div>
</div>
</body>
</html>
`.markup
}

/** Where a sign-in started on the reference page ends; its script hands the code to the page and closes. */
export const redirectPage = html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<title>Retour de connexion — Guichet de Malakoff</title>
<script src="/docs/oauth2-redirect.js" defer></script>
</head>
<body>
<main><p>Vous êtes connecté. Cette fenêtre se ferme seule.</p></main>
</body>
</html>
`.markup

/** Swagger UI writes style attributes and draws its icons from `data:`; everything else stays shut. */
export function referenceHeaders({ publicUrl, issuer }: ReferenceOptions): Readonly<Record<string, string>> {
  const issuerOrigin = new URL(issuer).origin
  const connect = ["'self'", ...(issuerOrigin === new URL(publicUrl).origin ? [] : [issuerOrigin])].join(' ')
  return {
    'content-security-policy':
      `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ` +
      `connect-src ${connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'x-frame-options': 'DENY',
  }
}
