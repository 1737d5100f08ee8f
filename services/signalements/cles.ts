import { randomBytes, randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import type { CleOpen311, EmettreCleOpen311, RevoquerCleOpen311 } from '../../contracts/open311.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { empreinte } from './open311-deposer.ts'
import * as store from './store-cles.ts'

/** A key of 256 random bits for a system; shown in this one answer, for only its digest is kept. */
export async function emettreCle(
  { client }: z.output<typeof EmettreCleOpen311.params>,
  call: Call,
): Promise<CleOpen311> {
  const cle = randomBytes(32).toString('base64url')
  const emise = { id: randomUUID(), client, creeLe: call.now().toISOString() }
  await store.ajouterCle(
    call.db.sql,
    { ...emise, empreinte: empreinte(cle) },
    { acteurId: personne(call.principal).acteurId, idempotency: call.idempotency },
  )
  return { ...emise, cle }
}

/** Who lost the answer with the key revokes it and asks for another. */
export async function relireCle(id: string, call: Call): Promise<CleOpen311> {
  const [cle] = await store.lireCles(call.db.sql, id)
  if (!cle) throw new Refusal('introuvable')
  return { ...cle, cle: null }
}

export async function listerCles(_: object, call: Call): Promise<{ elements: CleOpen311[] }> {
  return { elements: (await store.lireCles(call.db.sql)).map((une) => ({ ...une, cle: null })) }
}

export async function revoquerCle(
  { id }: z.output<typeof RevoquerCleOpen311.params>,
  call: Call,
): Promise<null> {
  const acte = { acteurId: personne(call.principal).acteurId, idempotency: call.idempotency }
  if (!(await store.revoquerCle(call.db.sql, { id, le: call.now() }, acte))) throw new Refusal('introuvable')
  return null
}
