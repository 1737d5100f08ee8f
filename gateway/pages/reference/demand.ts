import { html, type Html } from '../../../infra/issuer/html.ts'
import { type OpenApi, type Operation, type Parameter, type Schema, schemaOf } from './document.ts'
import { exampleOf } from './example.ts'

/** One operation with its address: what its description, its curl line and its form are made of. */
export interface Demand {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly operation: Operation
  readonly parameters: readonly Parameter[]
  /** The JSON body as text, when the operation takes one. */
  readonly body: string | undefined
  readonly bodySchema: Schema | undefined
  readonly kind: 'json' | 'upload' | 'download' | 'stream'
}

export function demandOf(method: string, path: string, operation: Operation, document: OpenApi): Demand {
  const json = operation.requestBody?.content['application/json']?.schema
  const bodySchema = json ?? operation.requestBody?.content['multipart/form-data']?.schema
  const answer = operation.responses[200]
  const types = Object.keys(answer && 'content' in answer ? (answer.content ?? {}) : {})
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    operation,
    parameters: operation.parameters ?? [],
    body: json && JSON.stringify(exampleOf(json, document, 'demand'), null, 2),
    bodySchema: bodySchema && schemaOf(bodySchema, document),
    kind: bodySchema && !json ? 'upload' : kindOf(types),
  }
}

function kindOf(types: readonly string[]): Demand['kind'] {
  if (types.includes('text/event-stream')) return 'stream'
  return types.length === 0 || types.includes('application/json') ? 'json' : 'download'
}

export function needsToken({ operation }: Demand): boolean {
  return operation.security.length > 0
}

/** The same demand for a terminal, to be copied; `$ID` and the like are the reader's to fill. */
export function curl(demand: Demand, publicUrl: string, document: OpenApi): string {
  const { method, path, parameters, kind, body } = demand
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map(({ name, schema }) => `${name}=${String(exampleOf(schema, document, 'demand'))}`)
  const address = [path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`), query.join('&')]
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}"${publicUrl}${address.filter(Boolean).join('?')}"`,
    ...(needsToken(demand) ? ['-H "Authorization: Bearer $JETON"'] : []),
    ...(method === 'POST' ? ['-H "Idempotency-Key: $(uuidgen)"'] : []),
    ...(body ? [`-H 'Content-Type: application/json'`, `-d '${oneLine(body)}'`] : []),
    ...(kind === 'upload' ? ['-F fichier=@piece.pdf'] : []),
    ...(kind === 'download' ? ['-o fichier'] : []),
    ...(kind === 'stream' ? ['-N'] : []),
  ].join(' \\\n  ')
}

/** Between the single quotes of a shell. */
function oneLine(body: string): string {
  return JSON.stringify(JSON.parse(body)).replaceAll("'", `'\\''`)
}

/**
 * The form that sends the demand from the page. It stays hidden until the page's script, which sends it, runs.
 * @param at where in the page it is; the ids of its fields begin with it
 */
export function tryForm(demand: Demand, document: OpenApi): Html {
  const { id, method, path, operation, parameters, body, kind } = demand
  return html`<form class="essai" data-methode="${method}" data-chemin="${path}" data-genre="${kind}" data-acces="${
    needsToken(demand) ? accessOf(operation) : 'public'
  }" aria-labelledby="essai.${id} titre.${id}" hidden>
<h4 id="essai.${id}">Essayer</h4>
<p class="connexion"></p>
${parameters.map((parameter) => field(id, parameter, document))}${
  body === undefined
    ? undefined
    : html`<label for="${id}.corps">Corps de la demande (JSON)</label>
<textarea id="${id}.corps" name="corps" rows="${body.split('\n').length + 1}" spellcheck="false">${body}</textarea>\n`
}${
  kind === 'upload'
    ? html`<label for="${id}.fichier">fichier <span class="obligatoire">obligatoire</span></label>
<input id="${id}.fichier" name="fichier" type="file" required accept="${operation.requestBody?.content['multipart/form-data']?.encoding?.fichier.contentType}">\n`
    : undefined
}<div class="actions"><button type="submit">Envoyer<span class="pour-lecteur"> : ${operation.summary}</span></button>
<button type="button" class="second arreter" hidden>Arrêter</button></div>
<p class="statut" role="status"></p>
<div class="reponse" hidden></div>
</form>\n`
}

function accessOf(operation: Operation): string {
  return operation.security.flatMap((one) => Object.keys(one)).join(' ')
}

function field(id: string, parameter: Parameter, document: OpenApi): Html {
  const { name, required, in: place } = parameter
  const schema = schemaOf(parameter.schema, document)
  const own = `${id}.${name}`
  const isKey = name === 'Idempotency-Key'
  const label = html`<label for="${own}">${name}${
    required && !isKey ? html` <span class="obligatoire">obligatoire</span>` : undefined
  }</label>\n`
  if (schema.enum)
    return html`${label}<select id="${own}" name="${place}.${name}">
${required ? undefined : html`<option value="">(non précisé)</option>\n`}${schema.enum.map(
  (value) => html`<option>${value}</option>\n`,
)}</select>\n`
  return html`${label}<input id="${own}" name="${place}.${name}" type="text" autocomplete="off" spellcheck="false"${
    required && !isKey ? html` required` : undefined
  }${isKey ? html` aria-describedby="${own}.aide"` : undefined}>\n${
    isKey
      ? html`<p class="aide" id="${own}.aide">Laissée vide, cette page en tire une au sort.</p>\n`
      : undefined
  }`
}
