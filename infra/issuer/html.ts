/** Text that is already HTML. Only this module makes it, so nothing from outside enters a page unescaped. */
export interface Html {
  readonly markup: string
}

type Value = string | number | Html | readonly Html[] | undefined

/** Builds HTML; every interpolated text is escaped, `undefined` leaves nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { markup: strings.map((text, i) => (i < values.length ? text + render(values[i]) : text)).join('') }
}

/** Takes markup that oidc-provider or this program wrote; never text from a request. */
export function trusted(markup: string): Html {
  return { markup }
}

function render(value: Value): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return escape(value)
  return 'markup' in value ? value.markup : value.map((part) => part.markup).join('')
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
