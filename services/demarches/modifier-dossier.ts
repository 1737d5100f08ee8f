import type { z } from 'zod'
import type { Dossier, ModifierDossier } from '../../contracts/demarches.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'
import { lireDossier } from './lire-dossier.ts'
import { verifierPieces } from './verifier-pieces.ts'

export async function modifierDossier(
  { formulaire, pieces, ...cible }: z.output<typeof ModifierDossier.params>,
  call: Call,
): Promise<Dossier> {
  if (!formulaire && !pieces) return await lireDossier(cible, call)
  return await changerDossier(
    call,
    cible,
    ['usager'],
    { type: 'modifier', formulaire, pieces },
    async (dossier) => {
      if (pieces) await verifierPieces(call, dossier)
    },
  )
}
