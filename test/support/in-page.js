/** What `visit.ts` asks inside the page: the browser runs this before each page's own scripts. */
globalThis.inPage = {
  /** What every page must be, whatever it is about. */
  faults() {
    const count = (selector) => document.querySelectorAll(selector).length
    const { clientWidth, scrollWidth, lang } = document.documentElement
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      return width > 1 && left >= 0 && right > clientWidth + 1
    })
    return [
      ...(lang === 'fr' ? [] : ['not in French']),
      ...(/^.+ — Guichet de Malakoff$/.test(document.title) ? [] : [`title: ${document.title}`]),
      ...['h1', 'main', '[role=banner]'].filter((one) => count(one) !== 1).map((one) => `${count(one)} × ${one}`),
      ...(scrollWidth > clientWidth ? ['scrolls sideways'] : []),
      ...wide.slice(0, 5).map((element) => `too wide: ${element.outerHTML.slice(0, 120)}`),
    ]
  },

  /** Numbers every control in the order in which the page is read, and puts the focus before the first. */
  numberStops() {
    const controls = document.querySelectorAll(
      'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]',
    )
    const shown = [...controls].filter((one) => !one.matches(':disabled') && one.checkVisibility({ visibilityProperty: true }))
    for (const [i, one] of shown.entries()) one.dataset.stop = String(i)
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
    scrollTo(0, 0)
    return shown.length
  },

  /** Where the focus is, and whether a person sees it there. */
  stop() {
    const element = document.activeElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const box = element.getClientRects()[0] ?? element.getBoundingClientRect()
    const onTop = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20))
    return {
      name: element.outerHTML.slice(0, 100),
      number: element.dataset.stop,
      outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
      uncovered: onTop !== null && (element.contains(onTop) || onTop.contains(element)),
    }
  },

  axe: async (runOnly) => {
    // Forced colours are the person's own, and axe looks at a property that they do not touch.
    const contrast = { 'color-contrast': { enabled: !matchMedia('(forced-colors: active)').matches } }
    const { violations } = await globalThis.axe.run({ runOnly, rules: contrast, resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary.split('\n').at(-1).trim()}`),
    )
  },
}
