import type { RequestListener } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { Refusal } from '../contracts/errors.ts'
import { LireSante } from '../contracts/hub.ts'
import { ResoudreCompte } from '../contracts/identity.ts'
import type { Principal } from '../contracts/principal.ts'
import { checkAccess } from '../infra/access.ts'
import { call } from '../infra/call.ts'
import { createPool } from '../infra/db.ts'
import type { Gateway, GatewayOptions } from '../infra/hub.ts'
import { createIssuer } from '../infra/issuer/issuer.ts'
import { roleOf } from '../infra/migrate.ts'
import { addressKey } from './address.ts'
import { type Caller, createAuthenticator } from './authenticate.ts'
import { anonymousWeightOf, limits, weightOf } from './limits.ts'
import { LiveStreams } from './live.ts'
import { open311Prefix, sendOpen311, speakOpen311 } from './open311/open311.ts'
import { addPages } from './pages.ts'
import { sendHealth } from './pages/health.ts'
import { idempotencyOf, paramsOf } from './params.ts'
import { oddTokenTeller, probeIssuer } from './probe-issuer.ts'
import { createProtection } from './protection.ts'
import { tellIssuerRequest } from './request-line.ts'
import { type Route, routes } from './routes.ts'
import { createHttpServer } from './server.ts'
import { download, upload } from './transfer.ts'

/**
 * Between saying that it is not ready and refusing connections: what stands before several gateways asks once a
 * second, and sends nobody here any more when the door closes.
 */
const noticeMs = 2_500
/** A database that takes longer is not ready; whoever asks should not wait for it. */
const readinessTimeoutMs = 2_000

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
}

