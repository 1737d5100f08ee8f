import { demoAccounts, demoPassword } from './accounts.ts'
import { html, trusted } from './html.ts'
import { page } from './page.ts'

export interface LoginForm {
  /** Where the form goes. */
  readonly action: string
  /** Name of the application the person comes from, to read after « vers ». */
  readonly application: string | undefined
  readonly identifiant: string
  /** What went wrong with the last try, in French. */
  readonly erreur?: string | undefined
}

/** The sign-in form. After an error the focus starts on the message, which both fields point to. */
export function loginPage(form: LoginForm): string {
  const described = trusted(form.erreur ? ' aria-invalid="true" aria-describedby="erreur"' : '')
  return page(
    form.erreur ? 'Erreur : se connecter' : 'Se connecter',
    html`<h1>Se connecter</h1>
${form.application ? html`<p>Pour continuer vers ${form.application}.</p>` : undefined}
${
  form.erreur
    ? html`<div class="erreur" role="alert" id="erreur" tabindex="-1" autofocus>
<h2>La connexion n’a pas abouti</h2>
<p>${form.erreur} <a href="#identifiant">Corriger</a></p>
</div>`
    : undefined
}
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
${demoAccounts.map((account) => html`<li><code>${account.identifiant}</code> — ${account.roles.at(-1)}</li>\n`)}</ul>
</div>`,
  )
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

export function loggedOutPage(): string {
  return page(
    'Vous êtes déconnecté',
    html`<h1>Vous êtes déconnecté</h1>
<p>Vous pouvez fermer cette page. Sur un ordinateur partagé, fermez aussi le navigateur.</p>`,
  )
}

const explanations: Readonly<Record<string, string>> = {
  expired: 'Votre demande de connexion a expiré ou a déjà servi. Revenez à l’application et recommencez.',
  access_denied: 'La connexion a été refusée ou annulée.',
  invalid_client: 'Cette application n’est pas connue du guichet.',
  invalid_redirect_uri: 'L’application demande un retour vers une adresse qui n’est pas autorisée.',
  not_found: 'Cette page n’existe pas.',
  server_error: 'Une erreur inattendue est survenue. Réessayez dans un instant.',
}

/**
 * Why the sign-in stopped, in plain words.
 * @param code `expired`, `not_found`, or an OAuth error code
 * @param detail technical text for the developer of the application
 */
export function errorPage(code: string, detail?: string): string {
  return page(
    'Connexion interrompue',
    html`<h1>Connexion interrompue</h1>
<p>${explanations[code] ?? 'L’application a envoyé une demande que le guichet ne comprend pas.'}</p>
<p class="doux">Pour l’équipe technique : <code>${detail ? `${code} : ${detail}` : code}</code></p>`,
  )
}
