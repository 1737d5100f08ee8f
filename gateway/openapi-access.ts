import type { Access } from '../contracts/define.ts'

/** Who may call, as people read it. */
export function inFrench(access: readonly Access[]): string {
  return access.map(ruleInFrench).join(', ou ')
}

function ruleInFrench(rule: Access): string {
  switch (rule) {
    case 'public':
      return 'tout le monde, sans connexion'
    case 'compte':
      return 'toute personne connectée'
    case 'proprietaire':
      return 'l’usager concerné'
    case 'agent':
      return 'un agent du secteur'
    case 'administrateur':
      return 'un administrateur du guichet'
    default:
      return `un système municipal dont le client a le rôle \`${rule.slice('systeme:'.length)}\``
  }
}

/** The sign-in that an operation asks for. */
export function security(access: readonly Access[]): Record<string, string[]>[] {
  if (access.includes('public')) return access.length === 1 ? [] : [{}, { personne: ['openid'] }]
  const systems = access.filter((rule) => rule.startsWith('systeme:'))
  return [
    ...(systems.length < access.length ? [{ personne: ['openid'] }] : []),
    ...(systems.length > 0 ? [{ systeme: [] }] : []),
  ]
}

/** How people and systems sign in at the issuer: its endpoints are where Keycloak has them. */
export function securitySchemes(issuer: string) {
  const endpoint = `${issuer}/protocol/openid-connect`
  return {
    personne: {
      type: 'oauth2',
      description:
        'Usagers, agents et administrateurs: code d’autorisation avec PKCE, client public (sans secret). Le jeton vit 5 minutes.',
      flows: {
        authorizationCode: {
          authorizationUrl: `${endpoint}/auth`,
          tokenUrl: `${endpoint}/token`,
          refreshUrl: `${endpoint}/token`,
          scopes: {
            openid: 'Se connecter',
            profile: 'Nom et prénom',
            email: 'Adresse électronique',
          },
        },
      },
    },
    systeme: {
      type: 'oauth2',
      description: 'Systèmes municipaux: identifiant et secret du client, échangés contre un jeton.',
      flows: { clientCredentials: { tokenUrl: `${endpoint}/token`, scopes: {} } },
    },
  } as const
}
