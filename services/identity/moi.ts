import type { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import type { Moi, ModifierMoi } from '../../contracts/identity.ts'
import type { Personne } from '../../contracts/principal.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { type ChampCompte, type Compte, enregistrerCompte, lireCompte } from './store.ts'

export async function lireMoi(_: object, call: Call): Promise<z.output<typeof Moi>> {
  const moi = personne(call.principal)
  return vue(await compteDe(call, moi), moi)
}

export async function modifierMoi(
  { siVersion, ...changements }: z.output<typeof ModifierMoi.params>,
  call: Call,
): Promise<z.output<typeof Moi>> {
  const moi = personne(call.principal)
  const champs = Object.keys(changements) as ChampCompte[]
  for (let essai = 0; essai < 5; essai++) {
    const compte = await compteDe(call, moi)
    if (siVersion !== undefined && siVersion !== compte.version) throw new Refusal('modifie-entre-temps')
    if (champs.length === 0) return vue(compte, moi)
    const suivant = { ...compte, ...changements } as Compte
    const origin = call.origin({ kind: 'usager', id: moi.acteurId })
    if (await enregistrerCompte(call.db, suivant, champs, origin))
      return vue({ ...suivant, version: compte.version + 1 }, moi)
  }
  throw new Refusal('service-indisponible')
}

async function compteDe(call: Call, moi: Personne): Promise<Compte> {
  const compte = await lireCompte(call.db.sql, moi.acteurId)
  if (!compte) throw new Error('a resolved account is not there')
  return compte
}

function vue({ acteurId: _, ...compte }: Compte, moi: Personne): z.output<typeof Moi> {
  const roles = [
    'usager',
    ...moi.agentDe.map((secteur) => `agent:${secteur}`),
    ...(moi.aidant ? ['aidant'] : []),
    ...(moi.administrateur ? ['administrateur'] : []),
  ]
  return { ...compte, roles }
}
