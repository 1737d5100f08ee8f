import type { z } from 'zod'
import type { Dossier, InstruireDossier } from '../../contracts/demarches.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'

export async function instruireDossier(
  params: z.output<typeof InstruireDossier.params>,
  call: Call,
): Promise<Dossier> {
  return await changerDossier(call, params, ['agent'], { type: 'instruire' })
}
