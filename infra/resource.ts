import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { resourceFromAttributes } from '@opentelemetry/resources'

/** What runs here, when it is not the whole hub; `main.ts` says what is wrong with it. */
const { services } = parseArgs({ options: { services: { type: 'string' } }, strict: false }).values

/** Who speaks, in spans and metrics that leave this process: the hub or its parts, and an instance per process. */
export const resource = resourceFromAttributes({
  'service.namespace': 'guichet',
  'service.name': typeof services === 'string' ? `guichet-${services.replaceAll(',', '-')}` : 'guichet',
  'service.instance.id': randomUUID(),
})
