import { hash } from 'node:crypto'
import { html, type Html, trusted } from '../../infra/issuer/html.ts'

/** The colours of the sign-in page (`infra/issuer/page.ts`), so that people know where they are. */
const style = `
:root { color-scheme: light dark; --fond: #f3f4f8; --carte: #fff; --texte: #1b1d26; --doux: #4c5163;
  --filet: #d5d8e3; --accent: #17408b; --sur-accent: #fff; --fond-note: #e9effb; --anneau: #b34000 }
@media (prefers-color-scheme: dark) { :root { --fond: #13151b; --carte: #1d2029; --texte: #f0f1f6; --doux: #b9bdcd;
  --filet: #363b4a; --accent: #9dbcff; --sur-accent: #0d1730; --fond-note: #1f2a44; --anneau: #ffb37a } }
* { box-sizing: border-box }
body { margin: 0; overflow-wrap: anywhere; min-height: 100vh; display: flex; flex-direction: column; background: var(--fond);
  color: var(--texte); font: 1.0625rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif }
header { background: var(--carte); border-bottom: 1px solid var(--filet); border-top: .3rem solid var(--accent) }
header p, main, footer p { width: 100%; max-width: 46rem; margin: 0 auto; padding: .9rem 1rem }
header p { font-weight: 650 }
header a { color: inherit; text-decoration: none }
header a:hover { text-decoration: underline }
header span { display: block; font-weight: 400; font-size: .9375rem; color: var(--doux) }
main { flex: 1; padding: 1.5rem 1rem 2.5rem }
.carte { margin-top: 1.5rem; background: var(--carte); border: 1px solid var(--filet); border-radius: .5rem;
  padding: 1.5rem 1.25rem .5rem }
h1 { margin: 0 0 .75rem; font-size: 1.875rem; line-height: 1.25 }
h2 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.3 }
h3 { margin: 1.5rem 0 .4rem; font-size: 1.0625rem }
p, ul, dl { margin: 0 0 1rem }
ul { padding-left: 1.2rem }
li { margin-bottom: .35rem }
dt { font-weight: 600 }
dd { margin: 0 0 .6rem }
a { color: var(--accent); text-underline-offset: .15em }
a:hover { text-decoration-thickness: .15em }
:focus-visible { outline: 3px solid var(--anneau); outline-offset: 2px }
code { font-size: .9375em; overflow-wrap: anywhere }
pre { margin: 0 0 1rem; padding: .8rem 1rem; background: var(--fond); border: 1px solid var(--filet);
  border-radius: .3rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .9375rem }
.note { margin: 0 0 1rem; padding: .8rem 1rem; border-left: .3rem solid var(--accent); background: var(--fond-note) }
.note p { margin: 0 }
.doux { color: var(--doux); font-size: .9375rem }
footer { border-top: 1px solid var(--filet); color: var(--doux); font-size: .9375rem }
.evitement { position: absolute; left: -100rem }
.evitement:focus { left: 0; padding: .8rem 1rem; background: var(--accent); color: var(--sur-accent) }
`

export interface Extras {
  /** Stands before `main`, beside it on a wide screen. */
  readonly beside?: Html
  /** Addresses of our own style sheet and script, an ES module. */
  readonly stylesheet?: string
  readonly script?: string
}

/** A page of the hub: French, nothing fetched from elsewhere, and no script unless it is given one. */
export function page(title: string, content: Html, { beside, stylesheet, script }: Extras = {}): string {
  return html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} — Guichet de Malakoff</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<style>${trusted(style)}</style>
${stylesheet ? html`<link rel="stylesheet" href="${stylesheet}">\n` : undefined}${
  script ? html`<script src="${script}" type="module"></script>\n` : undefined
}</head>
<body>
<a class="evitement" href="#contenu">Aller au contenu</a>
<header role="banner"><p><a href="/">Guichet de Malakoff</a> <span>Vos démarches, en un seul endroit</span></p></header>
${beside ? html`<div class="cadre">\n${beside}\n` : undefined}<main id="contenu" tabindex="-1">
${content}
</main>
${beside ? html`</div>\n` : undefined}<footer role="contentinfo"><p>Logiciel libre, sous licence EUPL-1.2.</p></footer>
</body>
</html>
`.markup
}

/** What keeps a page to itself: it runs no script, asks nothing of other hosts and stays out of frames. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; img-src 'self'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
}
