import type { z } from 'zod'
import type { RendezVous, ReserverCreneau } from '../../contracts/rendez-vous.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { prendreCreneau } from './prendre-creneau.ts'
import { reserver } from './rendez-vous.ts'

export async function reserverCreneau(
  demandee: z.output<typeof ReserverCreneau.params>,
  call: Call,
): Promise<RendezVous> {
  return await prendreCreneau(
    call,
    demandee,
    async ({ motif }) => personne(call.principal).usagers[motif.secteur],
    (nouveau, _, maintenant) => reserver(nouveau, maintenant),
  )
}
