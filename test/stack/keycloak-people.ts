import { randomUUID } from 'node:crypto'
import { KeycloakAdmin } from './keycloak-admin.ts'

/** The Keycloak of this run. */
export const [keycloakUrl, secret] = JSON.parse(process.env.TEST_KEYCLOAK ?? '["",""]') as [string, string]
export const admin = new KeycloakAdmin(keycloakUrl, secret)

export interface Someone {
  readonly id: string
  readonly name: string
  readonly password: string
}

/** Somebody whom only this test knows. */
export async function someone(groups: readonly string[] = []): Promise<Someone> {
  const name = `essai-${randomUUID()}`
  const password = randomUUID()
  const id = await admin.post('/users', {
    username: name,
    firstName: 'Camille',
    lastName: 'Essai',
    email: `${name}@example.org`,
    enabled: true,
    groups,
    credentials: [{ type: 'password', value: password, temporary: false }],
  })
  return { id, name, password }
}

/** A front end like `mobile`, whose access tokens live as long as the test can wait. */
export async function briefClient(seconds: number): Promise<string> {
  const [mobile] = await admin.get<Record<string, unknown>[]>('/clients?clientId=mobile')
  const { id: _, attributes, ...rest } = mobile!
  const clientId = `essai-${randomUUID()}`
  await admin.post('/clients', {
    ...rest,
    clientId,
    fullScopeAllowed: true,
    protocolMappers: (rest.protocolMappers as object[]).map((mapper) => ({ ...mapper, id: undefined })),
    attributes: { ...(attributes as object), 'access.token.lifespan': String(seconds) },
  })
  return clientId
}
