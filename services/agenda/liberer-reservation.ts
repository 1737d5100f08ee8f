import type { z } from 'zod'
import type { LibererReservation } from '../../contracts/rendez-vous.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { changerRendezVous } from './changer-rendez-vous.ts'
import { rendre } from './rendez-vous.ts'

export async function libererReservation(
  cible: z.output<typeof LibererReservation.params>,
  call: Call,
): Promise<null> {
  await changerRendezVous(call, cible, ['usager', 'agent'], (un, _, maintenant) => {
    const resultat = rendre(un, maintenant)
    if (!resultat) throw new Refusal('transition-impossible', 'Ce créneau n’est plus retenu.')
    return resultat
  })
  return null
}