/** Starts the HTTP face of the hub: the route table, the pages, and the issuer when it is embedded. */
export async function startGateway({
  broker,
  config,
  log,
  tail,
  now,
  databaseUrl,
  redis,
  referentials,
}: GatewayOptions): Promise<Gateway> {
  const issuerPool = config.keycloakUrl
    ? undefined
    : createPool({ url: databaseUrl, name: 'issuer', max: 4, role: roleOf('issuer') })
  const { publicUrl, corsOrigins, environment } = config
  const protection = createProtection(config, log, { redis })
  const { door, proxies, byAddress, byAccount, slots, reserved, newcomers } = protection
  const issuer =
    issuerPool &&
    (await createIssuer({
      sql: issuerPool,
      publicUrl,
      corsOrigins,
      environment,
      log,
      addressOf: (request) => addressKey(proxies.clientOf(request)),
    }))
  const toIssuer: RequestListener | undefined =
    issuer &&
    ((request, response) => {
      tellIssuerRequest(log, request, response)
      issuer(request, response)
    })
  const server = await createHttpServer({
    log,
    connections: protection.connections,
    bare: protection.bare,
    limits,
    receive: (request, response, serve) =>
      door.receive(request, response, { serve, issuer: toIssuer, knows: authenticator.knows }),
  })
  const { app } = server
  const live = new LiveStreams(tail, protection.streams, now)
  let stopping = false

  const realm = `${config.keycloakUrl ?? config.publicUrl}/realms/malakoff`
  const keySetUrl = config.keycloakUrl
    ? `${realm}/protocol/openid-connect/certs`
    : `http://${ownAddress(config.listen)}:${config.port}/realms/malakoff/protocol/openid-connect/certs`
  const authenticator = createAuthenticator({
    issuer: realm,
    keySetUrl,
    audience: 'guichet',
    now: () => now().getTime(),
    onKeySetFailure: (error) => log.warn({ err: error }, 'the issuer’s keys could not be fetched'),
    onOddToken: oddTokenTeller(log),
    resolve: (who) =>
      newcomers.run(() =>
        call(broker, ResoudreCompte, who, { principal: { kind: 'anonyme' }, repeatable: true }),
      ),
  })

  const addressOf = (request: FastifyRequest) => addressKey(proxies.clientOf(request.raw))
  app.decorateRequest('caller', null)
  const addRoute = (app: FastifyInstance, route: Route, url: string) =>
    app.route({
      method: route.method,
      url,
      // A stream has no head of its own: it would stay open, unheard, until its token ends.
      exposeHeadRoute: route.transport !== 'stream',
      // Before the body is read: a stranger's 25 MB are refused at the door.
      onRequest: async (request, reply) => {
        const caller = await authenticator.authenticate(request.headers.authorization)
        request.caller = caller
        protection.cors.narrow(request, reply, caller)
        if (route.method === 'GET' && route.action.access.includes('public'))
          protection.cors.publish(request, reply, caller)
        if (caller.principal.kind !== 'anonyme')
          await byAccount.spend(caller.principal, weightOf(route), reply)
        checkAccess(route.action, caller.principal)
        // The door has counted one; who is refused for want of a token has cost no more.
        if (caller.principal.kind === 'anonyme')
          byAddress.charge(addressOf(request), anonymousWeightOf(route) - 1)
        if (route.transport === 'upload') protection.deadlines.extend(request.raw, limits.transferMs)
      },
      handler: (request, reply) => serve(route, request, reply),
    })
  for (const route of routes) if (route.transport !== 'open311') addRoute(app, route, route.path)
  await app.register(
    async (scope) => {
      speakOpen311(scope)
      for (const route of routes)
        if (route.transport === 'open311') addRoute(scope, route, route.path.slice(open311Prefix.length))
    },
    { prefix: open311Prefix },
  )

  async function serve(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { principal, expiresAt } = request.caller!
    if (route.transport === 'stream' && principal.kind === 'personne')
      return await slots.run(() => live.open(request, reply, principal, expiresAt ?? 0))
    const params = paramsOf(route, request)
    const idempotency = idempotencyOf(route, request, principal)
    if (route.transport === 'upload' || route.transport === 'download') {
      // Bytes move at the pace of the other side: they must not hold a place where work waits.
      const leave = protection.transfers.take(
        accountOf(principal) || addressOf(request),
        'Trop de fichiers en même temps: attendez que l’un d’eux soit arrivé.',
      )
      reply.raw.once('close', leave)
    }
    if (route.transport === 'download')
      return await download(broker, request, reply, route.action, String(params.id), principal)
    if (route.transport === 'upload' && idempotency)
      return await answer(route, reply, await upload(broker, request, params, { principal, idempotency }))
    const lane = route.path.startsWith('/v1/admin/') ? reserved : slots
    const options = { principal, ...(idempotency && { idempotency }) }
    const ask = () => lane.run(() => call(broker, route.action, params, options))
    const result = await (route.action.catalogue ? referentials.read(route.action, params, ask) : ask())
    if (route.transport === 'open311') return await sendOpen311(route, request, reply, result)
    return await answer(route, reply, result)
  }

  app.get('/health/live', (request, reply) => sendHealth('vivant', { statut: 'vivant' }, request, reply))
  app.get('/health/ready', async (request, reply) => {
    const options = { principal: { kind: 'anonyme' }, timeoutMs: readinessTimeoutMs } as const
    const sante = stopping ? undefined : await reserved.run(() => call(broker, LireSante, {}, options))
    if (sante?.statut === 'pret') return await sendHealth('pret', await withRedis(sante), request, reply)
    throw new Refusal(
      'service-indisponible',
      stopping ? 'Le guichet s’arrête.' : 'La base de données ne répond pas.',
    )
  })
  /** Without Redis it serves as before: nobody is sent away, and the administrator sees it. */
  const withRedis = async ({ statut, parties }: z.output<typeof LireSante.returns>) => {
    if (!redis) return { statut, parties }
    const answers = await redis.answers()
    return { statut: answers ? statut : ('degrade' as const), parties: { ...parties, redis: answers } }
  }
  await addPages(app, config)

  await server.listen(config.listen, config.port)
  const production = environment === 'production'
  const stopProbing = config.keycloakUrl ? probeIssuer({ realm, production, now, log }) : () => {}
  return {
    url: config.publicUrl,
    async stop() {
      stopping = true
      stopProbing()
      if (config.natsUrl) await delay(noticeMs)
      live.closeAll()
      await server.close()
      await issuerPool?.end({ timeout: 5 })
    },
  }
}

async function answer(route: Route, reply: FastifyReply, result: unknown): Promise<unknown> {
  void reply.code(route.success)
  if (route.success === 204) return await reply.send()
  const { id, version } = result as { id?: unknown; version?: unknown }
  if (typeof version === 'number') void reply.header('etag', `"${version}"`)
  if (route.success === 201 && typeof id === 'string' && !route.path.includes(':'))
    void reply.header('location', `${route.path}/${id}`)
  if (route.type === undefined) return result
  const body = typeof result === 'string' ? result : JSON.stringify(result)
  return await reply.type(`${route.type}; charset=utf-8`).send(body)
}

function accountOf(principal: Principal): string {
  return principal.kind === 'anonyme' ? '' : principal.acteurId
}

/** Where this process reaches itself, whatever address it listens on. */
function ownAddress(listen: string): string {
  if (listen === 'localhost' || listen === '0.0.0.0' || listen === '::') return '127.0.0.1'
  return listen.includes(':') ? `[${listen}]` : listen
}
