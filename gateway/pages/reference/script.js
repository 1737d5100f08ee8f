/** Runs in the browser on the API reference: signs people in and sends the calls that they try. */

const panel = document.getElementById('connexion')
const { origine: origin, emetteur: issuer, client, portees: scope } = panel.dataset
const endpoint = (name) => `${issuer}/protocol/openid-connect/${name}`
const redirectUri = `${origin}/docs`
/** What must outlive the way to the sign-in page and back. */
const memoryKey = 'guichet.connexion'
const longestShown = 20_000

/** Who calls: nothing while nobody is signed in. Kept in this page's memory only. */
let session

function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

/** Goes to the sign-in page; `comeBackTo` is the place in this page to be at afterwards. */
async function signIn(comeBackTo) {
  const verifier = random()
  const state = random()
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))
  sessionStorage.setItem(memoryKey, JSON.stringify({ verifier, state, comeBackTo }))
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  location.assign(`${endpoint('auth')}?${query}`)
}

/** Ends a sign-in that this page began, when its answer is in the address. */
async function comeBack() {
  const answer = new URLSearchParams(location.search)
  if (!['code', 'error', 'state'].some((name) => answer.has(name))) return
  const { verifier, state, comeBackTo } = JSON.parse(sessionStorage.getItem(memoryKey) ?? '{}')
  sessionStorage.removeItem(memoryKey)
  history.replaceState(null, '', `/docs#${comeBackTo ?? 'essayer'}`)
  goTo(comeBackTo ?? 'essayer')
  if (answer.get('state') !== state) return say('Cette connexion n’a pas commencé ici. Recommencez.')
  if (answer.get('error') === 'access_denied') return say('La connexion a été annulée.')
  if (!answer.has('code')) return say(`La connexion n’a pas abouti : ${answer.get('error')}.`)
  await askTokens({
    grant_type: 'authorization_code',
    code: answer.get('code'),
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
}

/** Asks the issuer for tokens and keeps them; says so when they are refused. */
async function askTokens(fields) {
  const response = await fetch(endpoint('token'), {
    method: 'POST',
    body: new URLSearchParams({ ...fields, client_id: client }),
  }).catch(() => undefined)
  session = response?.ok ? sessionOf(await response.json()) : undefined
  if (session) say()
  else say(response ? 'La connexion a été refusée. Recommencez.' : 'Le service de connexion ne répond pas.')
}

/** Reads in the token whose it is and when it ends; the hub checks it, this page only shows it. */
function sessionOf(tokens) {
  const payload = atob(tokens.access_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))
  const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (c) => c.charCodeAt(0))))
  return { ...tokens, name: claims.name ?? claims.azp, endsAt: claims.exp * 1000 }
}

function useToken(access_token) {
  try {
    session = sessionOf({ access_token })
    say()
  } catch {
    say('Ce n’est pas un jeton d’accès.')
  }
}

/** A token that will hold for the next call; undefined when nobody is signed in. */
async function freshToken() {
  if (session && Date.now() > session.endsAt - 10_000) {
    const { refresh_token } = session
    if (refresh_token) await askTokens({ grant_type: 'refresh_token', refresh_token })
    else session = undefined
    say(session ? undefined : 'Votre connexion a expiré. Reconnectez-vous.')
  }
  return session?.access_token
}

function signOut() {
  const { id_token } = session
  session = undefined
  if (!id_token) return say()
  const query = new URLSearchParams({ id_token_hint: id_token, client_id: client, post_logout_redirect_uri: redirectUri })
  location.assign(`${endpoint('logout')}?${query}`)
}

/** Shows who is signed in, here and in every form. */
function say(trouble) {
  const who = session ? `Vous êtes connecté : ${session.name}.` : 'Vous n’êtes pas connecté.'
  document.getElementById('qui').textContent = trouble ?? who
  document.getElementById('se-connecter').hidden = session !== undefined
  document.getElementById('se-deconnecter').hidden = session === undefined
  for (const form of document.querySelectorAll('form.essai')) sayInForm(form)
}

function sayInForm(form) {
  const line = form.querySelector('.connexion')
  const { acces: access } = form.dataset
  if (access === 'public') line.textContent = 'Cet appel se fait sans connexion.'
  else if (session) line.textContent = `Envoyé au nom de : ${session.name}.`
  else if (!access.includes('personne'))
    line.replaceChildren('Cet appel demande ', link('#jeton.acces', 'le jeton d’un système municipal'), '.')
  else {
    const button = element('button', 'Se connecter')
    button.type = 'button'
    button.className = 'second'
    button.addEventListener('click', () => void signIn(form.closest('article').id))
    line.replaceChildren('Cet appel demande une connexion. ', button)
  }
}

