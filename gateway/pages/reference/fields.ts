import { html, type Html } from '../../../infra/issuer/html.ts'
import { nameOf, type Parameter, type Schema } from './document.ts'
import { inline } from './prose.ts'

/** The fields of an object, each with its type, its limits and what it means. */
export function fieldList(schema: Schema): Html {
  const fields = Object.entries(schema.properties ?? {})
  return html`<dl class="champs">
${fields.map(([name, field]) => entry(name, field, field.description, schema.required?.includes(name)))}</dl>\n`
}

/** The parameters of an operation that travel in one place. */
export function parameterList(parameters: readonly Parameter[]): Html {
  return html`<dl class="champs">
${parameters.map(({ name, schema, description, required }) =>
  entry(name, schema, description ?? schema.description, required),
)}</dl>\n`
}

function entry(name: string, schema: Schema, description?: string, required?: boolean): Html {
  const inner = schema.items?.properties ? schema.items : schema
  return html`<dt><code>${name}</code> <span class="type">${typeOf(schema)}</span>${
    required ? html` <span class="obligatoire">obligatoire</span>` : undefined
  }${schema['x-personnel'] ? html` <span class="personnel">donnée personnelle</span>` : undefined}</dt>
<dd>${description ? html`<p>${inline(description)}</p>` : undefined}${limits(schema)}${
    inner.properties ? fieldList(inner) : undefined
  }</dd>\n`
}

const formats: Readonly<Record<string, string>> = {
  uuid: 'UUID',
  date: 'date',
  'date-time': 'date et heure',
  email: 'adresse électronique',
  binary: 'fichier',
}
const types: Readonly<Record<string, string>> = {
  string: 'texte',
  integer: 'entier',
  number: 'nombre',
  boolean: 'vrai ou faux',
  object: 'objet',
  array: 'liste',
  null: 'null',
}

/** What kind of value this is, in a few words; a named object is a link to its description. */
export function typeOf(schema: Schema): Html {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema.$ref)
    return html`<a href="#objet.${name}">${name}</a>`
  }
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives) return html`${alternatives.map((one, i) => html`${i > 0 ? ' ou ' : ''}${typeOf(one)}`)}`
  if (schema.type === 'array' && schema.items?.type === 'object') return html`liste d’objets`
  if (schema.type === 'array' && schema.items) return html`liste de ${typeOf(schema.items)}`
  if (schema.format && formats[schema.format])
    return html`${formats[schema.format]}${Array.isArray(schema.type) ? ' ou null' : ''}`
  const all = [schema.type ?? []].flat()
  return html`${all.length === 0 ? 'toute valeur JSON' : all.map((type) => types[type] ?? type).join(' ou ')}`
}

function limits(schema: Schema): Html | undefined {
  const { enum: values, default: usual, minLength, maxLength, minimum, maximum, maxItems, pattern } = schema
  const said = [
    values && html`Valeurs&nbsp;: ${values.map((v, i) => html`${i > 0 ? ', ' : ''}<code>${v}</code>`)}`,
    between('caractères', minLength, maxLength),
    between('', minimum, maximum),
    between('éléments', undefined, maxItems),
    pattern && schema.format === undefined ? html`Forme&nbsp;: <code>${pattern}</code>` : undefined,
    usual === undefined ? undefined : html`Sans valeur, <code>${JSON.stringify(usual)}</code>`,
  ].filter((one) => one !== undefined)
  if (said.length === 0) return undefined
  return html`<p class="limites">${said.map((one, i) => html`${i > 0 ? '. ' : ''}${one}`)}.</p>`
}

function between(unit: string, least?: number, most?: number): Html | undefined {
  if (most === undefined) return least === undefined ? undefined : html`Au moins ${least} ${unit}`
  return least === undefined ? html`Au plus ${most} ${unit}` : html`De ${least} à ${most} ${unit}`
}
