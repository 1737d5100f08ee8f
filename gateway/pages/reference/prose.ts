import { html, type Html } from '../../../infra/issuer/html.ts'
import { typeset } from '../../../infra/typography.ts'

/**
 * The texts of the OpenAPI document as HTML: paragraphs, `## headings`, lists, `code`, **bold** and links. They
 * are our own (`openapi-texts.ts` and the contracts), and use no more of CommonMark than this.
 */
export function prose(text: string): Html[] {
  const blocks: string[] = []
  let open = false
  for (const line of text.split('\n')) {
    const heading = line.startsWith('## ')
    if (open && !heading && line !== '') blocks[blocks.length - 1] += `\n${line}`
    else if (line !== '') blocks.push(line)
    open = line !== '' && !heading
  }
  return blocks.map(block)
}

function block(text: string): Html {
  if (text.startsWith('## ')) return html`<h3>${inline(text.slice(3))}</h3>\n`
  if (!text.startsWith('- ')) return html`<p>${inline(text)}</p>\n`
  const items = text.slice(2).split(/\n- /)
  return html`<ul>\n${items.map((item) => html`<li>${inline(item)}</li>\n`)}</ul>\n`
}

const marks = /`([^`\n]{1,300})`|\*\*([^*\n]{1,300})\*\*|\[([^[\]\n]{1,300})\]\(([^()\s]{1,300})\)/g

/** One line of such a text. */
export function inline(text: string): Html[] {
  const parts: Html[] = []
  let end = 0
  for (const match of text.matchAll(marks)) {
    const [all, code, bold, label, address] = match
    parts.push(html`${typeset(text.slice(end, match.index))}`)
    end = match.index + all.length
    if (code !== undefined) parts.push(html`<code>${code}</code>`)
    else if (bold !== undefined) parts.push(html`<strong>${typeset(bold)}</strong>`)
    else parts.push(html`<a href="${address}">${typeset(label!)}</a>`)
  }
  return [...parts, html`${typeset(text.slice(end))}`]
}
