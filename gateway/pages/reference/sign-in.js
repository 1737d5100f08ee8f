/** Runs in the browser on the API reference: signs people in by OpenID Connect, code and PKCE. */

const { origine: origin, emetteur: issuer, client, portees: scope } = document.getElementById('connexion').dataset
const endpoint = (name) => `${issuer}/protocol/openid-connect/${name}`
const redirectUri = `${origin}/docs`
/** What must outlive the way to the sign-in page and back. */
const memoryKey = 'guichet.connexion'
/** Sign-ins come back to the public address, and browsers hash the verifier on a trustworthy page only. */
export const isAway = location.origin !== origin || !crypto.subtle

/** Who calls: undefined while nobody is signed in. Kept in this page's memory only. */
export let session
let tell

/** Has the page say who is signed in, each time that it changes; with what went wrong, if something did. */
export function onChange(listener) {
  tell = listener
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** 43 characters that nobody guesses: state, verifier, idempotency key. */
export function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

/** Goes to the sign-in page; `comeBackTo` is the place in this page to be at afterwards. */
export async function signIn(comeBackTo) {
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

/**
 * Ends a sign-in that this page began, when its answer is in the address.
 * @param goTo shows the place where the sign-in began
 */
export async function comeBack(goTo) {
  const answer = new URLSearchParams(location.search)
  if (!['code', 'error', 'state'].some((name) => answer.has(name))) return
  const { verifier, state, comeBackTo } = JSON.parse(sessionStorage.getItem(memoryKey) ?? '{}')
  sessionStorage.removeItem(memoryKey)
  history.replaceState(null, '', `/docs#${comeBackTo ?? 'essayer'}`)
  goTo(comeBackTo ?? 'essayer')
  if (answer.get('state') !== state) return tell('Cette connexion n’a pas commencé ici. Recommencez.')
  if (answer.get('error') === 'access_denied') return tell('La connexion a été annulée.')
  if (!answer.has('code')) return tell(`La connexion n’a pas abouti : ${answer.get('error')}.`)
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
  if (session) tell()
  else tell(response ? 'La connexion a été refusée. Recommencez.' : 'Le service de connexion ne répond pas.')
}

/** Reads in the token whose it is and when it ends; the hub checks it, this page only shows it. */
function sessionOf(tokens) {
  const payload = atob(tokens.access_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))
  const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (c) => c.charCodeAt(0))))
  return { ...tokens, name: claims.name ?? claims.azp, endsAt: claims.exp * 1000 }
}

/** Takes a token that the person has from elsewhere. */
export function useToken(access_token) {
  try {
    session = sessionOf({ access_token })
    tell()
  } catch {
    tell('Ce n’est pas un jeton d’accès.')
  }
}

/** A token that will hold for the next call; undefined when nobody is signed in. */
export async function freshToken() {
  if (session && Date.now() > session.endsAt - 10_000) {
    const { refresh_token } = session
    if (refresh_token) await askTokens({ grant_type: 'refresh_token', refresh_token })
    else session = undefined
    tell(session ? undefined : 'Votre connexion a expiré. Reconnectez-vous.')
  }
  return session?.access_token
}

/** Forgets who was signed in, here and at the issuer. */
export function signOut() {
  const { id_token } = session
  session = undefined
  if (!id_token) return tell()
  const query = new URLSearchParams({ id_token_hint: id_token, client_id: client, post_logout_redirect_uri: redirectUri })
  location.assign(`${endpoint('logout')}?${query}`)
}
