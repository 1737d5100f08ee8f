import { createHmac, timingSafeEqual } from 'node:crypto'
import { Id } from '../../contracts/define.ts'

/**
 * The token of a confirmation link: the report's id and a code that only this service can make of it, so that nothing
 * has to be kept that would open anything. It serves until the report is confirmed or forgotten.
 * @param secret of this database
 */
export function jetonDe(secret: Buffer, id: string): string {
  return `${id.replaceAll('-', '')}${code(secret, id).toString('base64url')}`
}

/** The report that a token is of; null for what this service has not made. */
export function identifiantDuJeton(secret: Buffer, jeton: string): string | null {
  const [, hex = '', donne = ''] = /^([0-9a-f]{32})([\w-]{43})$/.exec(jeton) ?? []
  const id = Id.safeParse(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
  if (!id.success) return null
  const attendu = code(secret, id.data)
  const recu = Buffer.from(donne, 'base64url')
  return recu.length === attendu.length && timingSafeEqual(recu, attendu) ? id.data : null
}

function code(secret: Buffer, id: string): Buffer {
  return createHmac('sha256', secret).update(`confirmer ${id}`).digest()
}
