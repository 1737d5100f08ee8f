/** Runs in the browser on the API reference: says who is signed in, and sends the calls that people try. */

import { comeBack, freshToken, isAway, onChange, random, session, signIn, signOut, useToken } from './sign-in.js'

const longestShown = 20_000

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
    button.disabled = isAway
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
    shown.append(headersOf(response))
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

function headersOf(response) {
  const made = document.createElement('details')
  made.append(element('summary', 'En-têtes de la réponse'))
  made.append(pre([...response.headers].map((header) => header.join(': ')).join('\n')))
  return made
}

async function showBody(response, shown) {
  if (response.status === 204) return
  const type = response.headers.get('content-type') ?? ''
  if (!/json|^text\//.test(type)) return showFile(await response.blob(), response, shown)
  const text = await response.text()
  const whole = type.includes('json') ? JSON.stringify(JSON.parse(text), null, 2) : text
  const rest = whole.length > longestShown ? [element('p', 'La suite est trop longue pour être montrée ici.')] : []
  shown.prepend(pre(whole.slice(0, longestShown)), ...rest)
}

function showFile(blob, response, shown) {
  const save = link(URL.createObjectURL(blob), `Enregistrer le fichier (${blob.size} octets)`)
  save.download = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'fichier'
  shown.prepend(save)
}

async function showStream(response, shown) {
  const box = pre('')
  const text = box.firstChild
  shown.prepend(box)
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
document.getElementById('autre-adresse').hidden = !isAway
document.getElementById('se-connecter').disabled = isAway
if (navigator.clipboard) for (const block of document.querySelectorAll('pre.copiable')) addCopyButton(block)
addEventListener('hashchange', () => goTo(location.hash.slice(1)))
onChange(say)
say()
goTo(location.hash.slice(1))
void comeBack(goTo)
