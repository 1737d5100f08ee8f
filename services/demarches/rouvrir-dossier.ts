import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Dossier, RouvrirDossier } from '../../contracts/demarches.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'

export async function rouvrirDossier(
  { texte, ...cible }: z.output<typeof RouvrirDossier.params>,
  call: Call,
): Promise<Dossier> {
  return await changerDossier(call, cible, ['agent'], { type: 'rouvrir', texte, messageId: randomUUID() })
}
