import { html, type Html } from '../../../infra/issuer/html.ts'
import type { AsyncApi, EventMessage } from '../../asyncapi.ts'
import { fieldList } from './fields.ts'
import { inline } from './prose.ts'

/** Every type of event with what it says: what staff systems read, and what `type` means in the timeline. */
export function eventList({ components }: AsyncApi): Html {
  return html`<section aria-labelledby="evenements">
<h2 id="evenements" tabindex="-1">Types d’événements</h2>
<p>Ce que rendent <a href="#hub.listerEvenements"><code>GET /v1/evenements</code></a>, à un système dont un rôle ouvre
le type, et, pour ceux qui y figurent, le fil de l’usager (<code>type</code> d’un <code>ElementSuivi</code>). Les champs
sont ceux de <code>data</code>&nbsp;; l’enveloppe est un <a href="#objet.Envelope">Envelope</a>. D’autres types et d’autres
champs peuvent venir&nbsp;: ignorez ceux que vous ne connaissez pas.</p>
${Object.values(components.messages).map(eventArticle)}</section>`
}

function eventArticle({ name, summary, payload, ...event }: EventMessage): Html {
  const data = payload.properties?.data
  return html`<article class="carte evenement" aria-labelledby="evenement.${name}">
<h3 id="evenement.${name}" tabindex="-1"><code>${name}</code></h3>
<p>${inline(summary)}</p>
<p class="limites">Rôle <code>${event['x-role']}</code>${
    event['x-suivi'] ? html`&nbsp;; dans le fil de l’usager` : undefined
  }.</p>
${
  data?.properties && Object.keys(data.properties).length > 0
    ? html`<details>
<summary>Champs<span class="pour-lecteur"> : ${name}</span></summary>
${fieldList(data)}</details>`
    : undefined
}
</article>\n`
}
