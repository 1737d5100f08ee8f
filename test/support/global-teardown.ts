import { rm } from 'node:fs/promises'

export default async function globalTeardown(): Promise<void> {
  const server = globalThis.guichetTestServer
  if (!server) return
  await server.chromium?.close()
  await Promise.all(server.hubs?.map((hub) => hub.stop()) ?? [])
  await Promise.all([server.nats?.close(), server.redis?.close(), server.keycloak?.close()])
  await server.postgres.stop()
  await rm(server.folder, { recursive: true, force: true })
}
