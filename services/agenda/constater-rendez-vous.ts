import type { z } from 'zod'
import type { ConstaterRendezVous, RendezVous } from '../../contracts/rendez-vous.ts'
import type { Call } from '../../infra/service.ts'
import { changerRendezVous } from './changer-rendez-vous.ts'
import { constater } from './rendez-vous.ts'

export async function constaterRendezVous(
  { statut, ...cible }: z.output<typeof ConstaterRendezVous.params>,
  call: Call,
): Promise<RendezVous> {
  return await changerRendezVous(call, cible, ['agent'], (un, _, maintenant) =>
    constater(un, statut, maintenant),
  )
}
