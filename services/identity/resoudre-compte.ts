import type { z } from 'zod'
import type { ResoudreCompte } from '../../contracts/identity.ts'
import type { Call } from '../../infra/service.ts'
import { creerIdentite, lireIdentite } from './store.ts'

export async function resoudreCompte(
  { emetteur, sujet, prenom, nom, courriel }: z.output<typeof ResoudreCompte.params>,
  call: Call,
): Promise<z.output<typeof ResoudreCompte.returns>> {
  const connue = await lireIdentite(call.db.sql, emetteur, sujet)
  if (connue) return connue
  const compte = { emetteur, sujet, prenom: prenom ?? null, nom: nom ?? null, courriel: courriel ?? null }
  await creerIdentite(call.db, compte, { source: 'identity', time: call.now() })
  const creee = await lireIdentite(call.db.sql, emetteur, sujet)
  if (!creee) throw new Error('an account that was just made is not there')
  return creee
}
