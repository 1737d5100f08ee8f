import postgres from 'postgres'
import { Refusal } from '../../contracts/errors.ts'
import { isAway, isPassing, refuseIfPassing } from '../../infra/passing.ts'

/** As the driver makes it from what PostgreSQL says. */
const fromPostgres = (code: string) =>
  new (postgres.PostgresError as unknown as new (said: object) => Error)({ message: 'said', code })
const fromSystem = (code: string) => Object.assign(new Error('said'), { code })

test.each(['08006', '53100', '53300', '57P01', '57P03', '58030', '25006'])(
  'PostgreSQL that says %s is away or has no room',
  (code) => expect(isAway(fromPostgres(code))).toBe(true),
)

test.each(['ECONNREFUSED', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', 'EPIPE', 'ENOSPC', 'EDQUOT'])(
  'so is what failed with %s',
  (code) => expect(isAway(fromSystem(code))).toBe(true),
)

test.each(['40001', '40P01', '55P03', '57014', '25P03'])(
  'a statement in another’s way, %s, passes, though nothing is away',
  (code) => {
    expect(isPassing(fromPostgres(code))).toBe(true)
    expect(isAway(fromPostgres(code))).toBe(false)
  },
)

test.each([
  fromPostgres('23505'),
  fromPostgres('42703'),
  fromSystem('ENOENT'),
  new Error('x'),
  'text',
  undefined,
])('any other error is a fault and stays what it is (%#)', (error) => {
  expect(isPassing(error)).toBe(false)
  expect(refuseIfPassing(error)).toBe(error)
})

test('what passes is refused as unavailable', () => {
  const refused = refuseIfPassing(fromPostgres('53100'))
  expect(refused).toBeInstanceOf(Refusal)
  expect((refused as Refusal).code).toBe('service-indisponible')
})
