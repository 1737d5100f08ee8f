import { createHash } from 'node:crypto'
import { html, trusted, type Html } from './html.ts'

const style = `
:root { color-scheme: light dark; --fond: #f3f4f8; --carte: #fff; --texte: #1b1d26; --doux: #4c5163;
  --bord: #666c80; --filet: #d5d8e3; --accent: #17408b; --sur-accent: #fff; --accent-vif: #0f2d64;
  --erreur: #a50e0e; --fond-erreur: #fdeeee; --fond-note: #e9effb; --anneau: #b34000 }
@media (prefers-color-scheme: dark) { :root { --fond: #13151b; --carte: #1d2029; --texte: #f0f1f6; --doux: #b9bdcd;
  --bord: #8d93a8; --filet: #363b4a; --accent: #9dbcff; --sur-accent: #0d1730; --accent-vif: #c3d6ff;
  --erreur: #ff9d9d; --fond-erreur: #3a1c1f; --fond-note: #1f2a44; --anneau: #ffb37a } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--fond);
  color: var(--texte); font: 1.0625rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif }
header { background: var(--carte); border-bottom: 1px solid var(--filet); border-top: .3rem solid var(--accent) }
header p { max-width: 30rem; margin: 0 auto; padding: .9rem 1rem; font-weight: 650 }
header span { display: block; font-weight: 400; font-size: .9375rem; color: var(--doux) }
main { flex: 1; width: 100%; max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem 2.5rem }
.carte { background: var(--carte); border: 1px solid var(--filet); border-radius: .5rem; padding: 1.5rem 1.25rem }
h1 { margin: 0 0 .5rem; font-size: 1.625rem; line-height: 1.25 }
h2 { margin: 0 0 .25rem; font-size: 1.0625rem }
p { margin: 0 0 1rem }
.doux { color: var(--doux); font-size: .9375rem }
label { display: block; margin: 1.1rem 0 .3rem; font-weight: 600 }
input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--carte); border: 1px solid var(--bord); border-radius: .3rem }
input[aria-invalid=true] { border: 2px solid var(--erreur) }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem }
button { flex: 1 1 10rem; min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  border-radius: .3rem; border: 1px solid var(--accent); background: var(--accent); color: var(--sur-accent) }
button:hover { background: var(--accent-vif) }
button.second { background: transparent; color: var(--accent) }
button.second:hover { text-decoration: underline }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--anneau); outline-offset: 2px }
.erreur { margin: 1rem 0; padding: .8rem 1rem; border-left: .3rem solid var(--erreur); background: var(--fond-erreur) }
.erreur p, .note p { margin: 0 }
.erreur ul { margin: .5rem 0 0; padding-left: 1.2rem }
.note { margin-top: 1.25rem; padding: .8rem 1rem; border-left: .3rem solid var(--accent); background: var(--fond-note) }
.note ul { margin: .5rem 0 0; padding-left: 1.2rem }
code { font-size: .9375em; overflow-wrap: anywhere }
`

const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`

/** One of the issuer's pages: French, no script, nothing fetched from elsewhere. */
export function page(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} — Guichet de Malakoff</title>
<style>${trusted(style)}</style>
</head>
<body>
<header role="banner"><p>Guichet de Malakoff <span>Vos démarches, en un seul endroit</span></p></header>
<main>
<div class="carte">
${content}
</div>
</main>
</body>
</html>
`.markup
}

/**
 * The headers every page goes out with.
 * @param formTarget address outside the hub where submitting the page's form may end: browsers apply
 *   `form-action` to redirections too
 */
export function pageHeaders(formTarget?: unknown): Record<string, string> {
  const url = typeof formTarget === 'string' ? URL.parse(formTarget) : null
  // A scheme of an application's own has no origin.
  const target = url?.origin === 'null' ? url.protocol : url?.origin
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      `default-src 'none'; style-src ${styleSource}; base-uri 'none'; frame-ancestors 'none'; ` +
      `form-action 'self'${target ? ` ${target}` : ''}`,
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
}
