/* global SwaggerUIBundle */
/** Runs in the browser: draws the API reference and signs people in through it. */

const root = document.getElementById('reference')
const { origin, client, scopes } = root.dataset

document.getElementById('autre-adresse').hidden = location.origin === origin

const dark = matchMedia('(prefers-color-scheme: dark)')
const followColours = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', followColours)
followColours()

/** Every POST needs a key of its own: one is drawn where the reader left the field empty. */
function drawKey(request) {
  if (request.method?.toUpperCase() === 'POST' && new URL(request.url, location.href).pathname.startsWith('/v1/'))
    request.headers['Idempotency-Key'] ||= crypto.randomUUID()
  return request
}

/** The document as this page shows it: the key may stay empty, and calls go to the address the page was opened at. */
function forThisPage({ servers: _, ...document }) {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  for (const parameter of operations.flatMap((operation) => operation.parameters ?? []))
    if (parameter.name === 'Idempotency-Key' && parameter.required) {
      parameter.required = false
      parameter.description += ' Laissée vide, cette page en tire une au sort.'
    }
  return document
}

/**
 * What assistive technology misses in Swagger UI: names for its fields and icons, a landmark around its
 * introduction, and buttons without a link inside.
 */
function accessible({ React: { createElement } }) {
  const hidden = (text) => createElement('span', { className: 'pour-lecteur' }, text)
  const iconNamed = (name) => (Icon) => (props) => createElement('span', null, hidden(name), createElement(Icon, props))
  const fieldNamed = (name) => (Field) => (props) => createElement('label', null, hidden(name), createElement(Field, props))
  return {
    wrapComponents: {
      DeepLink: () => ({ text }) => createElement('span', null, text),
      InfoContainer: (Info) => (props) =>
        createElement('section', { 'aria-label': 'Présentation' }, createElement(Info, props)),
      CloseIcon: iconNamed('Fermer'),
      TextArea: fieldNamed('Corps de la demande'),
      ExamplesSelect: fieldNamed('Exemple'),
    },
  }
}

const ui = SwaggerUIBundle({
  domNode: root,
  url: '/v1/openapi.json',
  plugins: [accessible],
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  syntaxHighlight: { theme: 'tomorrow-night' },
  oauth2RedirectUrl: `${origin}/docs/oauth2-redirect.html`,
  requestInterceptor: drawKey,
  responseInterceptor(response) {
    if (new URL(response.url, location.href).pathname !== '/v1/openapi.json' || !response.ok) return response
    return { ...response, text: JSON.stringify(forThisPage(JSON.parse(response.text))) }
  },
})
ui.initOAuth({ clientId: client, scopes, usePkceWithAuthorizationCodeGrant: true })
