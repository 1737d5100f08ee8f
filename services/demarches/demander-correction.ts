import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { DemanderCorrection, Dossier } from '../../contracts/demarches.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'

export async function demanderCorrection(
  { motif, texte, ...cible }: z.output<typeof DemanderCorrection.params>,
  call: Call,
): Promise<Dossier> {
  const ids = { correctionId: randomUUID(), messageId: randomUUID() }
  return await changerDossier(call, cible, ['agent'], { type: 'demander_correction', motif, texte, ...ids })
}
