import type { z } from 'zod'
import type { DeciderDossier, Dossier } from '../../contracts/demarches.ts'
import { VerifierPieces } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'

export async function deciderDossier(
  { sens, motivation, documentId, ...cible }: z.output<typeof DeciderDossier.params>,
  call: Call,
): Promise<Dossier> {
  return await changerDossier(
    call,
    cible,
    ['agent'],
    { type: 'decider', sens, motivation, documentId },
    async ({ secteur }) => {
      if (!documentId) return
      const { inconnus } = await call.call(VerifierPieces, {
        secteur,
        documentIds: [documentId],
        emisPar: 'agent',
      })
      if (inconnus.length > 0)
        throw new Refusal('piece-inconnue', undefined, {
          erreurs: [
            {
              pointeur: '/documentId',
              message: 'Ce document n’a pas été émis par votre service: téléversez-le avec emisPar=agent.',
            },
          ],
        })
    },
  )
}
