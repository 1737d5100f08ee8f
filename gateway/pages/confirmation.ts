import { html } from '../../infra/issuer/html.ts'
import { page, pageHeaders } from './layout.ts'

/**
 * Where the link in a mail leads. The token stands after the `#`, which browsers send to nobody, and only a person's
 * click spends it: programs that look at links in mails confirm nothing.
 */
export const confirmationPage = page(
  'Confirmer un signalement',
  html`<h1>Confirmer votre signalement</h1>
<p>Vous avez signalé un problème dans la rue, sans compte. Confirmez qu’il vient bien de vous&nbsp;: nos services le
recevront aussitôt.</p>
<p><button type="button" id="confirmer" hidden>Confirmer mon signalement</button></p>
<p id="suite" role="status"></p>
<noscript><p class="note">Cette page a besoin de JavaScript pour confirmer. Sans lui, signalez par téléphone&nbsp;:
01&nbsp;47&nbsp;46&nbsp;75&nbsp;00.</p></noscript>`,
  { script: '/signalements/confirmation.js' },
)

/** As any page, and it may run its own script, which calls the API beside it. */
export const confirmationHeaders: Readonly<Record<string, string>> = {
  ...pageHeaders,
  'content-security-policy': `${pageHeaders['content-security-policy']}; script-src 'self'; connect-src 'self'`,
}
