/**
 * Writes plain data as XML 1.0: elements and text, nothing else, so there is nothing to get wrong but escaping. Every
 * list names its elements, by the singular that GeoReport v2 wants.
 */
const singular: Readonly<Record<string, string>> = {
  services: 'service',
  service_requests: 'request',
  errors: 'error',
  attributes: 'attribute',
  values: 'value',
  endpoints: 'endpoint',
  formats: 'format',
}

/** @param root the name of the outermost element */
export function toXml(root: string, value: unknown): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n${element(root, value)}\n`
}

function element(name: string, value: unknown): string {
  if (value === null || value === undefined) return `<${name}/>`
  if (Array.isArray(value)) {
    const item = singular[name]
    if (!item) throw new Error(`a list of ${name} has no name for its elements`)
    return `<${name}>${value.map((one) => element(item, one)).join('')}</${name}>`
  }
  if (typeof value === 'object')
    return `<${name}>${Object.entries(value)
      .map(([key, inner]) => element(key, inner))
      .join('')}</${name}>`
  return `<${name}>${escaped(String(value as string | number | boolean))}</${name}>`
}

/** What XML 1.0 has no way to write (section 2.2) becomes U+FFFD. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(unwritable, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}
