import type { z } from 'zod'
import type { DeciderDossier, Dossier } from '../../contracts/demarches.ts'
import { VerifierPieces } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { violates } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'

export async function deciderDossier(
  { sens, motivation, documentId, ...cible }: z.output<typeof DeciderDossier.params>,
  call: Call,
): Promise<Dossier> {
  const commande = { type: 'decider', sens, motivation, documentId } as const
  try {
    return await changerDossier(call, cible, ['agent'], commande, async ({ secteur }) => {
      if (documentId) await verifierDecision(call, secteur, documentId)
    })
  } catch (error) {
    if (!violates(error, 'dossier_decision_document')) throw error
    refuser('Ce document décide déjà un autre dossier.')
  }
}

async function verifierDecision(call: Call, secteur: Secteur, documentId: string): Promise<void> {
  const { inconnus } = await call.call(VerifierPieces, {
    secteur,
    documentIds: [documentId],
    emisPar: 'agent',
  })
  if (inconnus.length > 0)
    refuser('Ce document n’a pas été émis par votre service: téléversez-le avec emisPar=agent.')
}

function refuser(message: string): never {
  throw new Refusal('piece-inconnue', undefined, { erreurs: [{ pointeur: '/documentId', message }] })
}
