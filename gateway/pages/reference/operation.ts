import { html, type Html } from '../../../infra/issuer/html.ts'
import { curl, type Demand, tryForm } from './demand.ts'
import { type Answer, answerOf, type OpenApi } from './document.ts'
import { exampleOf } from './example.ts'
import { fieldList, parameterList, typeOf } from './fields.ts'
import { inline } from './prose.ts'

/** One operation: what it does and for whom, open to read; its details and its form, one click away. */
export function operationArticle(demand: Demand, document: OpenApi, publicUrl: string): Html {
  const { id, method, path, operation } = demand
  return html`<article class="carte operation" id="${id}" aria-labelledby="titre.${id}">
<h3 id="titre.${id}">${inline(operation.summary.replace(/\.$/, ''))}</h3>
<p class="adresse"><span class="methode ${method.toLowerCase()}">${method}</span> <code>${breakable(path)}</code></p>
<p class="qui">${inline(operation.description)}</p>
<details>
<summary>Détails et essai<span class="pour-lecteur"> : ${operation.summary}</span></summary>
${parameters(demand)}${bodyOf(demand)}${answers(demand, document)}
<h4>Avec curl</h4>
<pre class="copiable"><code>${curl(demand, publicUrl, document)}</code></pre>
${tryForm(demand, document)}
</details>
</article>\n`
}

const places = { path: 'Dans l’adresse', query: 'Après le « ? »', header: 'En-têtes' } as const

function parameters({ parameters }: Demand): Html[] {
  return Object.entries(places).flatMap(([place, title]) => {
    const here = parameters.filter((one) => one.in === place)
    return here.length === 0 ? [] : [html`<h4>${title}</h4>\n${parameterList(here)}`]
  })
}

function bodyOf({ bodySchema, body, operation, kind }: Demand): Html | undefined {
  if (!bodySchema) return undefined
  const required = operation.requestBody?.required
  return html`<h4>Corps${required ? '' : ' (facultatif)'}</h4>
<p>${kind === 'upload' ? html`<code>multipart/form-data</code>` : html`<code>application/json</code>`}</p>
${fieldList(bodySchema)}${body ? html`<p>Par exemple&nbsp;:</p>\n<pre><code>${body}</code></pre>\n` : undefined}`
}

function answers({ operation }: Demand, document: OpenApi): Html {
  const all = Object.entries(operation.responses).map(([status, answer]): [string, Answer] => [
    status,
    answerOf(answer, document),
  ])
  const good = all.filter(([status]) => Number(status) < 400)
  const refused = all
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, answer]) => refusals(status, answer, document))
  return html`<h4>Réponses</h4>
${good.map(([status, answer]) => success(status, answer, document))}<details>
<summary>${refused.length} refus possibles<span class="pour-lecteur"> : ${operation.summary}</span></summary>
<ul class="refus">
${refused}</ul>
</details>\n`
}

/** An answer with a name of its own is described, with its example, among the objects. */
function success(status: string, { description, headers, content }: Answer, document: OpenApi): Html {
  const types = Object.keys(content ?? {})
  const schema = content?.['application/json']?.schema
  const shown = schema?.$ref ? undefined : schema
  const example = shown
    ? JSON.stringify(exampleOf(shown, document, 'answer'), null, 2)
    : content?.['text/event-stream']?.example
  return html`<p><strong>${status}</strong> — ${inline(description)}${
    schema ? html`&nbsp;: ${typeOf(schema)}` : types.length > 0 ? html` (${codes(types)})` : undefined
  }</p>
${headers ? html`<p>En-têtes&nbsp;: ${codes(Object.keys(headers))}</p>\n` : undefined}${
  shown?.properties ? fieldList(shown) : undefined
}${example ? html`<p>Par exemple&nbsp;:</p>\n<pre><code>${example}</code></pre>\n` : undefined}`
}

function codes(names: readonly string[]): Html[] {
  return names.map((name, i) => html`${i > 0 ? ', ' : ''}<code>${name}</code>`)
}

function refusals(status: string, { content }: Answer, { components }: OpenApi): Html[] {
  const codes = Object.keys(content?.['application/problem+json']?.examples ?? {})
  return codes.map(
    (code) =>
      html`<li><strong>${status}</strong> <code>${code}</code> — ${components.examples[code]!.value.title}</li>\n`,
  )
}

/** A long address may be cut after each slash. */
function breakable(path: string): Html[] {
  return path.split(/(?<=\/)/).map((part) => html`${part}<wbr>`)
}
