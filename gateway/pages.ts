import type { FastifyInstance } from 'fastify'
import type { Config } from '../infra/config.ts'

export async function addPages(app: FastifyInstance, config: Config): Promise<void> {
  app.get('/', async (_request, reply) => reply.type('text/plain; charset=utf-8').send(`Guichet ${config.publicUrl}`))
}
