/** Runs in the browser on the page that a mail's link leads to: one click confirms a report. */

const button = document.getElementById('confirmer')
const told = document.getElementById('suite')
const jeton = location.hash.slice(1)
/** The same for each try: the order is carried out once. */
const key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2)

if (jeton === '') told.textContent = 'Ce lien est incomplet : ouvrez celui du courriel.'
else button.hidden = false

button.addEventListener('click', () => void confirm())

async function confirm() {
  button.disabled = true
  told.textContent = 'Un instant…'
  try {
    const response = await fetch('/v1/confirmations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ jeton }),
    })
    const answer = await response.json()
    if (response.ok) {
      told.textContent = `Merci : votre signalement ${answer.reference} est enregistré.`
      button.hidden = true
      return
    }
    told.textContent = [answer.title, answer.detail].filter(Boolean).join(' ')
  } catch {
    told.textContent = 'La connexion a été coupée : réessayez.'
  }
  button.disabled = false
}
