import type { z } from 'zod'
import type { AnnulerRendezVous, RendezVous } from '../../contracts/rendez-vous.ts'
import type { Call } from '../../infra/service.ts'
import { changerRendezVous } from './changer-rendez-vous.ts'
import { annuler } from './rendez-vous.ts'

export async function annulerRendezVous(
  cible: z.output<typeof AnnulerRendezVous.params>,
  call: Call,
): Promise<RendezVous> {
  return await changerRendezVous(call, cible, ['usager', 'agent'], annuler)
}
