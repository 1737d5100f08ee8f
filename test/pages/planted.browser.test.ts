import Fastify, { type FastifyInstance } from 'fastify'
import { Visit } from '../support/visit.ts'

/** For each thing that the other tests look for, a page that lacks it: so it is known that they would see it. */
const whole = {
  lang: 'fr',
  title: 'Essai — Guichet de Malakoff',
  head: '<style>:focus-visible { outline: 3px solid #17408b }</style>',
  header: '<header role="banner"><a href="/">Accueil</a></header>',
  main: '<h1>Essai</h1><label for="a">Nom</label> <input id="a"> <button>Envoyer</button>',
}

function page({ lang, title, head, header, main }: typeof whole): string {
  return `<!doctype html><html lang="${lang}"><head><title>${title}</title>${head}</head>
<body>${header}<main>${main}</main></body></html>`
}

async function look(visit: Visit): Promise<string[]> {
  return [...(await visit.axe()), ...(await visit.faults()), ...(await visit.walk()), ...visit.complaints]
}

describe('what is wrong with a page is seen', () => {
  let app: FastifyInstance
  let shown: string
  beforeAll(async () => {
    app = Fastify()
    app.get('/', async (_, reply) =>
      reply
        .headers({ 'content-security-policy': "img-src *; script-src 'none'" })
        .type('text/html; charset=utf-8')
        .send(shown),
    )
    await app.listen({ port: 0, host: '127.0.0.1' })
  })
  afterAll(() => app.close())

  async function seen(parts: Partial<typeof whole>): Promise<string[]> {
    shown = page({ ...whole, ...parts })
    return await look(await Visit.open(app.listeningOrigin, 'phone'))
  }

  test('and a page that is as it should be has no fault', async () => {
    expect(await seen({})).toEqual([])
  })

  const { head, main } = whole
  test.each<[string, Partial<typeof whole>, RegExp]>([
    ['a field without its label', { main: `<h1>Essai</h1><input>` }, /^label: input/],
    ['grey on white', { main: `${main}<p style="color: #bbb">Pâle</p>` }, /^color-contrast: p/],
    ['another language', { lang: 'en' }, /^not in French/],
    ['no title', { title: 'Essai' }, /^title: Essai/],
    ['two first headings', { main: `${main}<h1>Encore</h1>` }, /^2 × h1/],
    [
      'a page wider than the screen',
      { main: `${main}<div style="width: 400px">Large</div>` },
      /^too wide: <div/,
    ],
    [
      'a focus that nobody sees',
      { head: '<style>:focus { outline: none }</style>' },
      /^no visible focus: <a/,
    ],
    ['an order of its own', { main: `${main}<button tabindex="2">D’abord</button>` }, /^stop 3 of 4/],
    [
      'a control that Tab passes by',
      { main: `${main}<button tabindex="-1">Oublié</button>` },
      /^stop 3 of 4/,
    ],
    [
      'a control under something else',
      { head: `${head}<style>main { position: fixed; inset: 0; background: #fff }</style>` },
      /^covered while it has the focus: <a/,
    ],
    [
      'an image of another host',
      { main: `${main}<img alt="" src="http://127.0.0.1:1/a.png">` },
      /^request to another origin/,
    ],
    [
      'a script that the policy refuses',
      { main: `${main}<script>document.title = 'x'</script>` },
      /^console: .*Content Security Policy/,
    ],
  ])('%s', async (_, parts, fault) => {
    expect(await seen(parts)).toEqual(expect.arrayContaining([expect.stringMatching(fault)]))
  })
})
