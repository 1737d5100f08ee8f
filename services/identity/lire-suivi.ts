import { z } from 'zod'
import type { LireSuivi } from '../../contracts/identity.ts'
import { personne } from '../../infra/access.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import type { Call } from '../../infra/service.ts'
import { elementSuivi } from '../../infra/suivi.ts'
import * as store from './store.ts'

const Curseur = z.tuple([z.int()])

export async function lireSuivi(
  { apres, limite }: z.output<typeof LireSuivi.params>,
  call: Call,
): Promise<z.output<typeof LireSuivi.returns>> {
  const avant = apres ? decodeCursor(apres, Curseur)[0] : null
  const usagerIds = Object.values(personne(call.principal).usagers)
  const lus = await store.lireSuivi(call.db.sql, { usagerIds, avant, limite: limite + 1 })
  const elements = lus.slice(0, limite)
  const dernier = elements.at(-1)
  return {
    elements: elements.map(elementSuivi),
    suivant: lus.length > limite && dernier ? encodeCursor([dernier.rang]) : null,
  }
}
