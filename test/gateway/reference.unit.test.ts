import { asyncApiDocument } from '../../gateway/asyncapi.ts'
import { demandOf } from '../../gateway/pages/reference/demand.ts'
import type { OpenApi } from '../../gateway/pages/reference/document.ts'
import { exampleOf } from '../../gateway/pages/reference/example.ts'
import { referencePage } from '../../gateway/pages/reference/page.ts'
import { prose } from '../../gateway/pages/reference/prose.ts'
import { errorCatalog } from '../../contracts/errors.ts'
import { document, issuer, publicUrl, rooted, rows, validator } from './openapi-document.ts'

const openApi = document as unknown as OpenApi
const page = referencePage(document, asyncApiDocument(publicUrl), { publicUrl, issuer })

/** The article of one operation in the page. */
function article(action: string): string {
  return page.split('<article ').find((part) => part.includes(` id="${action}"`)) ?? ''
}

describe('the reference page', () => {
  test.each(rows)(
    '$name: says its address, its rule, its fields and its refusals',
    ({ route, operation }) => {
      const shown = article(route.action.name)
      const text = shown.replace(/<[^>]*>/g, '')
      expect(text).toContain(route.method)
      expect(text).toContain(route.path.replace(/:(\w+)/g, '{$1}'))
      expect(text).toContain('Qui')
      for (const { name } of operation.parameters) expect(shown).toContain(`<dt><code>${name}</code>`)
      for (const name of Object.keys(route.action.params.shape).filter(
        (one) => one !== 'siVersion' && one !== 'nom',
      ))
        expect(shown).toContain(`<dt><code>${name}</code>`)
      // GeoReport v2 has errors of its own.
      for (const code of route.transport === 'open311' ? [] : route.action.errors)
        expect(shown).toContain(`<strong>${errorCatalog[code][0]}</strong> <code>${code}</code>`)
    },
  )

  test.each(rows)('$name: the example of its body is one that the contract takes', ({ route, operation }) => {
    const { body } = demandOf(
      route.method,
      route.path,
      operation as OpenApi['paths'][string][string],
      openApi,
    )
    const schema = operation.requestBody?.content['application/json']?.schema
    expect(body === undefined).toBe(schema === undefined)
    if (!schema || body === undefined) return
    const check = validator().compile(rooted(schema))
    expect({ valid: check(JSON.parse(body)), errors: check.errors }).toEqual({ valid: true, errors: null })
  })

  test.each(Object.keys(document.components.schemas))('the example of %s is one', (name) => {
    const schema = openApi.components.schemas[name]!
    const check = validator().compile(rooted(schema))
    const valid = check(exampleOf(schema, openApi, 'answer'))
    expect({ valid, errors: check.errors }).toEqual({ valid: true, errors: null })
  })

  test('has ids that are unique, and links that lead somewhere', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!)
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
    const used = [...page.matchAll(/\s(?:href="#|for="|aria-labelledby="|aria-describedby=")([^"]+)"/g)]
    expect(used.flatMap(([, names]) => names!.split(' ')).filter((name) => !ids.includes(name))).toEqual([])
  })
})

test('the texts of the contracts are read as they are meant, and nothing of them becomes HTML', () => {
  const text = 'Un *fil*: voir `<id>`.\n\n## Titre\n- un\n- deux: [ici](/docs)\n\n**Qui** : <b>tous</b>'
  expect(prose(text).map(({ markup }) => markup.trim())).toEqual([
    '<p>Un *fil*\u{a0}: voir <code>&#60;id&#62;</code>.</p>',
    '<h3>Titre</h3>',
    '<ul>\n<li>un</li>\n<li>deux\u{a0}: <a href="/docs">ici</a></li>\n</ul>',
    '<p><strong>Qui</strong>\u{a0}: &#60;b&#62;tous&#60;/b&#62;</p>',
  ])
})
