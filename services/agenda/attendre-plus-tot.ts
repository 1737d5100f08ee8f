import type { z } from 'zod'
import type { AttendrePlusTot, RendezVous } from '../../contracts/rendez-vous.ts'
import type { Call } from '../../infra/service.ts'
import { changerRendezVous } from './changer-rendez-vous.ts'
import { attendre } from './liste-attente.ts'

type Cible = z.output<typeof AttendrePlusTot.params>

export async function attendrePlusTot(cible: Cible, call: Call): Promise<RendezVous> {
  return await changerRendezVous(call, cible, ['usager'], (un, _, maintenant) =>
    attendre(un, true, maintenant),
  )
}

export async function nePlusAttendre(cible: Cible, call: Call): Promise<null> {
  await changerRendezVous(call, cible, ['usager'], (un, _, maintenant) => attendre(un, false, maintenant))
  return null
}
