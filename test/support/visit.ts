import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { hubUrl } from './api.ts'

/** A person at a browser, until the end of the test: what they see, what they can reach, and everything that the browser complained of. */

const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 320, height: 640 }, hasTouch: true }

/** The ways to look at a page. `zoom` is 1280 × 1024 enlarged to 400 %, as WCAG 1.4.10 has it. */
export const views = {
  desktop: { ...desktop, colorScheme: 'light' },
  'desktop, dark': { ...desktop, colorScheme: 'dark' },
  phone: { ...phone, colorScheme: 'light' },
  'phone, dark': { ...phone, colorScheme: 'dark' },
  zoom: { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4, reducedMotion: 'reduce' },
  'forced colours': { ...desktop, forcedColors: 'active', colorScheme: 'dark' },
} as const satisfies Record<string, BrowserContextOptions>

export type View = keyof typeof views

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const inPage = join(import.meta.dirname, 'in-page.js')
const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

let browser: Browser | undefined

beforeAll(async () => {
  browser = await chromium.connect(process.env.TEST_CHROMIUM ?? '')
})
afterEach(async () => {
  await Promise.all(browser?.contexts().map((context) => context.close()) ?? [])
})
afterAll(async () => {
  await browser?.close()
})

export class Visit {
  readonly page: Page
  /** Requests to any other origin, refusals by the page's own policy, script errors, messages of the console. */
  readonly complaints: string[] = []

  private constructor(context: BrowserContext, page: Page, home: string) {
    this.page = page
    context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url())
      if (origin !== home && protocol !== 'data:' && protocol !== 'blob:')
        this.complaints.push(`request to another origin: ${request.url()}`)
    })
    page.on('pageerror', (error) => this.complaints.push(`script error: ${error.message}`))
    page.on('console', (message) => {
      // A refused request of the test's own making; what the page shows of it is what the test looks at.
      if (/^Failed to load resource: the server responded with a status of [45]\d\d/.test(message.text()))
        return
      if (message.type() === 'error' || message.type() === 'warning')
        this.complaints.push(`console: ${message.text()}`)
    })
  }

  /** @param path on the hub, or a whole address: then its origin is the one that the page must stay with */
  static async open(path: string, view: View, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser!.newContext({
      baseURL: hubUrl,
      locale: 'fr-FR',
      ...views[view],
      ...options,
    })
    context.setDefaultTimeout(10_000)
    if (options.javaScriptEnabled !== false) await context.addInitScript({ path: inPage })
    const visit = new Visit(context, await context.newPage(), new URL(path, hubUrl).origin)
    await visit.page.goto(path)
    return visit
  }

  /** What axe finds wrong, one line per element. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(axeSource)
    return await this.#ask(`axe(${JSON.stringify(axeTags)})`)
  }

  /** What every page must be, whatever it is about; nothing when all is well. */
  async faults(): Promise<string[]> {
    return await this.#ask('faults()')
  }

  /**
   * Goes through the page by Tab alone, from its beginning to its end.
   * @returns what is wrong: a control that is not reached, or in another order than it is read, or without a
   *   visible focus, or hidden under something when it has the focus
   */
  async walk(): Promise<string[]> {
    const stops = await this.#ask<number>('numberStops()')
    const wrong: string[] = []
    for (let i = 0; i < stops; i++) {
      await this.page.keyboard.press('Tab')
      const { name, number, outlined, uncovered } = await this.#ask<Stop>('stop()')
      if (number !== String(i)) return [...wrong, `stop ${i} of ${stops}: the focus is on ${name}`]
      if (!outlined) wrong.push(`no visible focus: ${name}`)
      if (!uncovered) wrong.push(`covered while it has the focus: ${name}`)
    }
    await this.page.keyboard.press('Tab')
    const { number } = await this.#ask<Stop>('stop()')
    return Number(number ?? 0) > 0 ? [...wrong, 'the keyboard cannot leave the page'] : wrong
  }

  async #ask<T>(question: string): Promise<T> {
    return await this.page.evaluate<T>(`inPage.${question}`)
  }
}

interface Stop {
  readonly name: string
  readonly number?: string
  readonly outlined: boolean
  readonly uncovered: boolean
}