function element(name, text) {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

function link(address, text) {
  const made = element('a', text)
  made.href = address
  return made
}

/** The demand that a form describes. */
function demandOf(form, token) {
  const { methode: method, chemin: path } = form.dataset
  const fields = [...new FormData(form)].filter(([, value]) => value instanceof File || value.trim() !== '')
  const at = (place) =>
    fields.filter(([name]) => name.startsWith(`${place}.`)).map(([name, value]) => [name.slice(place.length + 1), value.trim()])
  const inPath = new Map(at('path'))
  const headers = new Headers(at('header'))
  if (method === 'POST' && !headers.has('Idempotency-Key')) headers.set('Idempotency-Key', random())
  if (token) headers.set('Authorization', `Bearer ${token}`)
  const given = new Map(fields)
  let body
  if (given.has('corps')) {
    headers.set('Content-Type', 'application/json')
    body = given.get('corps')
  } else if (given.has('fichier')) {
    body = new FormData()
    body.append('fichier', given.get('fichier'))
  }
  const query = new URLSearchParams(at('query')).toString()
  const address = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(inPath.get(name)))
  return new Request(query ? `${address}?${query}` : address, { method, headers, body })
}

/** Sends what the form says and shows what comes back. */
async function send(form) {
  const status = form.querySelector('.statut')
  const shown = form.querySelector('.reponse')
  const stop = form.querySelector('.arreter')
  const running = new AbortController()
  shown.replaceChildren()
  shown.hidden = true
  status.textContent = 'Envoi…'
  try {
    const request = demandOf(form, form.dataset.acces === 'public' ? undefined : await freshToken())
    const start = performance.now()
    const response = await fetch(request, { signal: running.signal })
    status.textContent = `${response.status} ${response.statusText}, en ${Math.round(performance.now() - start)} ms`
    shown.hidden = false
    shown.append(element('h5', 'En-têtes'), pre([...response.headers].map((header) => header.join(': ')).join('\n')))
    if (response.ok && form.dataset.genre === 'stream') {
      stop.hidden = false
      stop.addEventListener('click', () => running.abort(), { once: true })
      await showStream(response, shown)
    } else await showBody(response, shown)
  } catch (error) {
    if (error.name === 'AbortError') status.textContent = 'Arrêté.'
    else status.textContent = `La demande n’est pas partie ou n’a pas eu de réponse : ${error.message}`
  } finally {
    stop.hidden = true
  }
}

function pre(text) {
  const made = document.createElement('pre')
  made.append(element('code', text))
  return made
}

async function showBody(response, shown) {
  if (response.status === 204) return
  const type = response.headers.get('content-type') ?? ''
  if (!/json|^text\//.test(type)) return showFile(await response.blob(), response, shown)
  const text = await response.text()
  const whole = type.includes('json') ? JSON.stringify(JSON.parse(text), null, 2) : text
  shown.append(element('h5', 'Corps'), pre(whole.slice(0, longestShown)))
  if (whole.length > longestShown) shown.append(element('p', 'La suite est trop longue pour être montrée ici.'))
}

function showFile(blob, response, shown) {
  const save = link(URL.createObjectURL(blob), `Enregistrer le fichier (${blob.size} octets)`)
  save.download = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'fichier'
  shown.append(save)
}

async function showStream(response, shown) {
  const box = pre('')
  const text = box.firstChild
  shown.append(element('h5', 'Ce qui arrive'), box)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read())
    text.textContent = (text.textContent + part.value).slice(-longestShown)
}

/** Opens what hides a place of this page and goes there; the keyboard goes on from it. */
function goTo(id) {
  const target = document.getElementById(id)
  if (!target) return
  for (const details of [target.closest('details'), target.querySelector('details')]) if (details) details.open = true
  target.scrollIntoView()
  const start = target.querySelector('summary') ?? target
  start.focus({ preventScroll: true })
}

/** A button beside each block of code, to take it along. */
function addCopyButton(block) {
  const button = element('button', 'Copier')
  button.type = 'button'
  button.className = 'second copier'
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.textContent)
    button.textContent = 'Copié'
    setTimeout(() => (button.textContent = 'Copier'), 2000)
  })
  block.before(button)
}

document.querySelector('.avec-script').hidden = false
for (const form of document.querySelectorAll('form.essai')) {
  form.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void send(form)
  })
}
document.getElementById('jeton').addEventListener('submit', (event) => {
  event.preventDefault()
  useToken(new FormData(event.target).get('jeton').trim())
})
document.getElementById('se-connecter').addEventListener('click', () => void signIn('essayer'))
document.getElementById('se-deconnecter').addEventListener('click', signOut)
// Sign-ins come back to the public address, and browsers hash the verifier on a trustworthy page only.
const away = location.origin !== origin || !crypto.subtle
document.getElementById('autre-adresse').hidden = !away
document.getElementById('se-connecter').disabled = away
if (navigator.clipboard) for (const block of document.querySelectorAll('pre.copiable')) addCopyButton(block)
addEventListener('hashchange', () => goTo(decodeURIComponent(location.hash.slice(1))))
say()
goTo(decodeURIComponent(location.hash.slice(1)))
void comeBack()
