// The two parts of keycloak-connect that the hub uses, as they are in 26.1.1; the package describes only the
// Express middleware it also holds. See docs/decisions/0002-keycloak-connect-fenced.md.

declare module 'keycloak-connect/middleware/auth-utils/config.js' {
  export default class Config {
    constructor(settings: {
      realm: string
      'auth-server-url': string
      resource: string
      'bearer-only': true
      'verify-token-audience': true
    })
    realmUrl: string
  }
}

declare module 'keycloak-connect/middleware/auth-utils/grant-manager.js' {
  import type { KeyObject } from 'node:crypto'
  import type Config from 'keycloak-connect/middleware/auth-utils/config.js'

  export interface ParsedToken {
    readonly header: { readonly kid: string }
    readonly content: object
    readonly signed: string
    readonly signature: Buffer
    isExpired(): boolean
  }

  export default class GrantManager {
    constructor(config: Config)
    /** Where the public key of a `kid` comes from. */
    rotation: { getJWK(kid: string): Promise<KeyObject> }
    /** Resolves with the token when type, issuer, audience and RS256 signature are right; rejects otherwise. */
    validateToken<T extends ParsedToken>(token: T, expectedType: 'Bearer'): Promise<T>
  }
}
