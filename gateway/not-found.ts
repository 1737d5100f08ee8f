import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../contracts/errors.ts'
import { sendProblem } from './problem.ts'
import { routes } from './routes.ts'

const patterns = routes.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/:\w+/g, '[^/]+')}$`),
}))

/** The methods that an address knows; none for an address that nobody knows. */
export function methodsOf(path: string, { server }: FastifyRequest): string[] {
  const known = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  if (known.length > 0) return known
  return server.hasRoute({ method: 'GET', url: path }) ? ['GET', 'HEAD'] : []
}

/** Answers an unknown address, or a method that a known one does not take. */
export async function sendNotFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const allowed = methodsOf(request.url.split('?')[0] ?? '', request)
  if (allowed.length === 0) return await sendProblem(new Refusal('introuvable'), request, reply)
  void reply.header('allow', allowed.join(', '))
  return await sendProblem(new Refusal('methode-non-permise'), request, reply)
}
