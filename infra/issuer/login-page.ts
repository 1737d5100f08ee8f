import { demoAccounts, demoPassword } from './accounts.ts'
import { html, type Html, trusted } from './html.ts'
import { page } from './page.ts'

export interface LoginForm {
  /** Where the form goes. */
  readonly action: string
  /** Name of the application the person comes from, to read after « vers ». */
  readonly application: string | undefined
  readonly identifiant: string
  /** Why the last try did not work, in French. */
  readonly erreur?: string | undefined
  /** Could the fields be to blame? Not when there were too many tries. */
  readonly aCorriger?: boolean
}

/** The sign-in form. After an error the focus starts on the message, which leads to both fields. */
export function loginPage(form: LoginForm): string {
  const { erreur, aCorriger = false } = form
  const described = trusted(erreur && aCorriger ? ' aria-invalid="true" aria-describedby="erreur"' : '')
  return page(
    erreur ? 'Erreur : se connecter' : 'Se connecter',
    html`<h1>Se connecter</h1>
${form.application ? html`<p>Pour continuer vers ${form.application}.</p>` : undefined}
${erreur ? errorSummary(erreur, aCorriger) : undefined}
<p class="doux">Les deux champs sont obligatoires.</p>
<form method="post" action="${form.action}">
<label for="identifiant">Identifiant ou adresse électronique</label>
<input id="identifiant" name="identifiant" type="text" value="${form.identifiant}" autocomplete="username"
 autocapitalize="none" spellcheck="false" maxlength="200" required${described}>
<label for="mot-de-passe">Mot de passe</label>
<input id="mot-de-passe" name="motDePasse" type="password" autocomplete="current-password" maxlength="200"
 required${described}>
<div class="actions">
<button type="submit" name="action" value="connexion">Se connecter</button>
<button type="submit" name="action" value="annuler" class="second" formnovalidate>Annuler</button>
</div>
</form>
<div class="note">
<h2>Démonstration</h2>
<p>Les personnes sont inventées. Mot de passe de tous les comptes : <code>${demoPassword}</code></p>
<ul>
${demoAccounts.map(({ identifiant, roles }) => html`<li><code>${identifiant}</code> — ${inFrench(roles)}</li>\n`)}</ul>
</div>`,
  )
}

const sectors: Readonly<Record<string, string>> = {
  'etat-civil': 'état civil',
  education: 'éducation',
  'espace-public': 'espace public',
  solidarites: 'solidarités',
  'vie-municipale': 'vie municipale',
}

/** The last role of an account says the most. */
function inFrench(roles: readonly string[]): string {
  const [role = '', sector] = roles.at(-1)?.split(':') ?? []
  return sector === undefined ? role : `${role}, ${sectors[sector] ?? sector}`
}

function errorSummary(erreur: string, aCorriger: boolean): Html {
  return html`<div class="erreur" role="alert" id="erreur" tabindex="-1" autofocus>
<h2>La connexion n’a pas abouti</h2>
<p>${erreur}</p>
${
  aCorriger
    ? html`<ul>
<li><a href="#identifiant">Corriger l’identifiant</a></li>
<li><a href="#mot-de-passe">Saisir à nouveau le mot de passe</a></li>
</ul>`
    : undefined
}
</div>`
}

/** Asks before signing out: a link alone must not do it. */
export function logoutPage(libraryForm: string): string {
  return page(
    'Se déconnecter',
    html`<h1>Se déconnecter&nbsp;?</h1>
<p>Vous serez déconnecté de toutes les applications du guichet ouvertes dans ce navigateur.</p>
${trusted(libraryForm)}
<div class="actions">
<button type="submit" form="op.logoutForm" name="logout" value="yes">Se déconnecter</button>
<button type="submit" form="op.logoutForm" class="second">Rester connecté</button>
</div>`,
  )
}

/** A step that needs the person's click, because the pages run no script. */
export function continuePage(action: string, secret: string): string {
  return page(
    'Continuer',
    html`<h1>Continuer</h1>
<p>La session précédente de ce navigateur va être fermée.</p>
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${secret}">
<input type="hidden" name="logout" value="yes">
<div class="actions"><button type="submit">Continuer</button></div>
</form>`,
  )
}

/**
 * Hands the answer of a sign-in to an application that wants it in a form (`response_mode=form_post`).
 * @param action the application's address, and `fields` its hidden fields, both as oidc-provider escaped them
 */
export function returnPage(action: string, fields: string): string {
  return page(
    'Revenir à l’application',
    html`<h1>Revenir à l’application</h1>
<p>Le guichet a sa réponse&nbsp;: il reste à la lui remettre.</p>
<form method="post" action="${trusted(action)}">
${trusted(fields)}
<div class="actions"><button type="submit">Revenir à l’application</button></div>
</form>`,
  )
}

export function loggedOutPage(): string {
  return page(
    'Vous êtes déconnecté',
    html`<h1>Vous êtes déconnecté</h1>
<p>Vous pouvez fermer cette page. Sur un ordinateur partagé, fermez aussi le navigateur.</p>`,
  )
}

const interrupted = 'Connexion interrompue'

/** Title and text per code; what else goes wrong is a demand that the application got wrong. */
const explanations: Readonly<Record<string, readonly [title: string, text: string]>> = {
  expired: [
    interrupted,
    'Votre demande de connexion a expiré ou a déjà servi. Revenez à l’application et recommencez.',
  ],
  access_denied: [interrupted, 'La connexion a été refusée ou annulée.'],
  invalid_client: [interrupted, 'Cette application n’est pas connue du guichet.'],
  invalid_redirect_uri: [
    interrupted,
    'L’application demande un retour vers une adresse qui n’est pas autorisée.',
  ],
  not_found: ['Page introuvable', 'Aucune page n’existe à cette adresse. Elle a pu être mal recopiée.'],
  method_not_allowed: ['Demande impossible ici', 'Revenez à l’application et recommencez.'],
  temporarily_unavailable: ['Réessayez dans un instant', 'Trop de demandes arrivent en même temps.'],
  server_error: [
    'Une erreur est survenue',
    'L’erreur vient du guichet, pas de vous. Réessayez dans un instant.',
  ],
}
const misunderstood = [
  interrupted,
  'L’application a envoyé une demande que le guichet ne comprend pas.',
] as const

/**
 * Why the sign-in stopped, in plain words.
 * @param code `expired`, `not_found`, or an OAuth error code
 * @param detail technical text for the developer of the application, in the protocol's language
 */
export function errorPage(code: string, detail?: string): string {
  const [title, text] = explanations[code] ?? misunderstood
  return page(
    title,
    html`<h1>${title}</h1>
<p>${text}</p>
<p class="doux">Pour l’équipe technique : <code lang="en">${detail ? `${code}: ${detail}` : code}</code></p>`,
  )
}
