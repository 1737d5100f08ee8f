import type { z } from 'zod'
import type { DeposerDossier, Dossier } from '../../contracts/demarches.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'
import { verifierPieces } from './verifier-pieces.ts'

export async function deposerDossier(
  params: z.output<typeof DeposerDossier.params>,
  call: Call,
): Promise<Dossier> {
  return await changerDossier(call, params, ['usager'], { type: 'deposer' }, (dossier) =>
    verifierPieces(call, dossier),
  )
}
