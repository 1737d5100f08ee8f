import { randomUUID } from 'node:crypto'
import { resourceFromAttributes } from '@opentelemetry/resources'

/** Who speaks, in spans and metrics that leave this process: one service, and an instance per process. */
export const resource = resourceFromAttributes({
  'service.name': 'guichet',
  'service.instance.id': randomUUID(),
})
