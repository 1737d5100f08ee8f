/** As much of a browser as a sign-in needs: cookies by path, forms, one redirection at a time. */
export class Browser {
  readonly cookies = new Map<string, { value: string; path: string; attributes: string }>()
  #origin: string

  /** @param origin the server that really answers, whatever the addresses say */
  constructor(origin: string) {
    this.#origin = origin
  }

  /** Another process of the same hub answers from now on. */
  moveTo(origin: string): void {
    this.#origin = origin
  }

  async get(address: string | URL): Promise<Page> {
    return await this.#send(new URL(address), {})
  }

  async submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const action = attribute(page.body, 'action')
    const hidden = [...page.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
    const body = new URLSearchParams(fields)
    for (const [, name = '', value = ''] of hidden) body.append(name, value)
    return await this.#send(new URL(action, page.address), { method: 'POST', body })
  }

  /** Goes where a page redirects to. */
  async follow(page: Page): Promise<Page> {
    return await this.get(page.location)
  }

  async #send(address: URL, init: RequestInit): Promise<Page> {
    const cookie = [...this.cookies]
      .filter(([, { path }]) => address.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
    const response = await fetch(new URL(address.pathname + address.search, this.#origin), {
      ...init,
      redirect: 'manual',
      headers: { cookie: cookie.join('; '), accept: 'text/html' },
    })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return {
      address,
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      location: new URL(response.headers.get('location') ?? address, address),
    }
  }

  #keep(line: string): void {
    const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? []
    const path = /; path=([^;]*)/.exec(attributes)?.[1] ?? '/'
    if (value === '' || attributes.includes('expires=Thu, 01 Jan 1970')) this.cookies.delete(name)
    else this.cookies.set(name, { value, path, attributes })
  }
}

export interface Page {
  readonly address: URL
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly location: URL
}

function attribute(markup: string, name: string): string {
  return new RegExp(`<form[^>]* ${name}="([^"]*)"`).exec(markup)?.[1] ?? ''
}
