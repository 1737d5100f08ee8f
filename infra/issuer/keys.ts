import { createHash, generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Sql } from '../db.ts'

const member = z.string()
const SigningKey = z.object({
  kty: z.literal('RSA'),
  n: member,
  e: member,
  d: member,
  p: member,
  q: member,
  dp: member,
  dq: member,
  qi: member,
  kid: member,
  use: z.literal('sig'),
  alg: z.literal('RS256'),
})

const Keys = z.object({
  /** Private RSA keys (JWK); the first one signs. */
  signing: z.array(SigningKey).min(1),
  /** What cookies are signed with. */
  cookies: z.array(z.string()).min(1),
})
export type IssuerKeys = z.infer<typeof Keys>

/**
 * The keys that every process of this database shares; made by the first one that asks. Processes that start
 * together all end with the same keys: one insert wins, everyone reads.
 */
export async function loadKeys(sql: Sql): Promise<IssuerKeys> {
  return (await readKeys(sql)) ?? (await makeKeys(sql))
}

async function readKeys(sql: Sql): Promise<IssuerKeys | undefined> {
  const rows = await sql<{ name: string; value: unknown }[]>`select name, value from issuer.key`
  return rows.length === 0
    ? undefined
    : Keys.parse(Object.fromEntries(rows.map(({ name, value }) => [name, value])))
}

async function makeKeys(sql: Sql): Promise<IssuerKeys> {
  const signing = [await newSigningKey()]
  const cookies = [randomBytes(32).toString('base64url')]
  await sql`insert into issuer.key (name, value)
    values ('signing', ${sql.json(signing)}), ('cookies', ${sql.json(cookies)}) on conflict do nothing`
  const keys = await readKeys(sql)
  if (!keys) throw new Error('The keys of the embedded issuer cannot be read back from issuer.key.')
  return keys
}

async function newSigningKey(): Promise<IssuerKeys['signing'][number]> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const { kty, n, e, ...rest } = privateKey.export({ format: 'jwk' })
  // RFC 7638 thumbprint: the members in this order.
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url')
  return SigningKey.parse({ kty, n, e, ...rest, kid, use: 'sig', alg: 'RS256' })
}
