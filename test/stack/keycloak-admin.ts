import type { KeyObject } from 'node:crypto'

/** The administration of Keycloak's realm `malakoff` by its REST API, as a test needs it. */
export class KeycloakAdmin {
  readonly #url: string
  readonly #secret: string
  #token = ''
  #until = 0

  /** @param secret of the client `essai` in the realm of administrators */
  constructor(url: string, secret: string) {
    this.#url = url
    this.#secret = secret
  }

  /** Where this administration is, for another process: `new KeycloakAdmin(...keys)`. */
  get keys(): [url: string, secret: string] {
    return [this.#url, this.#secret]
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.#send('GET', path)).json()) as T
  }

  /** Resolves with the id of what was made. */
  async post(path: string, body: unknown): Promise<string> {
    const response = await this.#send('POST', path, body)
    return response.headers.get('location')?.split('/').at(-1) ?? ''
  }

  async put(path: string, body: unknown): Promise<void> {
    await this.#send('PUT', path, body)
  }

  async delete(path: string, body?: unknown): Promise<void> {
    await this.#send('DELETE', path, body)
  }

  /**
   * Adds a signing key. Keycloak signs with the one of the highest priority; its own has 100.
   * @returns its `kid`, which Keycloak makes from it
   */
  async addKey(key: KeyObject, priority: number): Promise<string> {
    const id = await this.post('/components', {
      name: `essai ${priority}`,
      providerId: 'rsa',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: {
        priority: [String(priority)],
        privateKey: [key.export({ type: 'pkcs8', format: 'pem' })],
        algorithm: ['RS256'],
      },
    })
    const { keys } = await this.get<{ keys: { providerId: string; kid: string }[] }>('/keys')
    return keys.find(({ providerId }) => providerId === id)!.kid
  }

  async #send(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${this.#url}/admin/realms/malakoff${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.#signIn()}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }

  async #signIn(): Promise<string> {
    if (Date.now() < this.#until) return this.#token
    const response = await fetch(`${this.#url}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'essai',
        client_secret: this.#secret,
      }),
    })
    if (!response.ok) throw new Error(`Keycloak lets no administrator in: ${await response.text()}`)
    const { access_token, expires_in } = (await response.json()) as {
      access_token: string
      expires_in: number
    }
    this.#token = access_token
    this.#until = Date.now() + expires_in * 500
    return access_token
  }
}
