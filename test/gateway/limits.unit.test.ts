import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { limits, weightOf } from '../../gateway/limits.ts'
import { routes } from '../../gateway/routes.ts'
import { readConfig } from '../../infra/config.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/limits.md'), 'utf8')
const units: Record<string, number> = { '': 1, s: 1_000, min: 60_000, KiB: 1024, 'a minute': 1 }

/** What the page says of a limit, in the unit that the code counts in. */
function told(name: string): number {
  const [, number = '', unit = ''] =
    new RegExp(`^\\| \`${name}\` \\| (\\d+) ?([\\w ]*?) \\|`, 'm').exec(page) ?? []
  return Number(number) * (units[unit] ?? Number.NaN)
}

test('docs/limits.md tells every limit as it is', () => {
  for (const [name, value] of Object.entries(limits)) expect([name, told(name)]).toEqual([name, value])
  const { rateAccount, rateAddress, maxConnections, maxInFlight } = readConfig({})
  expect(told('RATE_ACCOUNT')).toBe(rateAccount)
  expect(told('RATE_ADDRESS')).toBe(rateAddress)
  expect(told('MAX_CONNECTIONS')).toBe(maxConnections)
  expect(told('MAX_IN_FLIGHT')).toBe(maxInFlight)
})

test('what takes more work weighs more', () => {
  const weights = Object.fromEntries(
    routes.map((route) => [`${route.method} ${route.path}`, weightOf(route)]),
  )
  expect(weights).toMatchObject({
    'GET /v1/moi': 1,
    'GET /v1/dossiers/:id': 1,
    'PATCH /v1/dossiers/:id': 2,
    'POST /v1/dossiers': 2,
    'GET /v1/dossiers': 3,
    'GET /v1/evenements': 3,
    'GET /v1/agents/dossiers': 5,
    'GET /v1/documents/:id/contenu': 5,
    'GET /v1/moi/suivi/flux': 5,
    'POST /v1/documents': 10,
  })
})
